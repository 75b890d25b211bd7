"""A stand-in for an OpenAI-compatible server of transcriptions and speech that misbehaves on demand."""

import asyncio
import io
import json
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import BodyPartReader, web

from conversations.live.events import Samples

RATE_HZ = 24_000
Hears = Callable[["Asked"], Awaitable[web.StreamResponse]]
Speaks = Callable[[web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]


@dataclass
class Asked:
    """What reached the server."""

    form: dict[str, str] = field(default_factory=dict)
    sound: Samples | None = None
    request: web.Request | None = None


@dataclass
class Server:
    url: str = ""
    heard: list[Asked] = field(default_factory=list)
    spoken: list[dict[str, Any]] = field(default_factory=list)


def hears(text: str, *, avg_logprob: float = -0.1, no_speech_prob: float = 0.01) -> Hears:
    segment = {"id": 0, "text": text, "avg_logprob": avg_logprob, "no_speech_prob": no_speech_prob}
    answer = {"text": text, "language": "en", "duration": 1.0, "segments": [segment]}

    async def answer_it(_asked: Asked) -> web.StreamResponse:
        return web.json_response(answer)

    return answer_it


async def _hangs(*_: Any) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


async def _error(*_: Any) -> web.StreamResponse:
    return web.json_response({"error": {"message": "no"}}, status=500)


async def _garbage(*_: Any) -> web.StreamResponse:
    return web.Response(body=b"\x00\xff{not json", content_type="application/json")


async def _wrong_schema(*_: Any) -> web.StreamResponse:
    return web.json_response({"text": {"very": "odd"}, "segments": "none"})


async def _floods(*_: Any) -> web.StreamResponse:
    return web.json_response({"text": "word " * 100_000})


async def _drips_json(asked: Asked) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    assert asked.request is not None
    await response.prepare(asked.request)
    for letter in json.dumps({"text": "I feel fine"}):
        await response.write(letter.encode())
        await asyncio.sleep(0.5)
    return response


HEARING_FAULTS: dict[str, Hears] = {
    "hangs": _hangs,
    "error": _error,
    "garbage": _garbage,
    "wrong schema": _wrong_schema,
    "floods": _floods,
    "drips": _drips_json,
}


def tone(seconds: float) -> bytes:
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sound: bytes = (0.2 * np.sin(2 * np.pi * 220 * at) * 32767).astype("<i2").tobytes()
    return sound


def speaks(
    seconds: float = 1.0,
    *,
    chunk: int = 4_001,
    every_s: float = 0.0,
    content_type: str = "audio/pcm",
    body: bytes | None = None,
    breaks_after: int | None = None,
) -> Speaks:
    """`chunk` is odd: samples are cut in two on the wire."""

    async def speak(request: web.Request, _asked: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        sound = tone(seconds) if body is None else body
        for number, start in enumerate(range(0, len(sound), chunk)):
            if number == breaks_after and request.transport is not None:
                request.transport.abort()
                return response
            await response.write(sound[start : start + chunk])
            await asyncio.sleep(every_s)
        return response

    return speak


def _wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE_HZ)
        written.writeframes(tone(1.0))
    return file.getvalue()


SPEAKING_FAULTS: dict[str, Speaks] = {
    "hangs": _hangs,
    "error": _error,
    "garbage": _garbage,
    "noise": speaks(body=np.random.default_rng(1).bytes(48_000)),
    "a file": speaks(body=_wav()),
    "nothing": speaks(body=b""),
    "drips": speaks(2.0, chunk=960, every_s=0.2),
    "endless": speaks(120.0, chunk=96_001),
    "breaks": speaks(2.0, chunk=9_601, breaks_after=2, every_s=0.01),
}


@asynccontextmanager
async def serving(hear: Hears | None = None, speak: Speaks | None = None) -> AsyncIterator[Server]:
    """A server on a free loopback port; what it was asked is kept."""
    server = Server()

    async def transcriptions(request: web.Request) -> web.StreamResponse:
        asked = Asked(request=request)
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            content = await part.read()
            if part.name == "file":
                with wave.open(io.BytesIO(bytes(content))) as sent:
                    asked.sound = np.frombuffer(sent.readframes(sent.getnframes()), np.int16)
            else:
                asked.form[str(part.name)] = bytes(content).decode()
        server.heard.append(asked)
        return await (hear or hears(""))(asked)

    async def speech(request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        server.spoken.append(asked)
        return await (speak or speaks())(request, asked)

    app = web.Application(client_max_size=8 << 20)
    app.router.add_post("/v1/audio/transcriptions", transcriptions)
    app.router.add_post("/v1/audio/speech", speech)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
