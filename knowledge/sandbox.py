"""Reads documents in a process of its own, so that a hostile file can at worst waste a minute of it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings

from knowledge.errors import Refusal, Refused
from knowledge.extraction.pages import Page, from_json
from knowledge.formats import MAX_PAGES, Kind

READ_S = 180.0
RENDER_S = 20.0
SCREEN = 1.6  # 115 dots an inch: sharp on a phone, about 100 kB
MAX_LINE = 64 * 1024 * 1024


def read(data: bytes, kind: Kind, *, max_pages: int = MAX_PAGES) -> Iterator[tuple[int, Page]]:
    """(pages in all, 0 if not known yet; page) as they are read. Raises `Refused`."""
    with _process(data, ["read", kind.value, str(max_pages)], READ_S) as (process, timed_out):
        out = process.stdout
        assert out is not None  # noqa: S101  # it was asked for
        for line in iter(lambda: out.readline(MAX_LINE), b""):
            message = _parsed(line)
            if "refused" in message:
                raise Refused(Refusal(message["refused"]))
            if "done" in message:
                return
            yield message["total"], from_json(message["page"])
        process.wait()
        raise Refused(_died(process.returncode, timed_out.is_set()))


def render(data: bytes, number: int, *, scale: float = SCREEN) -> bytes:
    """Page `number` of a PDF as a PNG, 72 times `scale` dots an inch. Raises `Refused`."""
    with _process(data, ["render", str(number), str(scale)], RENDER_S) as (process, timed_out):
        picture = process.communicate()[0]
    if not picture.startswith(b"\x89PNG"):
        raise Refused(_died(process.returncode, timed_out.is_set()))
    return bytes(picture)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        raise Refused(Refusal.BROKEN) from None
    return message if isinstance(message, dict) else {}


def _died(code: int, timed_out: bool) -> Refusal:
    if timed_out or code == -signal.SIGXCPU:
        return Refusal.TOO_SLOW
    return Refusal.BROKEN


@contextmanager
def _process(
    data: bytes, arguments: list[str], limit_s: float
) -> Iterator[tuple["subprocess.Popen[bytes]", threading.Event]]:
    """The reading process with `data` as its input; killed when the limit or the block ends."""
    with os.fdopen(os.memfd_create("document"), "w+b") as spool:  # in memory: no plain text touches the disk
        spool.write(data)
        spool.seek(0)
        process = _start(spool, arguments)
    timed_out = threading.Event()

    def stop() -> None:
        timed_out.set()
        process.kill()

    timer = threading.Timer(limit_s, stop)
    timer.start()
    try:
        yield process, timed_out
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _start(spool: IO[bytes], arguments: list[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603  # our own interpreter, our own arguments
        [sys.executable, "-m", "knowledge.extraction", *arguments],
        stdin=spool,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a parser's complaint may quote the patient's document
        cwd=settings.BASE_DIR,
        env={"PATH": "", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"},
        close_fds=True,
        start_new_session=True,
    )
