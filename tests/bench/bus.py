#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the bus alone takes on this host, from a sender to a subscriber. The row "bus": what the row
"failover" measures in an emulated machine consists mostly of this.

Usage: bus.py HOP     HOP is tests/bench/hop.c

On a bus of its own; nothing of the host's is asked. Prints samples. Leaves with 77 where there is no
dbus-daemon.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SIGNALS = 200


def main():
    hop = os.path.abspath(sys.argv[1])
    if not shutil.which("dbus-daemon"):
        print("it takes dbus-daemon")
        return 77
    with tempfile.TemporaryDirectory(prefix="bench-bus-") as folder:
        address = f"unix:path={folder}/bus"
        environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=address)
        with subprocess.Popen(["dbus-daemon", "--nofork", "--print-address", "--address=" + address,
                               "--config-file=" + os.path.join(HERE, "..", "bus", "bus.conf")],
                              stdout=subprocess.PIPE, text=True) as bus:
            bus.stdout.readline()  # it listens
            with subprocess.Popen([hop, "listen"], stdout=subprocess.PIPE, text=True,
                                  env=environment) as subscriber:
                subscriber.stdout.readline()
                subprocess.run([hop, "send", str(SIGNALS)], env=environment, check=True)
                for _ in range(SIGNALS):
                    _, came, sent = subscriber.stdout.readline().split()
                    print("sample " + json.dumps({"row": "bus", "series": "the bus alone",
                                                  "figure": "wall",
                                                  "value": (int(came) - int(sent)) / 1e3}))
                subscriber.terminate()
            bus.terminate()
    return 0


if __name__ == "__main__":
    sys.exit(main())
