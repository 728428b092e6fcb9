#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""10,000 conns in 1,000 files: listed, and one of them edited, by esp-offloadctl and by Libreswan's
own programs, in turns. The rows "conn-list" and "conn-edit".

Usage: conns.py MEASURE ESP-OFFLOADCTL BENCH-CORE [RUNS]

Prints samples, and the table of them. Leaves with 1 when something that was to be reached is not,
with 77 where no Libreswan is to be had.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import instructions
import table

CONNS, FILES = 10_000, 1_000
EDITS = [(series, value) for series in ("esp-offloadctl conn set", "ours alone")
         for value in ("yes", "no")]
# On the stage, without the Libreswan that on_a_stage() has put there.
ALONE = ["unshare", "-m", "sh", "-c", 'umount /usr/local/sbin; exec "$@"', "sh"]


def write_configuration(folder, files):
    members = os.path.join(folder, "d")
    os.makedirs(members)
    config = os.path.join(folder, "ipsec.conf")
    with open(config, "w", encoding="utf-8") as f:
        f.write("config setup\n\tuniqueids=no\n\nconn %default\n\tikelifetime=8h\n"
                "\tike=aes_gcm128-sha2_256-dh19\n\n"
                f"include {members}/*.conf\n")
    for i in range(files):
        with open(os.path.join(members, f"site-{i:04}.conf"), "w", encoding="utf-8") as f:
            for n in range(i * CONNS // FILES, (i + 1) * CONNS // FILES):
                f.write(f"conn tunnel-{n:05}\n\tleft=192.0.2.{n % 250 + 1}\n"
                        f"\tleftid=@gw-{n}.example.net\n"
                        f"\tright=198.51.{n // 250}.{n % 250 + 1}\n"
                        f"\trightid=@peer-{n}.example.net\n\tauthby=secret\n\tesp=aes_gcm128\n"
                        "\ttype=transport\n\tesn=no\n\tauto=add\n\n")
    return config


def measured(measure, argv):
    """Wall clock and processor time in ms, peak memory in MB."""
    out = subprocess.run(measure + argv, stdout=subprocess.PIPE, cwd="/", check=True).stdout
    wall, cpu, memory, status = map(int, out.split())
    if status != 0:
        sys.exit(f"{argv}: exit status {status}")
    return {"wall": wall / 1e3, "processor": cpu / 1e3, "memory": memory / 1024}


def on_a_stage():
    """As root, in a mount namespace of its own: the Libreswan at hand is where ours looks for one,
    and /run is in memory, as on every host that runs systemd. False where that cannot be."""
    if "BENCH_STAGED" in os.environ:
        return True
    if os.geteuid() != 0:
        return False
    script = ("set -e; mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /usr/local/sbin\n"
              "printf '#!/bin/sh\\nexec %s \"$@\"\\n' \"$1\" >/usr/local/sbin/ipsec\n"
              "chmod 755 /usr/local/sbin/ipsec; shift; exec \"$@\"")
    os.environ["BENCH_STAGED"] = "1"
    os.execvp("unshare", ["unshare", "-m", "sh", "-c", script, "sh", shutil.which("ipsec"),
                          sys.executable] + sys.argv)


def must_say(argv, *texts):
    """What is measured is what it is said to be."""
    out = subprocess.run(argv, stdout=subprocess.PIPE, check=True, cwd="/").stdout
    for text in texts:
        if text not in out:
            sys.exit(f"{argv}: no {text} in what it says")


def main():
    measure, ctl, core = map(os.path.abspath, sys.argv[1:4])
    runs = int(sys.argv[4] if len(sys.argv) > 4 else os.environ.get("BENCH_RUNS", 15))
    # Themselves: the script "ipsec" before them takes some ms more.
    path = os.environ["PATH"] + ":/usr/libexec/ipsec:/usr/lib/ipsec"
    addconn, rewrite = (shutil.which(name, path=path) for name in ("addconn", "readwriteconf"))
    if not addconn or not rewrite:
        print("no Libreswan is installed to compare with")
        return 77

    staged = on_a_stage()
    samples = []
    with tempfile.TemporaryDirectory(prefix="bench-conns-") as folder:
        config = write_configuration(folder, FILES)
        ours = [ctl, "conn", "--config", config]
        edited = f"tunnel-{CONNS // 2:05}"
        commands = {
            ("conn-list", "ipsec addconn --listall"): [addconn, "--config", config, "--listall"],
            ("conn-list", "esp-offloadctl conn list"): ours + ["list"],
            ("conn-list", "esp-offloadctl conn --json=short list"): ours + ["--json=short", "list"],
            ("conn-edit", "ipsec readwriteconf"): [rewrite, "--config", config],
        }
        for argv in commands.values():
            must_say(argv, b"tunnel-00000", b"tunnel-%05d" % (CONNS - 1))
        if staged:
            must_say(ours + ["--dry-run", "--json=short", "set", edited, "nic-offload=yes"],
                     b'"checked":true')
        for _ in range(runs):
            for (row, series), argv in commands.items():
                for figure, value in measured([measure], argv).items():
                    samples.append((row, series, figure, value))
            # There and back again: with all that keeps it safe, and where no Libreswan is.
            for series, value in EDITS if staged else ():
                before = ALONE if series == "ours alone" else []
                for figure, took in measured(before + [measure], ours + [
                        "set", edited, f"nic-offload={value}"]).items():
                    samples.append(("conn-edit", series, figure, took))

    # Beyond reading, too little to be seen by any clock.
    if shutil.which("valgrind"):
        for conns in CONNS // 10, CONNS:
            samples.append(("conn-edit", f"in {conns * FILES // CONNS:,} files", "beyond reading",
                            instructions.count(core, "conf-edit", conns) / 1e6))

    keys = ("row", "series", "figure", "value")
    samples = [dict(zip(keys, s)) for s in samples]
    for s in samples:
        print("sample " + json.dumps(s))
    rows = {name: d for name, d in table.descriptions().items() if name.startswith("conn-")}
    lines = [line for name, d in rows.items() for line in table.lines(name, d, samples)]
    print(table.markdown(lines, rows))
    return int(not all(line.get("reached", True) for line in lines))


if __name__ == "__main__":
    sys.exit(main())
