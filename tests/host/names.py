# SPDX-License-Identifier: LGPL-2.1-or-later
"""names.py SOURCE: the files for the bus, polkit and the journal use the names of lib/names.h."""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

top = pathlib.Path(sys.argv[1])
names = dict(re.findall(r'^#define (\w+)\s+"([^"]*)"', (top / "lib/names.h").read_text(), re.M))
wrong = []


def with_prefix(prefix):
    return {value for name, value in names.items() if name.startswith(prefix)}


def same(what, expected, seen):
    for name in sorted(expected - seen):
        wrong.append(f"{what}: {name} of lib/names.h is missing")
    for name in sorted(seen - expected):
        wrong.append(f"{what}: {name} is not in lib/names.h")


def check_polkit():
    actions = ElementTree.parse(top / "conf/org.espoffload1.policy").findall("action")
    same("polkit", with_prefix("POLKIT_"), {a.get("id") for a in actions})
    for action in actions:
        for who in ("allow_any", "allow_inactive"):
            if action.findtext(f"defaults/{who}") not in ("auth_admin", "no"):
                wrong.append(f"polkit: {action.get('id')} is open to {who}")
        if not action.findtext("message") or not action.findtext("description"):
            wrong.append(f"polkit: {action.get('id')} says nothing to the one who is asked")


def check_bus():
    policy = ElementTree.parse(top / "conf/org.espoffload1.conf")
    rules = list(policy.iter("allow")) + list(policy.iter("deny"))
    same("bus policy", {names["BUS_NAME"]},
         {value for r in rules for key, value in r.attrib.items()
          if key in ("own", "send_destination")})
    ours = {r.get("send_interface") for r in rules if r.get("send_interface")}
    same("bus policy", with_prefix("BUS_INTERFACE_"),
         {i for i in ours if not i.startswith("org.freedesktop.DBus.")})

    activation = (top / "conf/org.espoffload1.service").read_text()
    if f"Name={names['BUS_NAME']}\n" not in activation:
        wrong.append("activation: not of our name")
    alias = re.search(r"^SystemdService=(.*)$", activation, re.M)
    unit = (top / "systemd/esp-offloadd.service.in").read_text()
    if not alias or f"\nAlias={alias.group(1)}\n" not in unit:
        wrong.append("activation: not the alias that the enabled unit has")


def check_catalog():
    catalog = (top / "conf/esp-offloadd.catalog").read_text()
    same("catalog", with_prefix("MESSAGE_"), set(re.findall(r"^-- (\w+)$", catalog, re.M)))
    fields = set(re.findall(r"@(\w+)@", catalog))
    for field in sorted(fields - with_prefix("LOG_FIELD_")):
        wrong.append(f"catalog: no entry has a field {field}")
    for entry in re.split(r"^-- ", catalog, flags=re.M)[1:]:
        head, _, text = entry.partition("\n\n")
        if "Subject: " not in head or "Documentation: man:" not in head or len(text) < 100:
            wrong.append(f"catalog: {head[:32]} does not explain itself")


def check_events():
    """Each entry has the fields that its text in the catalog names, and there is nothing idle."""
    catalog = (top / "conf/esp-offloadd.catalog").read_text()
    texts = {entry[:32]: entry for entry in re.split(r"^-- ", catalog, flags=re.M)[1:]}
    programs = {path: path.read_text() for path in (top / "daemon").glob("*.c")}
    used = set()
    for path, text in sorted(programs.items()):
        for call in re.finditer(r"\blog_event\((.*?)\);", text, re.S):
            ids = re.findall(r"\bMESSAGE_\w+", call[1])
            tables = re.findall(r"struct log_field fields\[\] = \{(.*?)\};", text[:call.start()], re.S)
            given = re.findall(r"\bLOG_FIELD_\w+", tables[-1]) if ", fields," in re.sub(r"\s+", " ", call[1]) else []
            used.update(ids, given)
            for name in ids:
                wanted = set(re.findall(r"@(\w+)@", texts.get(names[name], "")))
                for field in sorted(wanted - {names[g] for g in given}):
                    wrong.append(f"{path.name}: an entry {name} has no field {field}, of which its text tells")
    for name in sorted(names):
        if name.startswith(("MESSAGE_", "LOG_FIELD_")) and name not in used:
            wrong.append(f"journal: no entry has {name}")


check_polkit()
check_bus()
check_catalog()
check_events()
print("\n".join(wrong))
sys.exit(bool(wrong))
