# SPDX-License-Identifier: LGPL-2.1-or-later
"""sos-plugin.py PLUGIN: sos can load the plugin and knows all that it calls, and it lets no secret out."""

import importlib.util
import inspect
import os
import re
import sys
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
           if c.__module__ == "esp_offload" and issubclass(c, plugins.IndependentPlugin)]
assert len(classes) == 1, classes

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

policy = "bonds:\n  bond0: {connections: [example]} # PSK: hunter2\n"
for call in plugin.do_path_regex_sub.call_args_list:
    _, pattern, substitute = call.args
    policy = re.sub(pattern, substitute, policy)
assert "hunter2" not in policy and "connections: [example]" in policy, policy
