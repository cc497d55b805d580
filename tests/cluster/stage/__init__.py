"""What the tests of whole clusters are made of: a network, nodes, laptops, visitors, and faults."""

import sys
from pathlib import Path

# The tools of the tests with single processes are ours too.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))
