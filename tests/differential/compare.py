#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our reader and editor of Libreswan's configuration beside the installed Libreswan.

Usage: compare.py CONF-DUMP

Names: both list the same conns, or both load nothing, for every text of the corpus and for as many
odd ones as are made at random. Meaning: what addconn would send to pluto for a conn is the same,
byte for byte, for the conn as it stands, with also= and defaults, and for a conn that has our
effective values written out. Edits: every other conn means the same afterwards, the edited one
means what it does with that one key written out anew, and nothing else in the files differs.

$CONF_RUNS multiplies the number of random texts (0.5 unless told; 1 takes some 20 s), $CONF_SEED chooses others.
Leaves with 77 where no Libreswan 4 is installed: 5.x has its rules in the unit tests' tables.
"""
import os
import random
import shutil
import sys
import tempfile

import corpus
import generate
import libreswan


def differing(a, b):
    """Where two lists of messages differ first."""
    if not a or not b or len(a) != len(b):
        return f"{a and len(a)} messages against {b and len(b)}"
    for x, y in zip(a, b):
        at = next((i for i, (p, q) in enumerate(zip(x, y)) if p != q), min(len(x), len(y)))
        if x != y:
            return f"at byte {at}: {x[at:at + 80]} against {y[at:at + 80]}"
    return "nothing"


class Comparison:
    def __init__(self, program, folder):
        self.stage = libreswan.Stage(folder)
        self.theirs = libreswan.Theirs(self.stage)
        self.ours = libreswan.Ours(program, self.stage, self.theirs.version)
        self.compared = 0
        self.faults = 0

    def fault(self, what, text, files, *more):
        self.faults += 1
        print(f"not so: {what}\n  {text!r} {files}")
        for line in more:
            print(f"  {line}")

    def check(self, condition, what, text, files, *more):
        self.compared += 1
        if not condition:
            self.fault(what, text, files, *more)
        return condition

    def names(self, text, files):
        self.stage.put(text, files)
        answer = self.ours.ask()
        theirs, ours = self.theirs.listing(), libreswan.Ours.listing(answer)
        self.check(theirs == ours, "both list the same conns", text, files,
                   f"theirs: {theirs!r} {self.theirs.run('--checkconfig')[2]!r}",
                   f"ours:   {ours!r} {answer['findings']}")

    @staticmethod
    def loads(answer, name):
        return not any(f["conn"] == name and f["severity"] == "error" for f in answer["findings"])

    @staticmethod
    def written_out(conn):
        """The conn's effective values in a section of their own; None where that cannot be."""
        lines = []
        for v in conn["values"]:
            if v["origin"] == "built-in":
                continue
            value = v["value"]
            # left= in conn %default leaves its mark on the message even when the conn has its own.
            if v["key"] in ("left", "right") and v["origin"] == "default":
                return None
            quoted = f'"{value}"' if " " in value or value.startswith("#") else value
            lines.append(f"\t{v['key']}={quoted}\n")
        return f"conn {conn['name']}\n" + "".join(lines)

    def meaning(self, text, files):
        """Each conn as it stands against its effective values written out."""
        self.stage.put(text, files)
        answer = self.ours.ask()
        if answer["broken"]:
            return
        seen = {}
        for conn in answer["conns"]:
            name = conn["name"]
            if conn["definitions"] == 1 and " " not in name and name:
                seen[name] = (self.theirs.messages(name), conn)
        for name, (messages, conn) in seen.items():
            if not self.check((messages is not None) <= self.loads(answer, name),
                              "a conn that they load has no error for us", text, files, name,
                              answer["findings"]):
                continue
            alone = self.written_out(conn)
            if alone is None or messages is None:
                if alone is not None and self.loads(answer, name) and any(
                        v["key"] == "left" for v in conn["values"]) and any(
                        v["key"] == "right" for v in conn["values"]):
                    # Neither of us sees a fault in the text itself: they refuse a value.
                    self.stage.put(alone)
                    self.check(self.theirs.messages(name) is None,
                               "a conn that they refuse they refuse alone as well", text, files,
                               name, alone)
                continue
            self.stage.put(alone)
            again = self.theirs.messages(name)
            self.check(again == messages, "our effective values mean the same", text, files, alone,
                       differing(messages, again))

    def edit(self, text, files, rnd):
        """An edit: every other conn means what it did, and the text differs in one line."""
        base = self.stage.put(text, files)
        answer = self.ours.ask()
        if answer["broken"] or not answer["conns"]:
            return
        conn = rnd.choice(answer["conns"])
        key = rnd.choice(["nic-offload", "esn", "mtu", "esp", "leftid"])
        value = rnd.choice(generate.KEYS[key]).strip('"{}') if rnd.random() < 0.8 else None
        names = [c["name"] for c in answer["conns"]]
        before = {n: self.theirs.messages(n) for n in names}
        complaints = sorted(self.theirs.run("--checkconfig")[2].splitlines())
        edit = self.ours.ask(conn["name"], {key: value})["edit"]
        if edit["result"] == 2:
            self.check(edit["refusal"] in ("duplicate-conn", "duplicate-key", "also-conflict",
                                           "shared"), "only what is not safe is refused", text,
                       files, edit)
            return
        old = next((v for v in conn["values"] if v["key"] == key), {"value": None, "origin": None})
        if edit["result"] == 1:
            same = value is None and old["origin"] not in ("own", "also")
            same = same or (value is not None and old["value"].lower() == value.lower())
            self.check(same or value in ("3600", "1h"), "what is so already is so", text, files,
                       conn["name"], key, value, old)
            return
        with open(edit["path"], "wb") as f:
            f.write(edit["bytes"].encode("latin-1"))
        after = {n: self.theirs.messages(n) for n in names}
        for name in names:
            if name == conn["name"] or names.count(name) > 1:
                continue
            if name == old.get("section"):
                continue  # the target of an also= that nobody else uses
            self.check(before[name] == after[name], "every other conn means the same", text, files,
                       f"{conn['name']}: {key}={value}, seen in {name}", edit["diff"])
        self.check(sorted(self.theirs.run("--checkconfig")[2].splitlines()) == complaints,
                   "they complain no more than before", text, files, edit["diff"])
        changed = self.ours.ask()
        now = next(c for c in changed["conns"] if c["name"] == conn["name"])
        got = next((v for v in now["values"] if v["key"] == key), {"value": None, "origin": None})
        self.check(got["value"] == value if value is not None else got["origin"] not in
                   ("own", "also"), "the value is what was asked for", text, files, key, value, got)
        self.check(libreswan.Ours.listing(changed) == libreswan.Ours.listing(answer) ==
                   self.theirs.listing(), "the names are as before", text, files)
        others = [[v for v in c["values"] if v["key"] != key] for c in (conn, now)]
        for values in others:
            for v in values:
                v.pop("place", None)
        self.check(others[0] == others[1], "every other key is as before", text, files,
                   edit["diff"])
        path = os.path.relpath(edit["path"], base)
        was = files[path] if path in files else text
        self.check(lines_apart(was, edit["bytes"]) <= 1, "one line differs", text, files,
                   edit["diff"])


