"""Bars with their range, as SVG: one picture for each scenario's first figure."""

from html import escape

from .summary import summarize
from .table import cell, of_figure

ROW, LEFT, WIDTH, TOP = 26, 170, 420, 44
REST, OURS, RANGE = "#8fa3b5", "#1f6f8b", "#30363d"


def bars(title, label, entries, better):
    """`entries`: (name, Summary, text). The longest whisker fills the width."""
    longest = max((summary.max for _, summary, _ in entries), default=0) or 1
    scale = WIDTH / longest
    height = TOP + ROW * len(entries) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 190} {height}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="8" y="18" font-weight="600">{escape(title)}</text>',
        f'<text x="8" y="35" fill="#57606a">{escape(label)}, {better} is better; '
        'the line is the range of the rounds</text>',
    ]
    for i, (name, summary, text) in enumerate(entries):
        y = TOP + ROW * i
        middle = y + ROW / 2
        colour = OURS if name.startswith("serverme") else REST
        parts += [
            f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{LEFT}" y="{y + 4}" width="{summary.median * scale:.1f}" height="{ROW - 8}" '
            f'fill="{colour}"/>',
            f'<line x1="{LEFT + summary.min * scale:.1f}" x2="{LEFT + summary.max * scale:.1f}" '
            f'y1="{middle}" y2="{middle}" stroke="{RANGE}" stroke-width="2"/>',
            f'<text x="{LEFT + summary.max * scale + 6:.1f}" y="{middle + 4}" fill="#57606a">'
            f'{escape(text)}</text>',
        ]
    return "\n".join(parts + ["</svg>", ""])


def of_scenario(scenario, rounds):
    """None when nobody has a figure."""
    figure = scenario.figures[0]
    entries = []
    for name, slots in rounds.items():
        summary = summarize(of_figure(slots, figure))
        if summary:
            entries.append((name, summary, cell(summary, figure)))
    if not entries:
        return None
    better = "more" if figure.more_is_better else "less"
    return bars(scenario.title, figure.label, entries, better)
