#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""10,000 conns in 1,000 files: listed by esp-offloadctl and by Libreswan's own addconn, in turns.

Usage: conn-list.py MEASURE ESP-OFFLOADCTL [RUNS]

Prints a table of medians (wall clock and processor time in ms, peak resident memory in MB) with the
spread of the middle half, and the ratios. Leaves with 1 when a ratio of the list is above a quarter,
with 77 where no Libreswan is installed.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

CONNS, FILES, LIMIT = 10_000, 1_000, 0.25


def write_configuration(folder):
    members = os.path.join(folder, "d")
    os.mkdir(members)
    config = os.path.join(folder, "ipsec.conf")
    with open(config, "w") as f:
        f.write("config setup\n\tuniqueids=no\n\nconn %default\n\tikelifetime=8h\n"
                "\tike=aes_gcm128-sha2_256-dh19\n\n"
                f"include {members}/*.conf\n")
    for i in range(FILES):
        with open(os.path.join(members, f"site-{i:04}.conf"), "w") as f:
            for n in range(i * CONNS // FILES, (i + 1) * CONNS // FILES):
                f.write(f"conn tunnel-{n:05}\n\tleft=192.0.2.{n % 250 + 1}\n"
                        f"\tleftid=@gw-{n}.example.net\n"
                        f"\tright=198.51.{n // 250}.{n % 250 + 1}\n"
                        f"\trightid=@peer-{n}.example.net\n\tauthby=secret\n\tesp=aes_gcm128\n"
                        "\ttype=transport\n\tesn=no\n\tauto=add\n\n")
    return config


def run(measure, argv):
    """Wall clock and processor time in ms, peak memory in MB."""
    out = subprocess.run([measure] + argv, stdout=subprocess.PIPE, cwd="/", check=True).stdout
    wall, cpu, memory, status = map(int, out.split())
    if status != 0:
        sys.exit(f"{argv}: exit status {status}")
    return wall / 1e3, cpu / 1e3, memory / 1024


def middle(values):
    """The median, and the quarters around it."""
    quarters = statistics.quantiles(values, n=4)
    return statistics.median(values), quarters[0], quarters[2]


def main():
    measure, ctl = map(os.path.abspath, sys.argv[1:3])
    runs = int(sys.argv[3] if len(sys.argv) > 3 else os.environ.get("BENCH_RUNS", 15))
    addconn = shutil.which("addconn",
                           path=os.environ["PATH"] + ":/usr/libexec/ipsec:/usr/lib/ipsec")
    if not addconn:
        print("no Libreswan is installed to compare with")
        return 77

    with tempfile.TemporaryDirectory(prefix="bench-conn-list-") as folder:
        config = write_configuration(folder)
        commands = {
            # Itself: the script "ipsec" before it takes some ms more.
            "ipsec addconn --listall": [addconn, "--config", config, "--listall"],
            "esp-offloadctl conn list": [ctl, "conn", "--config", config, "list"],
            "… --json=short": [ctl, "conn", "--config", config, "--json=short", "list"],
        }
        results = {name: [] for name in commands}
        for name, argv in commands.items():
            out = subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout
            for n in (0, CONNS - 1):
                assert b"tunnel-%05d" % n in out, name
        for _ in range(runs):
            for name, argv in commands.items():
                results[name].append(run(measure, argv))

    peer, ours = list(commands)[:2]
    medians = {}
    print(f"| {CONNS} conns in {FILES} files, median of {runs} (middle half) "
          "| wall ms | processor ms | memory MB |\n|---|---|---|---|")
    for name, figures in results.items():
        columns = [middle(column) for column in zip(*figures)]
        medians[name] = [c[0] for c in columns]
        print(f"| {name} | " + " | ".join(f"{m:.1f} ({low:.1f}–{high:.1f})"
                                          for m, low, high in columns) + " |")
    ratios = [a / b for a, b in zip(medians[ours], medians[peer])]
    print("| ratio of the list | " + " | ".join(f"{r:.2f}" for r in ratios) + " |")
    print(f"to reach: at most {LIMIT} of time and memory. The limit below: reading "
          f"{FILES} files takes the kernel some 5 ms.")
    # The wall clock of a busy machine says more about the machine.
    return int(ratios[1] > LIMIT or ratios[2] > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
