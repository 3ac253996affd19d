"""Charts of a run: plain SVG, one file a chart."""

import os
from xml.sax.saxutils import escape

WIDTH, LEFT, BAR = 760, 320, 22
COLOUR = {"null": "#9aa5b1", "TypeScript SDK": "#c05621"}


def bars(path, title, unit, rows):
    """Horizontal bars with the spread of the rounds; a row is label, median, least, most."""
    most = max(row[3] for row in rows)
    height = 60 + len(rows) * (BAR + 10)
    scale = (WIDTH - LEFT - 110) / most
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
           f' font-family="sans-serif" font-size="13"><rect width="100%" height="100%"'
           f' fill="white"/><text x="16" y="28" font-size="16">{escape(title)}</text>']
    for place, (label, value, low, high) in enumerate(rows):
        top = 48 + place * (BAR + 10)
        middle = top + BAR / 2
        colour = next((c for name, c in COLOUR.items() if label.startswith(name)), "#2b6cb0")
        out.append(f'<text x="{LEFT - 10}" y="{middle + 4}" text-anchor="end">{escape(label)}'
                   f'</text><rect x="{LEFT}" y="{top}" width="{value * scale:.1f}"'
                   f' height="{BAR}" fill="{colour}"/>'
                   f'<path d="M{LEFT + low * scale:.1f} {middle}H{LEFT + high * scale:.1f}"'
                   f' stroke="black"/><text x="{LEFT + high * scale + 8:.1f}" y="{middle + 4}">'
                   f'{value:,.0f} {escape(unit)}</text>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n</svg>\n")


def line(path, title, unit, points):
    """A line through points (x, y), the axis of y beginning at 0."""
    height, bottom = 300, 250
    most_x, most_y = max(x for x, _ in points), max(y for _, y in points) * 1.2
    place = [(60 + x / most_x * (WIDTH - 100), bottom - y / most_y * 190) for x, y in points]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
           f' font-family="sans-serif" font-size="13"><rect width="100%" height="100%"'
           f' fill="white"/><text x="16" y="28" font-size="16">{escape(title)}</text>'
           f'<path d="M60 60V{bottom}H{WIDTH - 40}" fill="none" stroke="black"/>'
           f'<text x="60" y="{bottom + 20}">0</text><text x="{WIDTH - 40}" y="{bottom + 20}"'
           f' text-anchor="end">{most_x:,.0f}</text><text x="52" y="66" text-anchor="end">'
           f'{most_y:,.0f}</text><text x="52" y="82" text-anchor="end">{escape(unit)}</text>'
           f'<polyline fill="none" stroke="#2b6cb0" stroke-width="2" points="'
           + " ".join(f"{x:.1f},{y:.1f}" for x, y in place) + '"/>']
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n</svg>\n")


def rows_of(figures, labels, name, scale=1):
    """Rows for bars of what was measured."""
    return [(label, *(figures[label][name][key] / scale for key in ("median", "min", "max")))
            for label in labels if label in figures]


def write(folder, figures):
    """The charts of a run."""
    usual = ["null", "get_application", "token not seen before", "tools/list",
             "get_applications, page of 100", "add_application", "token issue",
             "token issue, ES256", "401, no token", "403, low scope", "TypeScript SDK"]
    bars(os.path.join(folder, "rate.svg"), "Requests a second, 32 connections, two processes",
         "/s", rows_of(figures, usual, "per_s"))
    bars(os.path.join(folder, "p99.svg"), "99th percentile of the time, 32 connections", "us",
         rows_of(figures, usual, "p99_us"))
    bars(os.path.join(folder, "cpu.svg"), "CPU of the responder for a request", "us",
         rows_of(figures, [label for label in figures if label.endswith("one process")],
                 "cpu_us"))
    line(os.path.join(folder, "memory.svg"), "Resident memory of a process over requests, 1 million"
         " rows", "MiB", [(at["requests"], at["kib"] / 1024) for at in figures["memory"]])
