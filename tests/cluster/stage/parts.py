"""Parts of a cluster that tests need and that are not there yet: their tests are skipped with the reason.

Whoever delivers a part takes its line out of MISSING; SERVERME_CLUSTER_PARTS=any_edge,drain runs its tests
anyway.
"""

import os

import pytest

MISSING = {
    "status": "servermed status is not there",
}


def has(part):
    """Whether tests may count on it."""
    wanted = os.environ.get("SERVERME_CLUSTER_PARTS", "").split(",")
    return part not in MISSING or part in wanted


def needs(*parts):
    """Marks a test that these parts must be there for."""
    reasons = [MISSING[part] for part in parts if not has(part)]
    return pytest.mark.skipif(bool(reasons), reason="; ".join(reasons) or "there")
