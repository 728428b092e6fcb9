# SPDX-License-Identifier: LGPL-2.1-or-later
"""Samples into a table: medians, the spread of the middle half, ratios, and whether they reach what
was meant to be reached.

A sample is a line of JSON: {"row", "series", "figure", "value"}. What a row compares is described in
rows/ROW.json:

    what      the row's name for the reader
    where     "host" or "lab"
    measure   the program in tests/bench, or the scenario in tests/bench/lab, that prints the samples
    folder    of the scenario, where it is another
    ours      the series that is ours
    how       for each series how it is run
    units     for each figure its unit
    compare   what the table shows, a line each: {"figure", and "beside", another series}, with
              "at_most" for the ratio ours/beside; or {"figure", "at_most_value"} for ours alone;
              "ours" for a series in place of the row's
    limit     what nobody can go below
    note      what else the reader should know; where something falls short, why
"""
import json
import os
import statistics

HERE = os.path.dirname(os.path.abspath(__file__))


def descriptions():
    """All rows in the order in which they are shown."""
    rows = {}
    folder = os.path.join(HERE, "rows")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            rows[name.removesuffix(".json")] = json.load(f)
    return dict(sorted(rows.items(), key=lambda item: item[1].get("order", 99)))


class Figure:
    """What was sampled of one series."""

    def __init__(self, values):
        self.n = len(values)
        self.median = statistics.median(values)
        self.low, self.high = self.median, self.median
        if self.n > 1:
            quarters = statistics.quantiles(values, n=4, method="inclusive")
            self.low, self.high = quarters[0], quarters[2]

    def __str__(self):
        if self.low == self.high:
            return number(self.median)
        return f"{number(self.median)} ({number(self.low)}–{number(self.high)})"


def number(value):
    """Three digits that count."""
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def collect(samples, row):
    values = {}
    for s in samples:
        if s["row"] == row:
            values.setdefault((s["series"], s["figure"]), []).append(s["value"])
    return {key: Figure(v) for key, v in values.items()}


def lines(row, description, samples):
    """The lines of one row, for JSON; none where nothing was sampled."""
    figures = collect(samples, row)
    result = []
    for c in description["compare"]:
        ours = figures.get((c.get("ours", description["ours"]), c["figure"]))
        beside = figures.get((c["beside"], c["figure"])) if "beside" in c else None
        if not ours or ("beside" in c and not beside):
            continue
        line = {"row": row, "what": description["what"], "figure": c["figure"],
                "unit": description["units"][c["figure"]],
                "ours": dict(name=c.get("ours", description["ours"]), **vars(ours)),
                "limit": description["limit"]}
        if beside:
            line["beside"] = dict(name=c["beside"], how=description["how"][c["beside"]],
                                  **vars(beside))
            line["ratio"] = ours.median / beside.median if beside.median else None
        for key, value in (("at_most", line.get("ratio")), ("at_most_value", ours.median)):
            if key in c:
                line[key] = c[key]
                line["reached"] = value is not None and value <= c[key]
        line["text"] = [str(ours), str(beside) if beside else ""]
        result.append(line)
    return result


def target(line):
    if "reached" not in line:
        return ""
    bound = line["at_most"] if "at_most" in line else line["at_most_value"]
    return f"≤ {number(bound)} " + ("✓" if line["reached"] else "✗")


def markdown(all_lines, rows):
    """The table, and below it what the columns cannot hold."""
    out = ["| what | | ours | beside | ratio | to reach |", "|---|---|---|---|---|---|"]
    before = None
    for line in all_lines:
        ours, beside = line["text"]
        what = line["what"] if line["row"] != before else ""
        before = line["row"]
        if line["ours"]["name"] != rows[line["row"]]["ours"]:
            ours = f"{line['ours']['name']}: {ours}"
        if beside:
            beside = f"{line['beside']['name']}: {beside}"
        ratio = line.get("ratio")
        ratio = f"{ratio:.2g}" if ratio is not None else ""
        out.append(f"| {what} | {line['figure']}, {line['unit']} | {ours} | {beside} | {ratio} "
                   f"| {target(line)} |")
    out.append("")
    for row in dict.fromkeys(line["row"] for line in all_lines):
        note = rows[row].get("note", "")
        out.append(f"- {rows[row]['what']}: the limit is {rows[row]['limit']}."
                   + (f" {note}" if note else ""))
    return "\n".join(out) + "\n"
