"""
The hosts of a job as one: torch.distributed with one process a host (or a GPU, under torchrun), gloo on CPU and NCCL on GPU.

Who they are is read from MASTER_ADDR, MASTER_PORT, WORLD_SIZE and RANK, which the launcher and torchrun set; else from
SM_HOSTS and SM_CURRENT_HOST, which SageMaker's own images set.
"""

import json
import os
import shutil
import socket
import sys
import tempfile
import time
from datetime import timedelta

import torch
import torch.distributed as dist

MASTER_PORT = "7777"  # the port SageMaker's framework images use
CONNECT_SECONDS = 300  # hosts of a job start minutes apart: images differ in what is cached
GREETING_SECONDS = 5
SILENCE = timedelta(minutes=30)  # hosts prepare their shares of the images before they first meet again


class LostHost(Exception):
    pass


def choose_device():
    if not torch.cuda.is_available():
        return torch.device("cpu")
    number = int(os.environ.get("LOCAL_RANK", "0"))
    torch.cuda.set_device(number)
    return torch.device("cuda", number)


class Hosts:
    """This process's place among all of them."""

    def __init__(self, rank, size, device):
        self.rank, self.size, self.device = rank, size, device
        self.folder = None

    def add_up(self, tensor):
        """The sum over all hosts, in place and the same to the last bit on all of them."""
        if self.size > 1:
            guard(dist.all_reduce, tensor)
        return tensor

    def add_up_numbers(self, *numbers):
        return self.add_up(torch.tensor(numbers, dtype=torch.float64, device=self.device)).tolist()

    def share(self, content):
        """The first host's bytes, on every host; what the others give is not looked at."""
        if self.size == 1:
            return content
        length = torch.tensor([len(content) if self.rank == 0 else 0], device=self.device)
        guard(dist.broadcast, length, 0)
        if int(length) == 0:
            return b""
        buffer = bytearray(content) if self.rank == 0 else bytearray(int(length))
        view = torch.frombuffer(buffer, dtype=torch.uint8)
        tensor = view.to(self.device)
        guard(dist.broadcast, tensor, 0)
        view.copy_(tensor)
        return bytes(buffer)

    def close(self):
        if self.size > 1:
            dist.destroy_process_group()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def guard(call, *arguments):
    try:
        call(*arguments)
    except RuntimeError as error:
        raise LostHost(
            f"Another host has ended or fallen silent: look at its log for the reason ({str(error).splitlines()[0]})."
        ) from error


def find_place():
    """This process's rank, how many there are, and where the first one is to be met."""
    names = json.loads(os.environ.get("SM_HOSTS", "[]")) or ["localhost"]
    rank = int(os.environ.get("RANK") or names.index(os.environ.get("SM_CURRENT_HOST", names[0])))
    size = int(os.environ.get("WORLD_SIZE") or len(names))
    address = os.environ.setdefault("MASTER_ADDR", names[0])
    return rank, size, address, int(os.environ.setdefault("MASTER_PORT", MASTER_PORT))


def join(device):
    rank, size, address, port = find_place()
    hosts = Hosts(rank, size, device)
    if size == 1:
        return hosts
    local = address.startswith("127.") and "TORCHELASTIC_RUN_ID" not in os.environ  # torchrun has a meeting point of its own
    interface = os.environ.get("SM_NETWORK_INTERFACE_NAME") or (find_loopback() if local else None)
    if interface:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", interface)
    if not local:
        wait_for_name(address)
    meeting = {"store": meet(hosts, address, port)} if local else {"init_method": "env://"}
    backend = "nccl" if device.type == "cuda" else "gloo"
    try:
        dist.init_process_group(backend, rank=rank, world_size=size, timeout=SILENCE, **meeting)
    except RuntimeError as error:
        raise LostHost(f"The hosts did not find each other at {address}:{port}: {str(error).splitlines()[0]}") from error
    return hosts


def find_loopback():
    return "lo0" if sys.platform == "darwin" else "lo"


def wait_for_name(address):
    """A host's name may not be known yet when the job starts."""
    deadline = time.monotonic() + CONNECT_SECONDS
    while True:
        try:
            socket.getaddrinfo(address, None)
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise LostHost(f"The first host's name {address} is not known: {error}.") from error
            time.sleep(0.5)


def meet(hosts, address, port):
    """
    All processes are on one machine. torch's own meeting point would listen on every network of it, at a port two jobs cannot
    share; a file does as well. The first process tells the others its path, at its own address only.
    """
    deadline = time.monotonic() + CONNECT_SECONDS
    if hosts.rank == 0:
        hosts.folder = tempfile.mkdtemp(prefix="dog-breeds-hosts-")
        path = os.path.join(hosts.folder, "store")
        tell(address, port, hosts.size, path, deadline)
    else:
        path = ask(address, port, hosts.rank, deadline)
    return dist.FileStore(path, hosts.size)


def tell(address, port, size, path, deadline):
    missing = set(range(1, size))
    with socket.create_server((address, port)) as server:
        while missing:
            server.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                connection, _ = server.accept()
            except socket.timeout as error:
                raise LostHost(f"Did not hear from {len(missing)} of {size - 1} other hosts in time.") from error
            with connection:
                missing.discard(greet(connection, path))


def greet(connection, path):
    """The rank of the caller, or None for a stranger."""
    connection.settimeout(GREETING_SECONDS)
    try:
        rank = int(connection.makefile("r", encoding="ascii").readline(12))
        connection.sendall(path.encode() + b"\n")
        return rank
    except (OSError, ValueError):
        return None


def ask(address, port, rank, deadline):
    while True:
        try:
            with socket.create_connection((address, port), timeout=GREETING_SECONDS) as connection:
                connection.sendall(f"{rank}\n".encode())
                path = connection.makefile("r", encoding="utf-8").readline(4096).rstrip("\n")
                if path:
                    return path
        except OSError as error:
            if time.monotonic() > deadline:
                raise LostHost(f"Could not reach the first host at {address}:{port}: {error}.") from error
        time.sleep(0.1)
