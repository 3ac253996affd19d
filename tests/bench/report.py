"""What a run found: the table of the aims, results.json, and charts."""

import json
import os
import platform

import chart


def median(figures, label, name):
    """A median, None where that was not measured."""
    return figures[label][name]["median"] if label in figures else None


def ratio(above, below):
    """How many times; None where one of them is missing."""
    return above / below if above and below else None


def aims(figures):
    """Rows of the table: what, the figure, the aim, whether it is reached, and how to write it."""
    floor = figures["floor"]
    null_us = median(figures, "null, one process", "cpu_us")
    memory = figures["memory"]

    def above_null(label):
        return median(figures, label, "cpu_us") - null_us

    def per_s(label):
        return median(figures, label, "per_s")

    page = "get_applications, page of 100, {} rows"
    small, large = page.format(1000), page.format(1000000)
    return [
        ("get_application, of the null responder's rate",
         ratio(per_s("get_application"), per_s("null")), 0.85, "least", "{:.2f}"),
        ("get_application, times the peer's rate",
         ratio(per_s("get_application"), per_s("TypeScript SDK")), 12, "least", "{:.1f}"),
        ("get_application, p99 of the peer's",
         ratio(median(figures, "get_application", "p99_us"),
               median(figures, "TypeScript SDK", "p99_us")), 0.1, "most", "{:.3f}"),
        ("CPU above null: token seen before",
         above_null("get_application, one process"), 12, "most", "{:.1f} us"),
        ("CPU above null: token not seen before",
         above_null("token not seen before, one process"),
         1.5 * floor["rs256_verify_us"] + 30, "most", "{:.1f} us"),
        ("CPU above null: token issue", above_null("token issue, one process"),
         1.3 * floor["rs256_sign_us"] + 60, "most", "{:.1f} us"),
        ("add_application, of the bare durable insert's rate",
         ratio(per_s("add_application"), floor["inserts_per_s"]), 0.8, "least", "{:.2f}"),
        ("token issue, of the bare durable insert's rate",
         ratio(per_s("token issue"), floor["inserts_per_s"]), 0.8, "least", "{:.2f}"),
        ("the same, signed with ES256 in place of RS256",
         ratio(per_s("token issue, ES256"), floor["inserts_per_s"]), 0.8, "least", "{:.2f}"),
        ("page of 100, time out of 1 million over 1 thousand rows",
         ratio(median(figures, large, "cpu_us"), median(figures, small, "cpu_us")), 1.15, "most",
         "{:.2f}"),
        ("get_application, the same",
         ratio(median(figures, "get_application, 1000000 rows", "cpu_us"),
               median(figures, "get_application, 1000 rows", "cpu_us")), 1.15, "most", "{:.2f}"),
        ("resident memory of a process, 1 million rows", memory[-1]["kib"] / 1024, 12, "most",
         "{:.1f} MiB"),
        ("growth over the second half of the requests",
         (memory[-1]["kib"] - memory[len(memory) // 2]["kib"]) / 1024, 0.1, "most", "{:.2f} MiB"),
        ("cold start as CGI, to the first byte", figures["cold start"]["median_ms"], 5, "most",
         "{:.1f} ms"),
    ]


def write(folder, figures, notes, seconds):
    """The table to the terminal, everything to files."""
    rows = aims(figures)
    print(f"\n{'':55} {'found':>10} {'aim':>14}")
    for name, found, aim, side, form in rows:
        text = "-" if found is None else form.format(found)
        met = "" if found is None else \
            "yes" if (found >= aim if side == "least" else found <= aim) else "no"
        print(f"{name:55} {text:>10}   at {side} {form.format(aim)}  {met}")
    for note in notes:
        print(f"Left out: {note}")
    path = os.path.join(folder, "results.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"machine": platform.machine(), "cores": os.cpu_count(),
                   "figures": figures, "notes": notes,
                   "aims": [{"name": name, "found": found, "aim": aim, "at": side}
                            for name, found, aim, side, _ in rows]}, file, indent=1)
    chart.write(folder, figures)
    print(f"\n{seconds:.0f} s; all figures: {path}; charts: {folder}/*.svg")
