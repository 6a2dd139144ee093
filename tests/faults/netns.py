"""A server and a client in network namespaces of their own, so that it is the kernel that loses packets."""

import atexit
import os
import re
import subprocess
import sys
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "journey"))
from terminal import Terminal  # noqa: E402
from world import BINARY, BUSY_JOB, SLOW, SOURCE, Desk, Server  # noqa: E402

SKIP = 77


def sh(*words, check=True):
    run = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert not check or run.returncode == 0, f"{' '.join(words)}: {run.stdout}{run.stderr}"
    return run


class Net:
    """10.88.N.1 (the server's side) and .2 (the client's), over a veth pair."""

    def __init__(self):
        tag = uuid.uuid4().hex[:6]
        self.server, self.client = f"htsrv{tag}", f"htcli{tag}"
        self.names = f"/etc/netns/{self.client}"
        number = int(tag[:2], 16)
        self.address, self.here = f"10.88.{number}.1", f"10.88.{number}.2"
        self.prefix = f"10.88.{number}."
        if sh("ip", "netns", "add", self.server, check=False).returncode != 0:
            # Where the kernel must do it, not being able to is a failure.
            if os.geteuid() == 0 or os.environ.get("CI"):
                raise AssertionError("no network namespaces here")
            print("1..0 # SKIP network namespaces need root")
            sys.exit(SKIP)
        try:
            sh("ip", "netns", "add", self.client)
            sh("ip", "link", "add", "s0", "netns", self.server, "type", "veth", "peer", "name", "c0", "netns",
               self.client)
            for name, link, address in ((self.server, "s0", self.address), (self.client, "c0", self.here)):
                self.ip(name, "addr", "add", address + "/24", "dev", link)
                self.ip(name, "link", "set", link, "up")
                self.ip(name, "link", "set", "lo", "up")
            # An address that swallows whatever is sent to it; nearer to the client's, so it is tried first.
            self.dead = self.prefix + "3"
            self.ip(self.server, "addr", "add", self.dead + "/24", "dev", "s0")
            self.load(self.server, f"table inet d {{\nchain i {{ type filter hook input priority 0;\n"
                                   f"ip daddr {self.dead} drop\n}}\n}}\n")
            os.makedirs(self.names, exist_ok=True)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def ip(name, *words):
        sh("ip", "-n", name, *words)

    def inside(self, name, *words):
        return ["ip", "netns", "exec", name, *words]

    def rules(self, coming="", going=None):
        """nft's rules for what comes to the client and what it sends (`going` None: the same). Empty: none."""
        sh("ip", "netns", "exec", self.client, "nft", "flush", "ruleset")
        going = coming if going is None else going
        if not coming and not going:
            return
        table = f"""table inet t {{
chain i {{ type filter hook input priority 0;
{coming}
}}
chain o {{ type filter hook output priority 0;
{going}
}}
}}
"""
        self.load(self.client, table)

    def resets(self, are_on):
        """The server's side answers whatever comes with a reset."""
        if are_on:
            self.load(self.server, "table inet r {\nchain i { type filter hook input priority 0;\n"
                                   "ip protocol tcp reject with tcp reset\n}\n}\n")
        else:
            sh(*self.inside(self.server, "nft", "delete", "table", "inet", "r"))

    def load(self, name, table):
        run = subprocess.run(self.inside(name, "nft", "-f", "-"), input=table, text=True, capture_output=True,
                             check=False)
        assert run.returncode == 0, run.stderr + table

    def close(self):
        for name in (self.server, self.client):
            pids = sh("ip", "netns", "pids", name, check=False).stdout.split()
            for pid in pids:
                subprocess.run(["kill", "-9", pid], check=False, capture_output=True)
            sh("ip", "netns", "del", name, check=False)
        subprocess.run(["rm", "-rf", self.names], check=False)


NAME = "db.hiretty.test"


class FarServer(Server):
    """The demo server, moved into the server's namespace: TLS on its veth address, passwords."""

    def __init__(self, net):
        super().__init__("--demo", "--no-vector")
        self.net = net
        place = os.path.realpath(os.path.join(self.dir, "pg"))
        self.sql("ALTER ROLE " + self.login() + " PASSWORD 'far-away'")
        self.sql("ALTER SYSTEM SET synchronous_commit = on")
        self.halt()
        with open(os.path.join(place, "data", "hiretty.conf"), "a") as file:
            file.write(f"listen_addresses = '127.0.0.1,{net.address}'\n")
        with open(os.path.join(place, "data", "pg_hba.conf"), "a") as file:
            file.write("hostssl all all 10.88.0.0/16 scram-sha-256\n")
        certs = os.path.join(place, "certs")
        with open(os.path.join(certs, "san"), "w") as file:
            file.write(f"subjectAltName=DNS:localhost,DNS:{NAME},IP:{net.address}\n")
        sh("openssl", "req", "-new", "-key", f"{certs}/server.key", "-subj", "/CN=x", "-out", f"{certs}/server.csr")
        sh("openssl", "x509", "-req", "-in", f"{certs}/server.csr", "-CA", f"{certs}/root.crt", "-CAkey",
           f"{certs}/ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{certs}/san", "-out",
           f"{certs}/server.crt")
        sh(*net.inside(net.server, os.path.join(SOURCE, "dev"), "db", "resume", self.dir))
        self.postmaster = int(open(os.path.join(place, "data", "postmaster.pid")).readline())

    def login(self):
        return self.value("SELECT session_user", "RECRUITER")

    def far_dsn(self, host="localhost", address=None):
        where = f"host={host} hostaddr={address or self.net.address}" if address != "" else f"host={host}"
        return f"{where} port={self.env['HT_TCP_PORT']} user={self.user} dbname=hiretty " \
               f"sslrootcert={self.env['HT_ROOTCERT']}"

    @property
    def user(self):
        if not hasattr(self, "_user"):
            self._user = self.login()
        return self._user

    def processes(self):
        """The postmaster and all its children."""
        found = [self.postmaster]
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/stat") as file:
                        if int(file.read().rsplit(")", 1)[1].split()[1]) == self.postmaster:
                            found.append(int(name))
                except OSError:
                    pass
        return found


