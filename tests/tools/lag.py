#!/usr/bin/python3
"""A slow line: carries bytes both ways, each delivered a fixed time after it came.

  lag.py HOST PORT MS             standard input and output to HOST:PORT (ssh's ProxyCommand)
  lag.py -l PORT HOST PORT MS     listens on 127.0.0.1:PORT

SIGUSR1 cuts every line at once, as a dead network does for whoever waits: bytes stop, nothing is closed.
"""
import collections
import os
import selectors
import signal
import socket
import sys
import threading
import time

cut = threading.Event()


def carry(read_fd, write_fd, delay_s):
    """Until one side ends. Reads as long as fewer than 1 MiB are under way."""
    queue, size = collections.deque(), 0
    selector = selectors.DefaultSelector()
    selector.register(read_fd, selectors.EVENT_READ)
    is_open = True
    while is_open or queue:
        wait = max(0.0, queue[0][0] - time.monotonic()) if queue else None
        ready = selector.select(wait) if is_open and size < 1 << 20 else (time.sleep(wait or 0.01) or [])
        if cut.is_set():
            time.sleep(0.2)
            continue
        if ready:
            data = os.read(read_fd, 65536)
            is_open = bool(data)
            queue.append((time.monotonic() + delay_s, data))
            size += len(data)
        while queue and queue[0][0] <= time.monotonic():
            data = queue.popleft()[1]
            size -= len(data)
            while data:
                data = data[os.write(write_fd, data):]


def both_ways(left_in, left_out, right, delay_s):
    def run(read_fd, write_fd):
        try:
            carry(read_fd, write_fd, delay_s)
        except OSError:
            pass
        try:
            right.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    back = threading.Thread(target=run, args=(right.fileno(), left_out), daemon=True)
    back.start()
    threading.Thread(target=run, args=(left_in, right.fileno()), daemon=True).start()
    back.join()


def main(arguments):
    signal.signal(signal.SIGUSR1, lambda *unused: cut.set())
    if arguments[0] != "-l":
        host, port, delay = arguments[0], int(arguments[1]), int(arguments[2]) / 1000
        both_ways(0, 1, socket.create_connection((host, port)), delay)
        return
    listen, host, port, delay = int(arguments[1]), arguments[2], int(arguments[3]), int(arguments[4]) / 1000
    server = socket.create_server(("127.0.0.1", listen))
    print("ready", flush=True)
    while True:
        client, _ = server.accept()
        other = socket.create_connection((host, port))

        def serve(client=client, other=other):
            both_ways(client.fileno(), client.fileno(), other, delay)
            client.close()
            other.close()

        threading.Thread(target=serve, daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1:])
