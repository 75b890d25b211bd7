"""A stand-in for an OpenAI-compatible server that misbehaves on demand."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Behave = Callable[[web.Request, web.StreamResponse, dict[str, Any]], Awaitable[None]]


async def send(response: web.StreamResponse, **delta: Any) -> None:
    chunk = {
        "id": "x",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "stand-in",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
    }
    await response.write(f"data: {json.dumps(chunk)}\n\n".encode())


async def done(response: web.StreamResponse) -> None:
    await response.write(b"data: [DONE]\n\n")


def says(*pieces: str) -> Behave:
    async def behave(_request: web.Request, response: web.StreamResponse, _asked: dict[str, Any]) -> None:
        for piece in pieces:
            await send(response, content=piece)
        await done(response)

    return behave


def paced(text: str, *, first_s: float, tokens_per_s: float) -> Behave:
    """Says `text` as a model would that needs `first_s` to begin; a word is a token."""

    async def behave(_request: web.Request, response: web.StreamResponse, _asked: dict[str, Any]) -> None:
        await asyncio.sleep(first_s)
        for word in text.split():
            await send(response, content=f"{word} ")
            await asyncio.sleep(1 / tokens_per_s)
        await done(response)

    return behave


def calls(name: str, arguments: dict[str, Any] | str, then: str = "") -> Behave:
    """Calls a tool in the first round, then says `then`."""

    async def behave(_request: web.Request, response: web.StreamResponse, asked: dict[str, Any]) -> None:
        if asked["messages"][-1]["role"] == "tool":
            await send(response, content=then)
        else:
            written = arguments if isinstance(arguments, str) else json.dumps(arguments)
            call = {"index": 0, "id": "c1", "type": "function", "function": {"name": name, "arguments": written}}
            await send(response, tool_calls=[call])
        await done(response)

    return behave


async def hangs(_request: web.Request, _response: web.StreamResponse, _asked: dict[str, Any]) -> None:
    await asyncio.sleep(60)


async def drips(_request: web.Request, response: web.StreamResponse, _asked: dict[str, Any]) -> None:
    for letter in "You may shower after 48 hours. " * 4:
        await send(response, content=letter)
        await asyncio.sleep(1)


async def garbage(_request: web.Request, response: web.StreamResponse, _asked: dict[str, Any]) -> None:
    await response.write(b"data: {not json\n\n\x00\xff\xfe")


async def wrong_schema(_request: web.Request, response: web.StreamResponse, _asked: dict[str, Any]) -> None:
    await response.write(b'data: {"choices": "none", "usage": 7}\n\ndata: [DONE]\n\n')


async def floods(_request: web.Request, response: web.StreamResponse, _asked: dict[str, Any]) -> None:
    for _ in range(10_000):
        await send(response, content="word " * 200)


async def empty(_request: web.Request, response: web.StreamResponse, _asked: dict[str, Any]) -> None:
    await done(response)


async def hangs_up(request: web.Request, response: web.StreamResponse, _asked: dict[str, Any]) -> None:
    await send(response, content="You may sho")
    assert request.transport is not None
    request.transport.close()


@asynccontextmanager
async def serving(behave: Behave, status: int = 200) -> AsyncIterator[str]:
    """The base URL of a server on a free loopback port."""

    async def completions(request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        response = web.StreamResponse(status=status, headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await behave(request, response, asked)
        return response

    app = web.Application()
    app.router.add_post("/v1/chat/completions", completions)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        await runner.cleanup()
