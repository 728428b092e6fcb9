# SPDX-License-Identifier: LGPL-2.1-or-later
"""introspection.py SERVE FILE: the installed introspection is what the daemon says of itself."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

EMITS = "org.freedesktop.DBus.Property.EmitsChangedSignal"


def arguments(member, default):
    return tuple((a.get("direction", default), a.get("type")) for a in member.iter("arg"))


def members(node):
    """Of each interface of ours: a dictionary of kind and name to all that a caller relies on."""
    found = {}
    for interface in node.iter("interface"):
        if not interface.get("name").startswith("org.espoffload1."):
            continue
        own = found.setdefault(interface.get("name"), {})
        for m in interface:
            if m.tag == "method":
                about = sorted(arguments(m, "in"), key=lambda a: a[0])
            elif m.tag == "signal":
                about = arguments(m, "out")
            elif m.tag == "property":
                emits = [a.get("value") for a in m.iter("annotation") if a.get("name") == EMITS]
                # Where nothing is said it is "true", says the specification of D-Bus.
                about = (m.get("type"), m.get("access"), emits[0] if emits else "true")
            else:
                continue
            own[m.tag, m.get("name")] = list(about)
    return found


def main():
    printed = subprocess.run([sys.argv[1], "--print"], check=True, timeout=30,
                             stdout=subprocess.PIPE).stdout.decode()
    said = {}
    for text in re.findall(r"<node>.*?</node>", printed, re.DOTALL):
        said.update(members(ElementTree.fromstring(text)))
    written = members(ElementTree.parse(sys.argv[2]))

    wrong = 0
    for interface in sorted(set(said) | set(written)):
        a, b = said.get(interface, {}), written.get(interface, {})
        for what in sorted(set(a) | set(b)):
            if a.get(what) != b.get(what):
                print(f"{interface}: {' '.join(what)}: the daemon has {a.get(what)}, "
                      f"the file has {b.get(what)}")
                wrong += 1
    if len(said) != 2 or not all(said.values()):
        print(f"expected two interfaces, the daemon has {sorted(said)}")
        wrong += 1
    return wrong != 0


sys.exit(main())
