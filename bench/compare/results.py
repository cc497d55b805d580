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
    for scenario in scenarios:
        rounds = result["slots"].get(scenario.key)
        picture = rounds and of_scenario(scenario, rounds)
        if picture:
            (folder / stem).mkdir(exist_ok=True)
            (folder / stem / f"{scenario.key}.svg").write_text(picture)
    return text, path