def lines_apart(a, b):
    """How many lines are not in both, counting a changed one once."""
    a, b = a.split("\n"), b.split("\n")
    while a and b and a[0] == b[0]:
        a.pop(0)
        b.pop(0)
    while a and b and a[-1] == b[-1]:
        a.pop()
        b.pop()
    return max(len(a), len(b))


def main():
    if not libreswan.ADDCONN or not shutil.which("ipsec"):
        print("no Libreswan is installed")
        return 77
    with tempfile.TemporaryDirectory(prefix="differential-") as folder:
        c = Comparison(os.path.abspath(sys.argv[1]), folder)
        if not c.theirs.version.startswith("4."):
            print(f"Libreswan {c.theirs.version} has its rules in tables")
            return 77
        runs = float(os.environ.get("CONF_RUNS", "0.5"))
        rnd = random.Random(int(os.environ.get("CONF_SEED", "1")))

        for text, files in corpus.all_of_them():
            c.names(text, files)
        for text in corpus.MEANINGS:
            c.meaning(text, {})
        print(f"corpus: {c.compared} compared", flush=True)
        for _ in range(int(400 * runs)):
            c.names(*generate.from_fragments(rnd))
            c.names(*generate.by_mutation(rnd))
        for _ in range(int(2000 * runs)):
            c.names(*generate.with_meaning(rnd))
        print(f"odd texts: {c.compared} compared", flush=True)
        for _ in range(int(60 * runs)):
            text, files = generate.with_meaning(rnd)
            c.meaning(text, files)
            c.edit(text, files, rnd)
        print(f"Libreswan {c.theirs.version}: {c.compared} compared, {c.faults} differ")
        return int(c.faults > 0)


if __name__ == "__main__":
    sys.exit(main())
