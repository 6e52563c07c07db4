"""Adds numbers up over all hosts of a job: a star of TCP connections around the first host, in step with every batch.

What travels is a greeting and its answer as JSON, then nothing but numbers. Nobody waits for ever: connecting and every
exchange have a time limit, and when a host ends or falls silent the others end with an error that names it.
"""

import json
import socket
import struct
import sys
import time
from array import array

CONNECT_SECONDS = 180  # hosts of a job start minutes apart: images differ in what is cached
GREETING_SECONDS = 10
EXCHANGE_SECONDS = 120
MAX_TEXT_BYTES = 64 << 20


class LostHost(Exception):
    pass


def receive(connection, count, peer):
    buffer = bytearray(count)
    view = memoryview(buffer)
    while view:
        try:
            got = connection.recv_into(view)
        except socket.timeout as error:
            raise LostHost(f"{peer} was silent for {connection.gettimeout():.0f} s.") from error
        except OSError as error:
            raise LostHost(f"{peer} is gone: {error}.") from error
        if got == 0:
            raise LostHost(f"{peer} has closed the connection: look at its log for the reason.")
        view = view[got:]
    return buffer


def send(connection, content, peer):
    try:
        connection.sendall(content)
    except OSError as error:
        raise LostHost(f"{peer} is gone: {error}.") from error


def send_json(connection, value, peer):
    text = json.dumps(value).encode()
    send(connection, struct.pack("!I", len(text)) + text, peer)


def receive_json(connection, peer):
    (size,) = struct.unpack("!I", receive(connection, 4, peer))
    if size > MAX_TEXT_BYTES:
        raise LostHost(f"{peer} does not speak our protocol.")
    try:
        return json.loads(receive(connection, size, peer).decode())
    except ValueError as error:
        raise LostHost(f"{peer} does not speak our protocol: {error}.") from error


def prepare(connection):
    connection.settimeout(EXCHANGE_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Alone:
    """The only host of its job."""

    rank, size = 0, 1

    def share(self, value):
        return value

    def add_up(self, numbers):
        return numbers

    def close(self):
        pass


class First:
    """The first host: knows every other one, adds up, and sends the sums back."""

    rank = 0

    def __init__(self, hosts, port, settings, connect_seconds=CONNECT_SECONDS):
        self.size = len(hosts)
        self.peers = {}
        deadline = time.monotonic() + connect_seconds
        try:
            with listen(hosts[0], port, deadline) as server:
                while len(self.peers) < self.size - 1:
                    self.accept(server, hosts, settings, deadline)
        except LostHost:
            self.close()  # those who came must not wait for those who did not
            raise
        self.peers = dict(sorted(self.peers.items()))  # sums are formed in the order of ranks: the same every time
        self.names = {rank: f"Host {hosts[rank]}" for rank in self.peers}

    def accept(self, server, hosts, settings, deadline):
        server.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            connection, address = server.accept()
        except socket.timeout as error:
            missing = [host for rank, host in enumerate(hosts) if rank > 0 and rank not in self.peers]
            raise LostHost(f"Did not hear from {', '.join(missing)} in time.") from error
        connection.settimeout(GREETING_SECONDS)
        try:
            greeting = receive_json(connection, f"A caller from {address[0]}")
        except LostHost as error:
            print(f"{error} It was turned away.", flush=True)
            connection.close()
            return
        rank = greeting.get("rank") if isinstance(greeting, dict) else None
        if not isinstance(rank, int) or not 0 < rank < self.size or rank in self.peers:
            print(f"A caller from {address[0]} is no host of this job and was turned away.", flush=True)
            connection.close()
            return
        prepare(connection)
        agreed = greeting.get("settings") == settings
        send_json(connection, {"agreed": agreed, "settings": settings}, f"Host {hosts[rank]}")
        if not agreed:
            connection.close()
            raise LostHost(
                f"Host {hosts[rank]} was started with other settings: {greeting.get('settings')} instead of {settings}."
            )
        self.peers[rank] = connection

    def share(self, value):
        """Gives a value of this host (anything JSON holds) to every other one."""
        for rank, connection in self.peers.items():
            send_json(connection, value, self.names[rank])
        return value

    def add_up(self, numbers):
        total = list(numbers)
        for rank, connection in self.peers.items():
            part = array("d")
            part.frombytes(receive(connection, len(total) * part.itemsize, self.names[rank]))
            total = [mine + theirs for mine, theirs in zip(total, part)]
        content = array("d", total).tobytes()
        for rank, connection in self.peers.items():
            send(connection, content, self.names[rank])
        return total

    def close(self):
        for connection in self.peers.values():
            connection.close()


class Other:
    """Every host but the first."""

    def __init__(self, hosts, port, rank, settings, connect_seconds=CONNECT_SECONDS):
        self.rank, self.size = rank, len(hosts)
        self.peer = f"Host {hosts[0]}"
        self.connection = connect(hosts[0], port, time.monotonic() + connect_seconds)
        prepare(self.connection)
        send_json(self.connection, {"rank": rank, "settings": settings}, self.peer)
        answer = receive_json(self.connection, self.peer)
        if not answer.get("agreed"):
            self.close()
            raise LostHost(f"{self.peer} was started with other settings: {answer.get('settings')} instead of {settings}.")

    def share(self, _):
        return receive_json(self.connection, self.peer)

    def add_up(self, numbers):
        content = array("d", numbers)
        send(self.connection, content.tobytes(), self.peer)
        total = array("d")
        total.frombytes(receive(self.connection, len(content) * content.itemsize, self.peer))
        return total

    def close(self):
        self.connection.close()


def listen(host, port, deadline):
    """A listening socket on the host's own address only; its name may not be known yet when the job starts."""
    while True:
        try:
            server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((host, port))
            server.listen()
            return server
        except OSError as error:
            server.close()
            if time.monotonic() > deadline:
                raise LostHost(f"Could not listen at {host}:{port}: {error}.") from error
            time.sleep(0.2)


def connect(host, port, deadline):
    while True:
        try:
            return socket.create_connection((host, port), timeout=5)
        except OSError as error:
            if time.monotonic() > deadline:
                raise LostHost(f"Could not reach {host}:{port} in time: {error}.") from error
            time.sleep(0.1)


def join(hosts, current, port, settings):
    """
    This host's place among the hosts of the job. `settings` must be equal on all of them; the byte order belongs to it because
    numbers travel as they lie in memory.
    """
    settings = {**settings, "byte order": sys.byteorder}
    if len(hosts) == 1:
        return Alone()
    rank = hosts.index(current)
    return First(hosts, port, settings) if rank == 0 else Other(hosts, port, rank, settings)
