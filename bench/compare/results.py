"""Where a run is kept: DATE-COMMIT.json, .md, and a folder of plots."""

import json

from .plots import of_scenario
from .report import as_markdown


def write(folder, result, scenarios):
    """Returns the report's text and the JSON's path."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{result['date'].replace(':', '').replace(' ', 'T')}-{result['commit']}"
    path = folder / f"{stem}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    text = as_markdown(result, scenarios)
    (folder / f"{stem}.md").write_text(text)
    write_plots(folder / stem, result, scenarios)
    return text, path


def write_plots(folder, result, scenarios):
    """(title, file name) of each scenario that has a figure."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for scenario in scenarios:
        rounds = result["slots"].get(scenario.key)
        picture = rounds and of_scenario(scenario, rounds)
        if picture:
            name = f"{scenario.key}.svg"
            (folder / name).write_text(picture)
            written.append((scenario.title, name))
    return written
