#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""dashboard.py DASHBOARD METRICS: the dashboard asks for metrics and labels that there are, and its
panels lie beside each other."""

import json
import re
import sys

dashboard = json.load(open(sys.argv[1], encoding="utf-8"))
source = open(sys.argv[2], encoding="utf-8").read()
failed = False


def complain(text):
    global failed
    print(text)
    failed = True


# A family stands in the program's source by its name; a counter's samples have a suffix more.
known = set(re.findall(r'"(esp_offload_[a-z_]+)', source))
labels = {"instance", "bond", "port", "severity", "version"} | known
variables = {v["name"] for v in dashboard["templating"]["list"]}
used = set()
taken = {}

for panel in dashboard["panels"]:
    title = panel["title"]
    if not panel["description"]:
        complain(f"{title}: says not what it shows")
    for target in panel["targets"]:
        expression = target["expr"]
        for name in re.findall(r"\besp_offload_[a-z_]+", expression):
            if re.sub(r"_total$", "", name) not in known and name not in known:
                complain(f"{title}: there is no metric {name}")
            used.add(re.sub(r"_total$", "", name))
        for label in re.findall(r"([a-z_]+)=~?\"", expression) + re.findall(r"{{(\w+)}}", target["legendFormat"]):
            if label not in labels:
                complain(f"{title}: there is no label {label}")
        for variable in re.findall(r"\$(\w+)", expression):
            if variable not in variables:
                complain(f"{title}: there is no variable {variable}")
        if expression.count("(") != expression.count(")") or expression.count("{") != expression.count("}"):
            complain(f"{title}: {expression} does not close what it opens")
    # Somebody's own data source would be nobody else's.
    if panel["datasource"]["uid"] != "${datasource}":
        complain(f"{title}: names a data source")
    place = panel["gridPos"]
    for x in range(place["x"], place["x"] + place["w"]):
        for y in range(place["y"], place["y"] + place["h"]):
            if x >= 24 or (x, y) in taken:
                complain(f"{title}: lies over {taken.get((x, y), 'the edge')}")
                break
            taken[x, y] = title

for name in ("esp_offload_bond_verdict", "esp_offload_bond_state", "esp_offload_bond_failovers", "esp_offload_up"):
    if name not in used:
        complain(f"nothing shows {name}")
sys.exit(failed)
