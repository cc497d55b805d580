"""Where the programs are, how patient to be, and where figures go: all from the environment."""

import os
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
BIN = Path(os.environ.get("SERVERME_E2E_BIN") or SOURCE / "build" / "bin")
FIGURES = Path(os.environ.get("SERVERME_E2E_FIGURES") or SOURCE / "build" / "e2e-figures.json")

# Sanitized builds are several times slower and hold freed memory back: smaller transfers, shorter
# holds, and no assertions about speed or memory.
SHORT = bool(os.environ.get("SERVERME_E2E_SHORT"))
PATIENCE = 4.0 if SHORT else 1.0


def sized(full, short):
    """`full` in a normal run, `short` in a sanitized one."""
    return short if SHORT else full
