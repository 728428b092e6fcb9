# SPDX-License-Identifier: LGPL-2.1-or-later
"""sos-plugin.py PLUGIN: sos can load the plugin and knows all that it calls, and it lets no secret out.

Where root may make namespaces sos itself makes a report, with an ip that shows keys, and a folder /etc
with a policy that has a secret in it."""

import importlib.util
import inspect
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from unittest import mock

try:
    import sos.report.plugins as plugins
except ImportError:
    # The distribution's sos belongs to the distribution's Python.
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)
    print("needs sos")
    sys.exit(77)

spec = importlib.util.spec_from_file_location("esp_offload", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
classes = [c for _, c in inspect.getmembers(module, inspect.isclass)
           if c.__module__ == "esp_offload" and issubclass(c, plugins.Plugin)]
assert len(classes) == 1, classes
# sos 4.0 loads those of its host's kind, and none that is for every one.
for kind in (plugins.RedHatPlugin, plugins.DebianPlugin, plugins.UbuntuPlugin):
    assert issubclass(classes[0], kind), kind

# With the signatures of the real methods: a call that sos would not take fails here.
plugin = mock.create_autospec(classes[0], instance=True)
classes[0].setup(plugin)
classes[0].postproc(plugin)

commands = [c for call in plugin.add_cmd_output.call_args_list for c in call.args[0]]
copied = [c for call in plugin.add_copy_spec.call_args_list for c in call.args[0]]
assert any(c.startswith("esp-offloadctl status") for c in commands), commands
assert not any("ipsec.d" in c or "secrets" in c or "undo" in c for c in copied), copied
plugin.add_forbidden_path.assert_called_once_with("/var/lib/esp-offloadd/undo-*")

XFRM = """src 192.0.2.1 dst 192.0.2.2
\tproto esp spi 0xcd7a6f4e(3447353166) reqid 16389(0x00004005) mode transport
\taead rfc4106(gcm(aes)) 0x4f2c1d9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a4f3e (320 bits) 128
\tauth-trunc hmac(sha256) 0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff (256 bits) 128
\tenc cbc(aes) 0x0123456789abcdef0123456789abcdef (128 bits)
\tcrypto offload parameters: dev bond0 dir out
"""
scrubbed = XFRM
for call in plugin.do_cmd_output_sub.call_args_list:
    command, pattern, substitute = call.args
    if any(command in c for c in commands):
        scrubbed = re.sub(pattern, substitute, scrubbed)
assert not re.search(r"[0-9a-f]{16}", scrubbed), scrubbed
assert "spi 0xcd7a6f4e" in scrubbed and "crypto offload" in scrubbed, scrubbed

policy = policy_before = "bonds:\n  bond0: {connections: [example]} # PSK: hunter2\n"
for call in plugin.do_path_regex_sub.call_args_list:
    _, pattern, substitute = call.args
    policy = re.sub(pattern, substitute, policy)
assert "hunter2" not in policy and "connections: [example]" in policy, policy

# A line with a mistake is shown as it is, by the command and in the journal.
DIAGNOSTIC = 'config.yaml:4:5: error: unknown key "psk"\n    psk: hunter2\n    ^\n'
collected = commands + ["journalctl --no-pager --unit esp-offloadd"]
for shown in ("esp-offloadctl config validate", "journalctl", "systemctl status"):
    assert any(c.startswith(shown) for c in collected), shown
    text = DIAGNOSTIC
    for call in plugin.do_cmd_output_sub.call_args_list:
        command, pattern, substitute = call.args
        if command in shown:
            text = re.sub(pattern, substitute, text)
    assert "hunter2" not in text and 'unknown key "psk"' in text, (shown, text)


# ---- a report ----

SCRIPT = r"""
set -e
for file in debian_version redhat-release os-release passwd group nsswitch.conf ld.so.cache; do
    [ ! -e "/etc/$file" ] || cp -L "/etc/$file" "$1/etc"
done
mount --bind "$1/ip" "$(realpath "$(command -v ip)")"
mount --bind "$1/etc" /etc
exec "$2" -c 'import sys; sys.path.insert(0, sys.argv.pop(1)); from sos import SoS
SoS(sys.argv[1:]).execute()' "$1" report --batch --quiet --tmp-dir "$1/tmp" -o esp_offload -z gzip
"""


def report(folder):
    """What sos puts into its archive, by the name there."""
    shutil.copytree(os.path.dirname(sys.modules["sos"].__file__), folder / "sos")
    shutil.copy(sys.argv[1], folder / "sos/report/plugins/esp_offload.py")
    for name in ("etc/esp-offloadd", "tmp"):
        (folder / name).mkdir(parents=True)
    (folder / "etc/esp-offloadd/config.yaml").write_text(policy_before)
    (folder / "xfrm").write_text(XFRM)
    (folder / "ip").write_text(f"#!/bin/sh\ncase $* in *xfrm*) cat {folder}/xfrm ;; esac\n")
    (folder / "ip").chmod(0o755)
    said = subprocess.run(["unshare", "-n", "-m", "sh", "-c", SCRIPT, "sh", folder, sys.executable],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
    archives = list((folder / "tmp").glob("*.tar.*z"))
    assert said.returncode == 0 and len(archives) == 1, said.stdout.decode()
    with tarfile.open(archives[0]) as archive:
        return {m.name.partition("/")[2]: archive.extractfile(m).read()
                for m in archive.getmembers() if m.isfile()}


def can_make_namespaces():
    return os.geteuid() == 0 and shutil.which("ip") and \
        subprocess.run(["unshare", "-n", "-m", "true"], check=False).returncode == 0


if not can_make_namespaces():
    print("no report was made: it takes root, namespaces and ip")
    sys.exit(0)
with tempfile.TemporaryDirectory(prefix="sos-plugin-") as work:
    files = report(pathlib.Path(work))
everything = b"\n".join(files.values())
assert b"4f2c1d9e8b7a6f5e" not in everything and b"0011223344556677" not in everything
assert b"0123456789abcdef0123" not in everything and b"hunter2" not in everything
assert any(b"spi 0xcd7a6f4e" in text for text in files.values()), files.keys()
assert b"connections: [example]" in files["etc/esp-offloadd/config.yaml"], files.keys()
