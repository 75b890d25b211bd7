"""Pipecat as its makers ship it, to stand beside us: `python -m tests.bench.stock_pipecat MODEL_URL` prints its port.

Its own transport over a peer connection, Silero and Smart Turn v3.2 with their stock settings, its OpenAI service; the
recogniser and the voice are ours, in the shape of its services. One caller at a time: POST an offer to /offer.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial

import numpy as np
from aiohttp import web
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import Frame, TranscriptionFrame, TTSAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.settings import STTSettings, TTSSettings
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.services.tts_service import TTSService
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from pipecat.utils.time import time_now_iso8601
from pipecat.workers.runner import WorkerRunner

from conversations.live.link import offer_only
from conversations.providers.espeak import EspeakVoice
from conversations.providers.espeak_native import RATE_HZ as VOICE_HZ
from conversations.providers.loudness import levelled
from conversations.providers.moonshine_graphs import Moonshine

HEARD_HZ = 16_000
RECOGNISED_S = 0.5  # our recogniser's time to the words, as Pipecat wants its services to say it


class Recogniser(SegmentedSTTService):
    """Our embedded recogniser, as Pipecat's own local ones are written."""

    def __init__(self) -> None:
        super().__init__(settings=STTSettings(model="moonshine", language="en"), ttfs_p99_latency=RECOGNISED_S)
        self._graphs = Moonshine()

    @property
    def wants_wav_segments(self) -> bool:
        return False

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame, None]:
        sound = levelled(np.frombuffer(audio, np.int16))
        decoded = await asyncio.to_thread(self._graphs.decode, sound, ())
        if decoded.text:
            yield TranscriptionFrame(decoded.text, "patient", time_now_iso8601())


class Synthesiser(TTSService):
    """Our embedded voice, piece by piece."""

    def __init__(self) -> None:
        settings = TTSSettings(model="espeak-ng", voice="ours", language="en")
        super().__init__(settings=settings, push_start_frame=True, push_stop_frames=True, sample_rate=VOICE_HZ)
        self._voice = EspeakVoice()

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame, None]:
        async for sound in self._voice.speak(text):
            yield TTSAudioRawFrame(sound.samples.astype("<i2").tobytes(), sound.rate_hz, 1, context_id=context_id)


def pipeline(connection: SmallWebRTCConnection, model_url: str) -> PipelineWorker:
    transport = SmallWebRTCTransport(connection, TransportParams(audio_in_enabled=True, audio_out_enabled=True))
    context = LLMContextAggregatorPair(
        LLMContext(),
        user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer()),
    )
    settings = OpenAILLMService.Settings(model="stand-in", system_instruction="You follow patients up.")
    model = OpenAILLMService(api_key="none", base_url=model_url, settings=settings)
    stages = [
        transport.input(),
        Recogniser(),
        context.user(),
        model,
        Synthesiser(),
        transport.output(),
        context.assistant(),
    ]
    rates = PipelineParams(audio_in_sample_rate=HEARD_HZ, audio_out_sample_rate=VOICE_HZ)
    return PipelineWorker(Pipeline(stages), params=rates, cancel_on_idle_timeout=False, enable_rtvi=False)


async def answer(model_url: str, running: set[asyncio.Task[None]], request: web.Request) -> web.Response:
    offer = await request.json()
    connection = SmallWebRTCConnection()
    await connection.initialize(sdp=offer["sdp"], type="offer")
    runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
    await runner.add_workers(pipeline(connection, model_url))
    running.add(asyncio.create_task(runner.run()))
    return web.json_response({"sdp": connection.get_answer()["sdp"]})


async def until_told(_app: web.Application, running: set[asyncio.Task[None]]) -> AsyncIterator[None]:
    yield
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def serve(model_url: str) -> None:
    offer_only(["127.0.0.1"])
    running: set[asyncio.Task[None]] = set()
    app = web.Application()
    app.router.add_post("/offer", partial(answer, model_url, running))
    app.cleanup_ctx.append(partial(until_told, running=running))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    asyncio.run(serve(sys.argv[1]))
