"""Small messages between the processes of a training, over TCP connections to rank 0.

Beside Paddle's own communication, for what that does badly: its TCP store needs 40 ms for each request, and
gloo ends a program whose ranks are 30 seconds apart, which a slow disk or an evaluation brings about easily.
Here a rank waits as long as it is told to, learns at once that another one has failed and why, and says which
is missing when it gives up. Messages are JSON, so nothing that arrives can run code.
"""

import json
import selectors
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

from ppocr_lite.errors import PPOCRError

LENGTH = struct.Struct("!Q")
FAILURE = "failure"
VALUE = "value"


class DistributedError(PPOCRError):
    """Another process of the training failed, is missing, or does something else than this one."""


class Channel:
    """What one rank says to all others; made by :class:`Listener` (rank 0) and :func:`join`.

    Args:
        rank: of this process.
        peers: {rank: connection}: all others at rank 0, rank 0 at the others.
        limit_s: seconds to wait for the others.
    """

    def __init__(self, rank: int, peers: Mapping[int, socket.socket], *, limit_s: float) -> None:
        self.rank = rank
        self.limit_s = limit_s
        self._peers = dict(peers)

    def exchange(self, value: Any) -> list[Any]:
        """The values of all ranks in their order; every rank must call this.

        Args:
            value: anything that JSON holds.

        Raises:
            DistributedError: a rank failed, ended, or did not come within ``limit_s`` seconds.
        """
        if self.rank:
            self._send(0, {VALUE: value})
            return list(self._collect([0])[0])
        values = {0: value, **self._collect(list(self._peers))}
        everything = [values[rank] for rank in sorted(values)]
        for rank in self._peers:
            self._send(rank, {VALUE: everything})
        return everything

    def tell_failure(self, reason: str) -> None:
        """Let the ranks that wait for this one, now or later, end instead."""
        for rank in self._peers:
            try:
                send(self._peers[rank], {FAILURE: reason})
            except OSError:
                continue  # gone already

    def close(self) -> None:
        """End the connections."""
        for connection in self._peers.values():
            connection.close()

    def _send(self, rank: int, message: Mapping[str, Any]) -> None:
        try:
            send(self._peers[rank], message)
        except OSError as error:
            raise self._fail(_gone(rank)) from error

    def _collect(self, ranks: list[int]) -> dict[int, Any]:
        """One value of each of ``ranks``."""
        values: dict[int, Any] = {}
        ends = time.monotonic() + self.limit_s
        with selectors.DefaultSelector() as selector:
            for rank in ranks:
                selector.register(self._peers[rank], selectors.EVENT_READ, rank)
            while len(values) < len(ranks):
                ready = selector.select(max(0.0, ends - time.monotonic()))
                if not ready:
                    late = ", ".join(str(rank) for rank in ranks if rank not in values)
                    raise self._fail(f"rank {self.rank} waited {self.limit_s:.0f} s for rank {late}.")
                for key, _ in ready:
                    values[key.data] = self._receive(key.data)
                    selector.unregister(key.fileobj)
        return values

    def _receive(self, rank: int) -> Any:
        try:
            message = receive(self._peers[rank])
        except OSError as error:
            raise self._fail(_gone(rank)) from error
        if FAILURE in message:
            raise self._fail(str(message[FAILURE]))
        return message[VALUE]

    def _fail(self, reason: str) -> DistributedError:
        """The error to raise; rank 0 passes the reason on."""
        if self.rank == 0:
            self.tell_failure(reason)
        hint = "Its log is workerlog.N in the folder that the launcher's --log_dir names."
        return DistributedError(f"Another process of the training has ended it: {reason} {hint}")


def _gone(rank: int) -> str:
    return f"rank {rank} has ended without a word (killed, or out of memory?)."


def send(connection: socket.socket, message: Any) -> None:
    """Write one message."""
    data = json.dumps(message).encode()
    connection.sendall(LENGTH.pack(len(data)) + data)


def receive(connection: socket.socket) -> Any:
    """Read one message; ConnectionError at the end of the connection."""
    (length,) = LENGTH.unpack(_read(connection, LENGTH.size))
    return json.loads(_read(connection, length))


def _read(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionError("the connection is closed")
        data += piece
    return bytes(data)


class Listener:
    """Rank 0 before the others have come.

    Args:
        host: address of this machine by which the others reach it.
        token: what a process must say to be let in.
    """

    def __init__(self, host: str, token: str) -> None:
        self._server = socket.create_server((host, 0))
        self.address = f"{host}:{self._server.getsockname()[1]}"
        self._token = token

    def accept(self, world_size: int, *, limit_s: float) -> Channel:
        """Wait for the ranks 1 to ``world_size - 1``."""
        peers: dict[int, socket.socket] = {}
        self._server.settimeout(limit_s)
        with self._server:
            while len(peers) < world_size - 1:
                try:
                    connection, _ = self._server.accept()
                except TimeoutError as error:
                    missing = sorted(set(range(1, world_size)) - set(peers))
                    raise DistributedError(f"No word of rank {missing} within {limit_s:.0f} s.") from error
                connection.settimeout(limit_s)
                hello = _hello(connection)
                if hello.get("token") == self._token:
                    peers[int(hello["rank"])] = _quick(connection)
                else:
                    connection.close()
        return Channel(0, peers, limit_s=limit_s)


def _hello(connection: socket.socket) -> dict[str, Any]:
    """The first message; empty if a stranger has connected."""
    try:
        message = receive(connection)
    except (OSError, ValueError, MemoryError):
        return {}
    return message if isinstance(message, dict) else {}


def join(address: str, token: str, rank: int, *, limit_s: float) -> Channel:
    """Connect to rank 0."""
    host, _, port = address.rpartition(":")
    try:
        connection = socket.create_connection((host, int(port)), timeout=limit_s)
    except OSError as error:
        raise DistributedError(f"Rank {rank} cannot reach rank 0 at {address} ({error}).") from error
    send(connection, {"token": token, "rank": rank})
    return Channel(rank, {0: _quick(connection)}, limit_s=limit_s)


def _quick(connection: socket.socket) -> socket.socket:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or a reply waits 40 ms
    return connection