class FarDesk(Desk):
    """A recruiter in the client's namespace."""

    def __init__(self, server, name):
        super().__init__(server, "RECRUITER", name, dsn=server.far_dsn())
        passfile = os.path.join(self.folder, "pass")
        with open(passfile, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("*:*:*:*:far-away\n")
        self.env["PGPASSFILE"] = passfile

    def argv(self, *arguments):
        return self.server.net.inside(self.server.net.client, BINARY, *arguments)

    def start(self, *arguments, env=None):
        return subprocess.Popen(self.argv(*arguments), env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments, env=None, timeout_s=120, input_text=None):
        return subprocess.run(self.argv(*arguments), env={**self.env, **(env or {})}, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout_s * SLOW, check=False)

    def timed(self, *arguments):
        """The finished run and how long it took."""
        began = time.monotonic()
        run = self.run(*arguments, timeout_s=60)
        return run, time.monotonic() - began

    def fails_offline(self, *arguments, within_s=15):
        run, took = self.timed(*arguments)
        lines = run.stderr.rstrip("\n").split("\n")
        assert run.returncode == 3 and len(lines) == 1, run
        assert took < within_s * SLOW, f"{arguments}: {took:.1f} s"
        return took

    def is_equal(self):
        self.must("sync")
        self.must("cache", "check")

    def decide(self, first, n):
        """`n` decisions that wait here."""
        ids = [row["id"] for row in self.json("--offline", "matches", "--job", BUSY_JOB)][first:first + n]
        self.must("--offline", "advance", "--job", BUSY_JOB, *ids)
        return ids

    def each_once(self, ids):
        listed = ",".join(f"'{one}'" for one in ids)
        rows = self.server.sql(f"SELECT count(*), count(DISTINCT match_id) FROM public.hiring_decisions "
                               f"WHERE match_id IN ({listed})")
        assert rows == [[str(len(ids))] * 2], rows
        assert self.json("--offline", "outbox", "list") == []


class Station(Terminal):
    """The workstation, with keys that are timed."""

    def __init__(self, desk):
        super().__init__(desk.argv(), desk.env, 120, 30)
        self.times = []

    def key_ms(self, key):
        """From the key to the first byte of the answer."""
        self.pump(0)
        size, began = len(self.raw), time.monotonic()
        self.press(key)
        while len(self.raw) == size:
            assert time.monotonic() - began < 3 * SLOW, "a key is not answered"
            self.pump(0.5)
        self.times.append((time.monotonic() - began) * 1000)
        self.settle(0.01, 1)

    def work_until(self, wanted, timeout_s):
        """Presses keys until the screen shows `wanted`; how long it took."""
        began = time.monotonic()
        keys = "jk"
        while not re.search(wanted, self.text(), re.M):
            took = time.monotonic() - began
            assert took < timeout_s * SLOW, f"not on the screen in {took:.1f} s: {wanted}\n{self.text()}"
            self.key_ms(keys[len(self.times) % 2])
            self.pump(0.1)
        return time.monotonic() - began

    def figures(self):
        ordered = sorted(self.times)
        return f"{len(ordered)} keys, p95 {ordered[int(len(ordered) * 0.95)]:.0f} ms, max {ordered[-1]:.0f} ms"

    def quit(self):
        began = time.monotonic()
        self.press("Q")
        assert self.wait_end(10 * SLOW) == 0
        assert self.left_behind() == []
        took = time.monotonic() - began
        assert took < 3 * SLOW, f"the end took {took:.1f} s"
        return took


def far_apart(*names):
    """The network, a server at one end of it, and a recruiter's machines of these names at the other. All of it goes when the
    test ends."""
    net = Net()
    atexit.register(net.close)
    server = FarServer(net)
    atexit.register(server.stop)
    desks = [FarDesk(server, name) for name in names]
    for desk in desks:
        atexit.register(desk.wipe)
    return net, server, desks
