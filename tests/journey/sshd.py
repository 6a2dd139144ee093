"""A real sshd on loopback with a key of its own, and a line to it that lags and can be cut."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

from terminal import Terminal
from world import BINARY, SKIP, SOURCE, Desk, eventually

ACCOUNT = "hiretty-journey"
LAG = os.path.join(SOURCE, "tests", "tools", "lag.py")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sshd:
    """As root a fresh account logs in (root's own shell files must not matter); otherwise the caller does."""

    def __init__(self):
        sshd = shutil.which("sshd") or "/usr/sbin/sshd"
        if not os.path.exists(sshd):
            print("1..0 # SKIP no sshd")
            raise SystemExit(SKIP)
        self.folder = tempfile.mkdtemp(prefix="hiretty-sshd-")
        os.chmod(self.folder, 0o755)
        self.is_root = os.geteuid() == 0
        if self.is_root:
            subprocess.run(["userdel", "-r", ACCOUNT], stderr=subprocess.DEVNULL, check=False)
            self.home = os.path.join(self.folder, "home")
            subprocess.run(["useradd", "-M", "-d", self.home, "-s", "/bin/sh", "-p", "*", ACCOUNT], check=True)
            os.makedirs(self.home)
            shutil.chown(self.home, ACCOUNT, ACCOUNT)
            os.makedirs("/run/sshd", exist_ok=True)
        self.user = ACCOUNT if self.is_root else pwd.getpwuid(os.geteuid()).pw_name
        self.binary = shutil.copy(BINARY, os.path.join(self.folder, "hiretty"))
        os.chmod(self.binary, 0o755)
        for name in ("host", "login"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(self.folder, name)],
                           check=True)
        shutil.copy(os.path.join(self.folder, "login.pub"), os.path.join(self.folder, "authorized"))
        os.chmod(os.path.join(self.folder, "authorized"), 0o644)
        self.port = free_port()
        config = os.path.join(self.folder, "config")
        with open(config, "w") as out:
            out.write(f"""Port {self.port}
ListenAddress 127.0.0.1
HostKey {self.folder}/host
AuthorizedKeysFile {self.folder}/authorized
PidFile {self.folder}/pid
StrictModes no
UsePAM no
PasswordAuthentication no
PrintMotd no
PrintLastLog no
ClientAliveInterval 2
ClientAliveCountMax 2
""")
        self.process = subprocess.Popen([sshd, "-D", "-e", "-f", config], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL,
                                        stderr=open(os.path.join(self.folder, "log"), "wb"))
        eventually(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() or True
                   if self._listens() else False, 20, "sshd")

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def command(self, lag_ms, *arguments):
        """ssh's argument list; lag_ms is one way."""
        return ["ssh", "-F", "none", "-i", os.path.join(self.folder, "login"), "-p", str(self.port),
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
                "-o", f"ProxyCommand=/usr/bin/python3 {LAG} %h %p {lag_ms}", *arguments, f"{self.user}@127.0.0.1"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        if self.is_root:
            subprocess.run(["pkill", "-KILL", "-u", ACCOUNT], check=False)
            eventually(lambda: subprocess.run(["userdel", ACCOUNT], stderr=subprocess.DEVNULL,
                                              check=False).returncode == 0, 20, "the account's end")
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()


class RemoteDesk(Desk):
    """A desk on the other side of the line: every verb and the workstation run there."""

    def __init__(self, sshd, server, who, lag_ms):
        super().__init__(server, who, "remote")
        self.sshd, self.lag_ms = sshd, lag_ms
        # The folders are the remote account's own.
        if sshd.is_root:
            subprocess.run(["chown", "-R", sshd.user, self.folder], check=True)
        self.remote_env = {name: value for name, value in self.env.items() if name not in ("PATH", "TERM")}

    def remote_line(self, arguments):
        words = ["env", *(f"{name}={value}" for name, value in self.remote_env.items()), self.sshd.binary, *arguments]
        return " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)

    def run(self, *arguments, env=None, timeout_s=120, input_text=None):
        return subprocess.run([*self.sshd.command(1), self.remote_line(arguments)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout_s, check=False)

    def terminal(self, columns=160, lines=48):
        environment = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8")
        return Terminal([*self.sshd.command(self.lag_ms, "-tt"), self.remote_line(())], environment, columns, lines)

    def lines_out(self):
        """Process ids of the proxies that carry the lines of this desk."""
        found = subprocess.run(["pgrep", "-f", f"{LAG} 127.0.0.1 {self.sshd.port}"], capture_output=True, text=True,
                               check=False).stdout
        return [int(pid) for pid in found.split()]

    def cut(self):
        """The line goes dead: the proxy dies, both ends find out as they would in a tunnel."""
        for pid in self.lines_out():
            os.kill(pid, signal.SIGKILL)

    def is_running(self):
        return subprocess.run(["pgrep", "-x", "-f", self.sshd.binary], stdout=subprocess.DEVNULL,
                              check=False).returncode == 0
