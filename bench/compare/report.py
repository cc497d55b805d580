"""The text of a run: what it ran on, what it found, and what it could not measure."""

from .contenders.field import REFERENCE
from .table import failures, noise_line, not_applicable, scenario_table, target_table

SUBJECT = "serverme"


def machine_lines(result):
    machine = result["machine"]
    kind = "virtual" if machine["virtual"] else "real"
    dirty = ", with uncommitted changes" if result["changed"] else ""
    return [
        f"- {machine['cpu']}, {machine['cores']} cores ({kind}, {machine['aes']}), "
        f"{machine['memory']}, Linux {machine['kernel']}",
        f"- load before the run: {', '.join(map(str, machine['load_before']))}; origin, load and "
        "contenders share the cores",
        f"- nginx {machine['nginx']}, {machine['openssl']}, {machine['openssh']}, {machine['wrk']}",
        f"- commit {result['commit']}{dirty}; {result['date']}; mode {result['mode']}, "
        f"{result['rounds']} interleaved rounds after a warm-up; {result['seconds']:.0f} s",
        f"- figures are medians [min-max]; ratios are medians of each round's ratio to "
        f"\"{REFERENCE}\", the reference",
    ]


def contender_lines(result):
    lines = [f"- **{name}**: {'; '.join(settings)}" for name, settings in result["settings"].items()]
    return lines + [f"- **{name}: MISSING**: {why}" for name, why in result["missing"].items()]


def as_markdown(result, scenarios):
    """`scenarios`: those that were run, in order."""
    blocks = ["## Machine and run", "\n".join(machine_lines(result)),
              "## Contenders", "\n".join(contender_lines(result))]
    for scenario in scenarios:
        rounds = result["slots"].get(scenario.key)
        if not rounds:
            continue
        blocks += [f"### {scenario.title}", scenario_table(rounds, scenario.figures)]
        notes = [noise_line(rounds, scenario.figures)] + failures(rounds) + not_applicable(rounds)
        blocks.append("\n".join(f"- {note}" for note in notes if note))
    if promises := target_table(result["slots"], SUBJECT):
        blocks += ["## Targets", promises]
    if result["cut_short"]:
        blocks.append(f"The run was cut short: {result['cut_short']}.")
    return "\n\n".join(block for block in blocks if block) + "\n"
