"""A query that nobody answers. PostgreSQL's own time limits are kept by the server, and a server that hangs keeps none.

The kernel of a machine whose PostgreSQL is stopped goes on acknowledging packets, so that no limit of TCP helps either.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def answered_within(seconds: float, *, using: str) -> Iterator[None]:
    """After so long the connection is cut: whoever waits for an answer on it gets an `OperationalError` at once."""
    timer = threading.Timer(seconds, _cut, [connections[using]])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(database: BaseDatabaseWrapper) -> None:
    connection = database.connection
    if connection is None or connection.closed:
        return
    with suppress(OSError), socket.socket(fileno=os.dup(connection.pgconn.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)
