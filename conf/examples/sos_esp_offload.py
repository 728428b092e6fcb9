# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A plugin for sos (https://github.com/sosreport/sos), which collects what a supporter asks for. Put
# it into the folder sos/report/plugins of its Python package as esp_offload.py.

from sos.report.plugins import DebianPlugin, Plugin, RedHatPlugin, UbuntuPlugin


class EspOffload(Plugin, RedHatPlugin, DebianPlugin, UbuntuPlugin):
    """What esp-offloadd knows of the ESP offload of bonds, and what it knows it from.

    Keys of SAs, pre-shared keys and the contents of Libreswan's files are left out.
    """

    short_desc = "ESP hardware offload of bonds"
    plugin_name = "esp_offload"
    profiles = ("network", "system")
    packages = ("esp-offloadd",)

    def setup(self):
        self.add_copy_spec([
            "/etc/esp-offloadd/",
            "/run/esp-offloadd/",
            "/var/lib/esp-offloadd/failovers-*.jsonl",
            "/proc/net/bonding/",
            "/proc/net/xfrm_stat",
        ])
        # These have whole files of Libreswan's in them.
        self.add_forbidden_path("/var/lib/esp-offloadd/undo-*")

        self.add_cmd_output([
            "esp-offloadctl status --json=pretty",
            "esp-offloadctl check --json=pretty",
            "esp-offloadctl failovers",
            "esp-offloadctl config validate",
            "esp-offloadctl config show",
            "esp-offloadctl conn list",
            "esp-offloadctl metrics",
            "systemctl status --no-pager esp-offloadd.service ipsec.service",
            "ip -s -d xfrm state list nokeys",
        ])
        self.add_journal(units="esp-offloadd")

    def postproc(self):
        # Where ip does not know "nokeys": every algorithm is followed by its key.
        self.do_cmd_output_sub(
            "ip -s -d xfrm",
            r"((?:auth|auth-trunc|enc|aead|comp)\s+\S+\s+)0x[0-9a-fA-F]*",
            r"\1(scrubbed)")
        # Nobody should put such a thing into the policy, and yet; the command and the daemon show
        # lines with a mistake as they are.
        secret = r"(?i)(psk|secret|password)(\s*[:=]\s*)\S+"
        self.do_path_regex_sub(r"/(etc|run)/esp-offloadd/.*", secret, r"\1\2(scrubbed)")
        for command in ("esp-offloadctl", "systemctl status", "journalctl"):
            self.do_cmd_output_sub(command, secret, r"\1\2(scrubbed)")
