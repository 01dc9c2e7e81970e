"""Reverse proxies as portals have them: they hand a prefix on, or strip it, and change Host."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator

LOCAL = "127.0.0.1"


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 200


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            sink.sendall(piece)
    for each in (source, sink):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def _head(head: str, prefix: str, host: str, *, strips: bool) -> str | None:
    """The head of a request as it is handed on; None if it is for something else."""
    first, *lines = head.split("\r\n")[:-2]
    method, path, version = first.split(" ")
    if not path.startswith(prefix):
        return None
    path = "/" + path.removeprefix(prefix) if strips else path
    kept = [line for line in lines if line.split(":")[0].lower() not in ("host", "connection")]
    return "\r\n".join([f"{method} {path} {version}", f"Host: {host}", "Connection: close", *kept, "", ""])


@contextlib.contextmanager
def reverse_proxy(port: int, prefix: str, *, strips: bool, host: str = "node1:8000") -> Iterator[str]:
    """A proxy on the loopback address; its address with the prefix. Each connection takes one request.

    Args:
        port: Whom it is for.
        prefix: Of the addresses, as `/rnode/n1/8000/`.
        strips: Whether the prefix is stripped.
        host: What it says as Host.
    """

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            text = b"".join(iter(self.rfile.readline, b"\r\n")).decode("latin-1") + "\r\n"
            head = _head(text, prefix, host, strips=strips) if text.strip() else None
            if head is None:
                self.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with socket.create_connection((LOCAL, port)) as behind:
                behind.sendall(head.encode("latin-1"))
                back = threading.Thread(target=_pump, args=(self.connection, behind), daemon=True)
                back.start()
                _pump(behind, self.connection)
                back.join(10)

    with _Proxy((LOCAL, 0), Handler) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://{LOCAL}:{proxy.server_address[1]}{prefix}"
        proxy.shutdown()


def free_port() -> int:
    """A port that was free just now."""
    with socket.socket() as one:
        one.bind((LOCAL, 0))
        return int(one.getsockname()[1])
