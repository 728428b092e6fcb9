# SPDX-License-Identifier: LGPL-2.1-or-later
"""Libreswan's own reader (addconn) and ours (conf-dump), asked about the same files."""
import json
import os
import shutil
import socket
import subprocess
import threading

# Beside an ipsec that was only unpacked (tests/lab/libreswan), or where packages have it.
ADDCONN = shutil.which("addconn", path=os.environ["PATH"] + ":/usr/libexec/ipsec:/usr/lib/ipsec")


class Stage:
    """A folder for one configuration at a time. Files are texts, or ("link", target), or "folder"."""

    def __init__(self, folder):
        self.folder = folder
        self.config = os.path.join(folder, "s", "ipsec.conf")

    def put(self, text, files=None):
        base = os.path.dirname(self.config)
        shutil.rmtree(base, ignore_errors=True)
        for name, content in {"ipsec.conf": text, **(files or {})}.items():
            path = os.path.join(base, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if isinstance(content, tuple):
                os.symlink(content[1], path)
            elif content == "folder":
                os.mkdir(path)
            else:
                with open(path, "wb") as f:
                    f.write(content.encode("latin-1"))
        return base


class Theirs:
    def __init__(self, stage):
        self.stage = stage
        out = subprocess.run(["ipsec", "--version"], stdout=subprocess.PIPE, check=True).stdout
        self.version = out.decode().split()[-1]

    def run(self, *arguments):
        r = subprocess.run([ADDCONN, "--config", self.stage.config, *arguments],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=20, check=False,
                           cwd=os.path.dirname(self.stage.config))
        return r.returncode, r.stdout.decode("latin-1"), r.stderr.decode("latin-1")

    def listing(self):
        """The names as one line, or None for a set of which nothing is loaded."""
        status, out, _ = self.run("--listall")
        return None if status != 0 else out.replace("\n", " ").strip()

    def messages(self, name):
        """What addconn would send to pluto to add a conn: its whole meaning, as bytes. The socket
        is ours, so no pluto hears of it. None when the conn is not loaded."""
        path = os.path.join(self.stage.folder, "ctl")
        if os.path.exists(path):
            os.unlink(path)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(path)
        server.listen(8)
        heard = []

        def serve():
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.settimeout(5)
                    data = b""
                    while True:
                        try:
                            some = peer.recv(65536)
                        except OSError:
                            break
                        data += some
                        if len(some) < 65536:
                            break
                    heard.append(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.run("--ctlsocket", path, name)
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)
        return heard or None


class Ours:
    def __init__(self, program, stage, version):
        self.stage, self.version = stage, version
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, conn=None, change=None):
        request = {"config": self.stage.config, "version": self.version,
                   "directory": os.path.dirname(self.stage.config)}
        if conn is not None:
            request.update({"conn": conn, "set": change})
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    @staticmethod
    def listing(answer):
        if answer["broken"]:
            return None
        return " ".join(c["name"] for c in answer["conns"]).replace("\n", " ").strip()
