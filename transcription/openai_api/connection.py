"""Whether anybody still waits for the answer."""

from __future__ import annotations

import select
import socket
from collections.abc import Mapping
from typing import Any

SOCKET = "gunicorn.socket"


def is_gone(environ: Mapping[str, Any]) -> bool:
    """True when the client has hung up. False where the server does not show its socket, or speaks TLS itself."""
    connection = environ.get(SOCKET)
    if connection is None:
        return False
    try:
        poll = select.poll()
        poll.register(connection, select.POLLIN | select.POLLHUP)
        return bool(poll.poll(0)) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError) as error:
        # ValueError: TLS cannot be looked into without reading.
        return isinstance(error, OSError)
