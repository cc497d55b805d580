"""python3 -m bench.compare.publish RESULT.json: a run's tables and plots into docs/performance.md."""

import argparse
import json
from pathlib import Path

from .report import as_markdown
from .results import write_plots
from .scenarios.programme import FULL, scenarios

DOCS = Path(__file__).resolve().parents[2] / "docs"
BEGIN, END = "<!-- tables of a run: begin -->", "<!-- tables of a run: end -->"


def replace_between(page, text):
    """`page` with what stands between the marks replaced."""
    before, found, rest = page.partition(BEGIN)
    _, also_found, after = rest.partition(END)
    if not found or not also_found:
        raise SystemExit(f"the page has no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def main():
    parser = argparse.ArgumentParser(prog="publish")
    parser.add_argument("result", type=Path)
    result = json.loads(parser.parse_args().result.read_text())
    every = scenarios(FULL)
    plots = DOCS / "performance"
    names = write_plots(plots, result, every)
    pictures = "\n".join(f"![{title}](performance/{name})" for title, name in names)
    page = DOCS / "performance.md"
    page.write_text(replace_between(page.read_text(), as_markdown(result, every) + "\n" + pictures + "\n"))
    print(f"{page} and {len(names)} plots")


if __name__ == "__main__":
    main()
