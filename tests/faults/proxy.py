"""A TCP connection that misbehaves: between a client and a real server, seeded, so that a bad day can be repeated.

async with between("127.0.0.1", port, Fault(delay_s=0.2, drip=8)) as proxy_port: ...
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

PIECE = 65_536
DRIP_EVERY_S = 0.02


@dataclass(frozen=True)
class Fault:
    """What happens to what the server sends. All zero: nothing."""

    delay_s: float = 0.0  # before each piece
    drop: float = 0.0  # the chance that a piece never arrives, and nothing after it
    drip: int = 0  # bytes at a time, with a rest between them
    cut_after: int | None = None  # bytes, then the connection is gone


def any_fault(chance: random.Random) -> Fault:
    """One of the four, of random strength."""
    return chance.choice(
        [
            Fault(delay_s=chance.uniform(0.05, 1.0)),
            Fault(drop=chance.uniform(0.2, 1.0)),
            Fault(drip=chance.randint(1, 40)),
            Fault(cut_after=chance.randint(0, 600)),
        ]
    )


@asynccontextmanager
async def between(host: str, port: int, fault: Fault, seed: int = 0) -> AsyncIterator[int]:
    """The port to connect to instead of `port`."""
    chance = random.Random(seed)
    open_now: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, port)
        open_now.update((writer, back))
        onward = asyncio.create_task(_pass_on(reader, back, Fault(), chance))
        await _pass_on(there, writer, fault, chance)
        onward.cancel()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in open_now:
            writer.close()
        server.close()


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault, chance: random.Random
) -> None:
    left, silent = fault.cut_after, False
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            await asyncio.sleep(fault.delay_s)
            silent = silent or chance.random() < fault.drop
            if silent:
                continue  # the connection stays up, and nothing comes through it
            if left is not None:
                piece, left = piece[:left], left - len(piece)
            await _write(writer, piece, fault.drip)
            if left is not None and left <= 0:
                break
        writer.close()


async def _write(writer: asyncio.StreamWriter, piece: bytes, drip: int) -> None:
    if not drip:
        writer.write(piece)
        await writer.drain()
        return
    for start in range(0, len(piece), drip):
        writer.write(piece[start : start + drip])
        await writer.drain()
        await asyncio.sleep(DRIP_EVERY_S)
