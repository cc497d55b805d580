"""The tables of a run, as Markdown that is readable in a terminal too."""

from .contenders.field import REFERENCE
from .summary import ratios, summarize
from .targets import judged


def aligned(rows):
    """Markdown with columns of even width; the first row is the heading."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]

    def line(row):
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        return "| " + " | ".join(cells) + " |"

    rule = ["-" * width if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return "\n".join([line(rows[0]), line(rule), *map(line, rows[1:])])


def number(value, digits=0):
    return f"{value:,.{digits}f}"


def of_figure(slots, figure):
    return [slot.get(figure.key) for slot in slots]


def cell(summary, figure):
    if summary is None:
        return "-"
    low, high = number(summary.min, figure.digits), number(summary.max, figure.digits)
    return f"{number(summary.median, figure.digits)} [{low}-{high}]"


def ratio_cell(ratio):
    return "-" if ratio is None else f"{ratio.median:.2f}x"


def scenario_table(rounds, figures, reference=REFERENCE):
    """A row for each contender: each figure's median [min-max], and its ratio to the reference."""
    heading = ["contender"]
    for figure in figures:
        heading += [figure.label, "ratio"]
    rows = [heading + ["errors"]]
    base = {figure.key: of_figure(rounds.get(reference, []), figure) for figure in figures}
    for name, slots in rounds.items():
        row = [name]
        for figure in figures:
            values = of_figure(slots, figure)
            row += [cell(summarize(values), figure), ratio_cell(ratios(values, base[figure.key]))]
        rows.append(row + [_errors(slots)])
    return aligned(rows)


def _errors(slots):
    if any("not_applicable" in slot for slot in slots):
        return "not applicable"
    failed = sum("failed" in slot for slot in slots)
    return f"{failed} rounds failed" if failed else str(sum(slot.get("errors", 0) for slot in slots))


def failures(rounds):
    """One line for each reason why a slot has no figure."""
    reasons = {}
    for name, slots in rounds.items():
        for slot in slots:
            if "failed" in slot:
                reasons.setdefault((name, slot["failed"]), []).append(slot)
    return [f"{name}, {len(slots)} rounds: {why}" for (name, why), slots in reasons.items()]


def not_applicable(rounds):
    """One line for each reason why contenders have no figure."""
    reasons = {}
    for name, slots in rounds.items():
        for slot in slots:
            if "not_applicable" in slot:
                reasons.setdefault(slot["not_applicable"], []).append(name)
    return [f"not applicable to {', '.join(names)}: {why}" for why, names in reasons.items()]


def noise_line(rounds, figures):
    """How much the reference itself moved, and how much of the machine others took."""
    spread = summarize(of_figure(rounds.get(REFERENCE, []), figures[0]))
    foreign = summarize([slot.get("foreign_cores") for slots in rounds.values() for slot in slots])
    parts = []
    if spread and spread.count > 1:
        parts.append(f"reference spread {spread.spread:.0%}")
    if foreign:
        parts.append(f"other programs took {foreign.median:.2f} cores, at most {foreign.max:.2f}")
    return "; ".join(parts)


def target_table(slots, subject):
    """Empty when no target's scenario was run."""
    verdicts = judged(slots, subject)
    if not verdicts:
        return ""
    rows = [["serverme / reference", "ratio", "must", "aim", "verdict"]]
    for target, ratio, verdict in verdicts:
        base = target.against + (f", {target.against_scenario}" if target.against_scenario else "")
        against = "" if target.against == REFERENCE else f" (to {base})"
        shown = f"{ratio.median:.2f} [{ratio.min:.2f}-{ratio.max:.2f}]" if ratio else "-"
        rows.append([target.label + against, shown, f"{target.must:g}", f"{target.aim:g}", verdict])
    return aligned(rows)
