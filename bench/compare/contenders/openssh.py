"""ssh -R: what is on every machine already."""

import getpass
import os
from pathlib import Path

from ..children import await_true, run_text
from ..ports import answers, free_port
from .contender import SERVICES, Contender, Door, straight

SSHD = Path("/usr/sbin/sshd")


class OpenSsh(Contender):
    name = "OpenSSH -R"
    settings = (
        "one connection, aes256-gcm@openssh.com, no compression: the cipher of the others",
        "a visitor's connection is a channel; HTTP passes as bytes",
    )

    def why_absent(self, world):
        return None if SSHD.exists() else "openssh-server is not installed"

    def start(self, world, link=straight):
        port = free_port()
        place = world.directory / f"ssh-{port}"
        place.mkdir(mode=0o700)
        for key in ("host", "user"):
            run_text(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / key], 10)
        (place / "authorized").write_text((place / "user.pub").read_text())
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd refuses to start without
        (place / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1:{port}\nHostKey {place}/host\nPidFile none\n"
            f"AuthorizedKeysFile {place}/authorized\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nAllowTcpForwarding yes\nMaxSessions 10\nLogLevel ERROR\n"
            "PermitRootLogin prohibit-password\nCiphers aes256-gcm@openssh.com\n")
        edge = world.children.start("sshd", [SSHD, "-D", "-e", "-f", place / "sshd_config"])
        await_true(lambda: answers(port), 10, "sshd", edge)
        ports = {service: free_port() for service in SERVICES}
        forwards = [word for service in SERVICES for word in
                    ("-R", f"127.0.0.1:{ports[service]}:{world.origin[service]}")]
        agent = world.children.start("ssh", [
            "ssh", "-F", "none", "-N", "-T", "-p", link(f"127.0.0.1:{port}").rpartition(":")[2],
            "-i", place / "user", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "ExitOnForwardFailure=yes", "-o", "LogLevel=ERROR", "-o", "Compression=no",
            "-c", "aes256-gcm@openssh.com", *forwards, f"{getpass.getuser()}@127.0.0.1"])
        await_true(lambda: all(map(answers, ports.values())), 20, "ssh -R", agent)
        self.roles = {"edge": edge, "agent": agent}
        self.doors = {service: Door(f"127.0.0.1:{port}") for service, port in ports.items()}
