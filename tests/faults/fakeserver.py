"""Servers that are not what they seem. Each speaks just enough of PostgreSQL's protocol to be talked to, keeps
every byte it was sent (inside TLS too), and does what a test tells it to."""

import hashlib
import os
import socket
import ssl
import struct
import subprocess
import threading

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
SASL_PLAIN = b"SCRAM-SHA-256\0\0"
SASL_PLUS = b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


def auth(code, rest=b""):
    return message(b"R", struct.pack("!i", code) + rest)


def error(state, text, kind=b"E", severity=b"FATAL"):
    return message(kind, b"S" + severity + b"\0V" + severity + b"\0C" + state + b"\0M" + text + b"\0\0")


def parameter(name, value):
    return message(b"S", name + b"\0" + value + b"\0")


READY = message(b"Z", b"I")
GREETING = auth(0) + parameter(b"server_version", b"15.18") + parameter(b"server_encoding", b"UTF8") + \
    parameter(b"client_encoding", b"UTF8") + message(b"K", struct.pack("!ii", 1, 2)) + READY


class Authority:
    """A certificate authority in a folder, and certificates of it."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.root = os.path.join(folder, name + ".crt")
        self._openssl("req", "-x509", *self._key(), "-days", "2", "-subj", "/CN=" + name,
                      "-keyout", os.path.join(folder, name + ".key"), "-out", self.root)

    @staticmethod
    def _key():
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def context(self, names):
        """A server's TLS context with a certificate for `names` ("DNS:localhost,IP:127.0.0.1")."""
        base = os.path.join(self.folder, self.name + "-" + names.replace(":", "_").replace(",", "_"))
        with open(base + ".ext", "w") as file:
            file.write("subjectAltName=" + names)
        self._openssl("req", *self._key(), "-subj", "/CN=localhost", "-keyout", base + ".key", "-out", base + ".csr")
        self._openssl("x509", "-req", "-in", base + ".csr", "-CA", self.root, "-CAkey",
                      os.path.join(self.folder, self.name + ".key"), "-CAcreateserial", "-days", "2",
                      "-extfile", base + ".ext", "-out", base + ".crt")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(base + ".crt", base + ".key")
        return context


class Fake:
    """Listens on loopback, or on a Unix socket in `folder`. `tls`: an SSLContext; None answers 'N'. `reply` to the
    wish for TLS overrides both. `script(talk)` speaks after the startup packet."""

    def __init__(self, script=None, tls=None, reply=None, folder=None):
        self.script, self.tls, self.reply = script, tls, reply
        self.captured = bytearray()
        self.talks = self.logins = 0
        if folder:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(os.path.join(folder, ".s.PGSQL.5432"))
            self.listener.listen(8)
        else:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client):
        self.talks += 1
        talk = Talk(self, client)
        try:
            first = talk.packet()
            if first == SSL_REQUEST[4:]:
                client.sendall(self.reply or (b"S" if self.tls else b"N"))
                if not self.reply and self.tls:
                    talk.socket = self.tls.wrap_socket(client, server_side=True)
                first = talk.packet()
            self.logins += 1
            if self.script:
                self.script(talk)
            while talk.read(4096):
                pass
        except (OSError, EOFError):
            pass
        finally:
            talk.close()

    def saw(self, *needles):
        return [needle for needle in needles if needle in self.captured]

    def close(self):
        self.listener.close()


class Talk:
    def __init__(self, fake, client):
        self.fake, self.socket = fake, client

    def read(self, size):
        data = self.socket.recv(size)
        self.fake.captured += data
        return data

    def exactly(self, size):
        data = b""
        while len(data) < size:
            part = self.read(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def packet(self):
        return self.exactly(struct.unpack("!i", self.exactly(4))[0] - 4)

    def message(self):
        kind = self.exactly(1)
        return kind, self.packet()

    def until(self, wanted):
        """Messages up to one of this kind; its body."""
        while True:
            kind, body = self.message()
            if kind == wanted:
                return body

    def send(self, data):
        self.socket.sendall(data)

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass


def password_traces(user, password, salt):
    """Every form in which a password, or what is as good as one, could leave."""
    inner = hashlib.md5((password + user).encode()).hexdigest()
    outer = hashlib.md5(inner.encode() + salt).hexdigest()
    return [password.encode(), inner.encode(), outer.encode(), b"md5" + outer.encode()]
