#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What 64 bonds take: a failover of one of them in instructions, and the daemon's memory. The row
"scale".

Usage: scale.py BENCH-FAILOVER ESP-OFFLOADD

The failover is followed and proven with a played kernel. The memory is that of the daemon itself, on
a bus and in a network of its own, with a worker that reports 156 conns and 20 findings for each
bond. Prints samples, and the table of them. Leaves with 1 when something is not reached, with 77
without valgrind, dbus-daemon or root.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import instructions
import table

HERE = os.path.dirname(os.path.abspath(__file__))
BONDS = (1, 16, 64)
CONNS, FINDINGS = 156, 20
OTHERS = (20, 2000)
# They hardly differ from run to run.
RUNS = 1 if int(os.environ.get("BENCH_RUNS", 15)) <= 5 else 3


def name(n):
    return f"{n} bond" if n == 1 else f"{n} bonds"


def report(bond):
    """What the worker says of a bond."""
    names = [f"w{bond}-{i}" for i in range(CONNS)]
    return json.dumps({
        "report": "bond", "bond": f"wide{bond}", "standing": "blocked", "reason": "x", "plan": [],
        "conns": [{"name": n, "local": f"10.0.{bond}.1", "remote": f"10.{1 + i}.{bond}.2",
                   "established": False} for i, n in enumerate(names)],
        "findings": [{"id": "conn-up", "severity": "warns", "subject": n,
                      "seen": "pluto does not say that the tunnel is established",
                      "why": "without a tunnel there is nothing that could be offloaded",
                      "remedy": "see what pluto says of it in the journal of ipsec"}
                     for n in names[:FINDINGS]]})


def write_host(folder, bonds):
    """Its policy, and its worker, which writes "called" when it has been run."""
    config = os.path.join(folder, "root", "etc", "esp-offloadd")
    worker = os.path.join(folder, "worker")
    for path in config, worker, os.path.join(folder, "state"):
        os.makedirs(path)
    with open(os.path.join(config, "config.yaml"), "w", encoding="utf-8") as f:
        f.write("version: 1\nbonds:\n")
        for b in range(bonds):
            f.write(f"  wide{b}:\n    manage: monitor\n    connections: [\"w{b}-*\"]\n")
    with open(os.path.join(worker, "reports"), "w", encoding="utf-8") as f:
        f.writelines(report(b) + "\n" for b in range(bonds))
    return shutil.copy(os.path.join(HERE, "..", "bus", "fake-worker.sh"), worker)


def private_kb(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as f:
        return sum(map(int, re.findall(r"^Private_(?:Clean|Dirty): *(\d+)", f.read(), re.M)))


def processor(pid):
    with open(f"/proc/{pid}/schedstat", encoding="utf-8") as f:
        return f.read().split()[0]


def settled(pid, called):
    """Waits until the worker was run, and the daemon has nothing more to do."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        before = processor(pid)
        time.sleep(1)
        if os.path.exists(called) and processor(pid) == before:
            return
    sys.exit("the daemon does not come to rest")


def memory(daemon, bonds):
    with tempfile.TemporaryDirectory(prefix="bench-scale-") as folder:
        worker = write_host(folder, bonds)
        address = f"unix:path={folder}/bus"
        environment = dict(os.environ, DBUS_SESSION_BUS_ADDRESS=address)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(["dbus-daemon", "--nofork", "--address=" + address, "--config-file=" +
                               os.path.join(HERE, "..", "bus", "bus.conf")], **quiet) as bus:
            while not os.path.exists(os.path.join(folder, "bus")) and bus.poll() is None:
                time.sleep(0.05)
            with subprocess.Popen(["unshare", "-n", daemon, "--session", "--root",
                                   folder + "/root", "--state", folder + "/state", "--worker",
                                   worker], env=environment, **quiet) as d:
                settled(d.pid, os.path.join(folder, "worker", "called"))
                kb = private_kb(d.pid)
                d.terminate()
            bus.terminate()
    return kb


def main():
    failover, daemon = map(os.path.abspath, sys.argv[1:3])
    if os.geteuid() != 0 or not shutil.which("valgrind") or not shutil.which("dbus-daemon"):
        print("it takes root, valgrind and dbus-daemon")
        return 77

    samples, kb = [], {}
    for n in BONDS:
        for _ in range(RUNS):
            samples.append((name(n), "failover", instructions.run(failover, str(n), str(OTHERS[0])) / 1e6))
        kb[n] = [memory(daemon, n) for _ in range(RUNS)]
        samples += [(name(n), "memory", v) for v in kb[n]]
    for others in OTHERS:
        for _ in range(RUNS):
            samples.append((f"1 bond, {others:,} SAs of others", "failover",
                            instructions.run(failover, "1", str(others)) / 1e6))
    for low, high in zip(BONDS, BONDS[1:]):
        for a, b in zip(kb[low], kb[high]):
            samples.append((f"from {low} to {high}", "slope", (b - a) / (high - low)))

    keys = ("row", "series", "figure", "value")
    samples = [dict(zip(keys, ("scale",) + s)) for s in samples]
    for s in samples:
        print("sample " + json.dumps(s))
    rows = table.descriptions()
    lines = table.lines("scale", rows["scale"], samples)
    print(table.markdown(lines, rows))
    return int(not all(line.get("reached", True) for line in lines))


if __name__ == "__main__":
    sys.exit(main())
