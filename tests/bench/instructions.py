#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The instructions that the core takes, counted by callgrind: the same on a busy machine and on an
idle one.

Usage: instructions.py BENCH-CORE             a test: what grows with the size grows no faster, and
                                              what should not grow does not; leaves with 1 if not.
                                              Beside the record, growth of more than 5 % is told.
       instructions.py BENCH-CORE --record    counts anew, into instructions.json
       instructions.py BENCH-CORE --samples   counts, as samples for tests/bench/run
"""
import json
import os
import re
import shutil
import subprocess
import sys

RECORD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.json")
SMALL, LARGE = 240, 960  # 6 and 24 bonds
# What four times the size may cost. Sorting and searching among more take a little more than four.
LINEAR, FLAT = 4.8, 1.1
BOUNDS = {"conf-edit": FLAT, "failover": FLAT}
GROWTH = 1.05


def run(*argv):
    """The instructions of what measured() does in a program."""
    valgrind = ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=measured",
                "--callgrind-out-file=/dev/null"]
    # Finding a function of a library when it is called first would count as well, and so would
    # malloc's filling of memory, which meson asks for.
    environment = dict(os.environ, LD_BIND_NOW="1")
    environment.pop("MALLOC_PERTURB_", None)
    p = subprocess.run(valgrind + list(argv), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       text=True, check=False, env=environment)
    found = re.search(r"Collected : (\d+)", p.stderr)
    if p.returncode != 0 or not found or int(found[1]) == 0:
        sys.exit(f"{argv}: exit status {p.returncode}\n{p.stderr}")
    return int(found[1])


def count(program, case, size):
    """The instructions of one case, its preparation left out."""
    return run(program, case, str(size))


def with_what():
    """What the counts depend on beside our own code."""
    def first_line(*argv):
        return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True) \
            .stdout.splitlines()[0]
    return {"compiler": first_line("cc", "--version"), "libc": first_line("ldd", "--version"),
            "valgrind": first_line("valgrind", "--version")}


def recorded():
    with open(RECORD, encoding="utf-8") as f:
        return json.load(f)


def test(program, cases):
    good = True
    record = recorded()
    comparable = record["with"] == with_what()
    if not comparable:
        print("the record is of another compiler, libc or valgrind: nothing to compare with")
    for case in cases:
        small, large = (count(program, case, n) for n in (SMALL, LARGE))
        bound = BOUNDS.get(case, LINEAR)
        fine = large <= small * bound
        good = good and fine
        print(f"{'ok' if fine else 'not ok'} - {case}: {small:,} instructions for {SMALL} conns, "
              f"{large:,} for {LARGE}: {large / small:.2f} times, at most {bound}")
        before = record["instructions"].get(case)
        if before is None:
            print(f"growth: {case} is not in the record yet (instructions.py --record)")
        elif comparable and large > before * GROWTH:
            print(f"growth: {case} takes {large / before - 1:.0%} more instructions than recorded "
                  f"({large:,} instead of {before:,}). Where that is the price of something, "
                  "instructions.py --record and say so in the commit.")
    return 0 if good else 1


def main():
    if not shutil.which("valgrind"):
        print("valgrind is not installed")
        return 77
    program = os.path.abspath(sys.argv[1])
    cases = subprocess.run([program], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.split()
    if len(sys.argv) == 2:
        return test(program, cases)
    counts = {case: count(program, case, LARGE) for case in cases}
    if sys.argv[2] == "--record":
        with open(RECORD, "w", encoding="utf-8") as f:
            json.dump({"with": with_what(), "conns": LARGE, "instructions": counts}, f, indent=2)
            f.write("\n")
        return 0
    for series, figures in ("now", counts), ("as recorded", recorded()["instructions"]):
        together = sum(figures[case] for case in cases if case in figures)
        print("sample " + json.dumps({"row": "instructions", "series": series,
                                      "figure": "together", "value": together / 1e6}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
