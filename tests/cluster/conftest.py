"""Fixtures of the tests with whole clusters: one cluster for all of them, which each test finds whole."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from stage import network as networks
from stage.cluster import Cluster
from stage.laptops import Tunnels
from stage.vitals import Vitals
from stage.visitors import Load

from support import process
from support.settings import FIGURES


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failing test shows what its programs said."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        nodes = {program.name: program for program in process.programs if not program.name.startswith("serverme")}
        for program in [*nodes.values(), *process.programs[-3:]]:
            report.sections.append((f"{program.name} (pid {program.pid})", program.tail(25)))


def pytest_terminal_summary(terminalreporter):
    """What was measured, as a table for docs/cluster.md."""
    try:
        figures = json.loads(Path(FIGURES).read_text())
    except (FileNotFoundError, ValueError):
        return
    rows = {name: value for name, value in figures.items() if name.startswith("cluster.")}
    if not rows:
        return
    terminalreporter.write_line(f"\n| figure | |\n|---|---|")
    for name, value in sorted(rows.items()):
        terminalreporter.write_line(f"| `{name}` | {value} |")
    terminalreporter.write_line(f"\nThey are in {FIGURES}.")


@pytest.fixture(scope="session")
def place():
    """A directory that PostgreSQL may enter too."""
    path = Path(tempfile.mkdtemp(prefix="serverme-cluster-"))
    path.chmod(0o755)
    yield path
    if os.environ.get("SERVERME_CLUSTER_KEEP"):
        print(f"kept: {path}")
    else:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def network(place):
    reason = networks.why_not()
    if reason:
        pytest.skip(f"WITHOUT THIS NO CLUSTER IS TESTED: {reason}")
    return networks.Network(place / "hosts")


@pytest.fixture(scope="session")
def whole_cluster(network, place):
    """Two control nodes, three edges, two workers; nothing of them grows over the run."""
    made = Cluster(network, place)
    try:
        made.start()
        made.vitals = Vitals(made.all())
        yield made
    finally:
        made.discard()


@pytest.fixture
def cluster(whole_cluster):
    """The cluster, whole: what the test before did to it is over."""
    whole_cluster.heal()
    whole_cluster.vitals.look(whole_cluster.all())
    yield whole_cluster


@pytest.fixture
def tunnels(cluster):
    made = Tunnels(cluster)
    yield made
    made.close()


@pytest.fixture
def load(cluster):
    """Visitors; no answer may be wrong, whatever happens."""
    made = Load()
    yield made
    made.stop()
    assert made.wrong() == [], made.wrong()[:5]
