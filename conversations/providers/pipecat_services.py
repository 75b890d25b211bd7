"""Any speech service that Pipecat speaks to, as our `Transcriber` or `Voice`.

A service runs in a pipeline of its own, inside the call's event loop; we hand it frames and read what comes out on
either side. Pipecat's log quotes what is said and heard, so it is shut off. Importing this costs 80 MB.
"""

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import numpy as np
from loguru import logger as pipecat_log
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from conversations.live.events import Samples, Sound, Words
from conversations.providers.errors import ProviderFailed
from conversations.providers.homophones import as_meant
from conversations.providers.patience import Patience
from conversations.providers.rereading import UNSAID
from conversations.providers.stretch import RATE_HZ

pipecat_log.disable("pipecat")

START_S = 5.0
WAITING = 512  # frames of sound, ten seconds: older ones are dropped
SETTLED_S = 0.25  # after the words of a stretch, nothing more came for this long: they are all
WORDS_S = 3.0  # for words after the end of a stretch; whoever asks has less patience


def service(named: str, api_key: str, options: Mapping[str, Any]) -> FrameProcessor:
    """The service "module:Class", made with its key and further arguments. Raises what importing or making it does."""
    module, _, name = named.partition(":")
    key = {"api_key": api_key} if api_key else {}
    made: FrameProcessor = getattr(importlib.import_module(module), name)(**key, **options)
    return made


class Pipe:
    """A service at work. `came` holds what it sent on, `ErrorFrame`s included. Starts with the first frame."""

    def __init__(self, processor: FrameProcessor, *, rate_hz: int) -> None:
        self.came: asyncio.Queue[Frame] = asyncio.Queue()
        self._processor, self._rate_hz = processor, rate_hz
        self._to_send: asyncio.Queue[Frame] = asyncio.Queue(WAITING)
        self._running: asyncio.Task[None] | None = None

    def send(self, *frames: Frame) -> None:
        """In order, without waiting; the oldest are dropped if the service does not take them."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        for frame in frames:
            if self._to_send.full():
                self._to_send.get_nowait()
            self._to_send.put_nowait(frame)

    async def close(self) -> None:
        if self._running:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        pipeline = Pipeline([_Listener(self.came, FrameDirection.UPSTREAM), self._processor, _Listener(self.came)])
        rates = PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=self._rate_hz)
        worker = PipelineWorker(pipeline, cancel_on_idle_timeout=False, enable_rtvi=False, params=rates)
        started = asyncio.Event()
        worker.add_event_handler("on_pipeline_started", lambda *_: started.set())
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(worker)
        running = asyncio.create_task(runner.run())
        try:
            await asyncio.wait_for(started.wait(), START_S)
            while True:
                await worker.queue_frame(await self._to_send.get())
        except Exception as problem:  # a service that cannot start says so to whoever waits for it
            self.came.put_nowait(ErrorFrame(error=type(problem).__name__))
        finally:
            await worker.cancel()
            await asyncio.gather(running, return_exceptions=True)


class _Listener(FrameProcessor):
    """Hands a copy of what passes in its direction to `came`."""

    KINDS = (
        ErrorFrame,
        InterimTranscriptionFrame,
        TranscriptionFrame,
        TTSAudioRawFrame,
        TTSStartedFrame,
        TTSStoppedFrame,
    )

    def __init__(self, came: "asyncio.Queue[Frame]", direction: FrameDirection = FrameDirection.DOWNSTREAM) -> None:
        super().__init__(enable_direct_mode=True)
        self._came, self._direction = came, direction

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if direction == self._direction and isinstance(frame, self.KINDS):
            self._came.put_nowait(frame)
        await self.push_frame(frame, direction)


class PipecatTranscriber:
    """A `Transcriber`. Services that stream give partial words; those that read whole segments give final ones only."""

    def __init__(self, processor: FrameProcessor) -> None:
        self._pipe = Pipe(processor, rate_hz=RATE_HZ)
        self._speaking = False
        self._at_s = 0.0
        self._finals: list[str] = []
        self._interim = ""
        self._told = ""

    def begin(self, lead_in: Samples, at_s: float) -> None:
        self._finals, self._interim, self._told = [], "", ""
        while not self._pipe.came.empty():
            self._pipe.came.get_nowait()  # of an older stretch
        self._at_s = at_s
        self._speak_up()
        self.hear(lead_in)

    def hear(self, samples: Samples) -> None:
        self._at_s += len(samples) / RATE_HZ
        self._pipe.send(InputAudioRawFrame(audio=samples.astype("<i2").tobytes(), sample_rate=RATE_HZ, num_channels=1))

    async def partial(self) -> Words | None:
        """Raises `ProviderFailed`."""
        if not self._speaking:  # the stretch went on after what looked like its end
            self._speak_up()
        while not self._pipe.came.empty():
            self._take(self._pipe.came.get_nowait())
        if self._text() == self._told:
            return None
        self._told = self._text()
        return Words(self._at_s, as_meant(self._told), final=False, confidence=UNSAID)

    async def final(self, at_s: float) -> Words:
        """Raises `ProviderFailed` if no words come."""
        if self._speaking:
            self._speaking = False
            self._pipe.send(VADUserStoppedSpeakingFrame())
        try:
            async with asyncio.timeout(WORDS_S):
                await self._settled()
        except TimeoutError:
            if not self._text():
                raise ProviderFailed("no words came") from None
        return Words(at_s, as_meant(self._text()), final=True, confidence=UNSAID)

    async def close(self) -> None:
        await self._pipe.close()

    async def _settled(self) -> None:
        """Until the words of the stretch are there: said to be final, or followed by silence."""
        frame = await self._pipe.came.get()
        while not self._take(frame):
            wait_s = SETTLED_S if self._finals and not self._interim else WORDS_S
            try:
                frame = await asyncio.wait_for(self._pipe.came.get(), wait_s)
            except TimeoutError:
                return

    def _take(self, frame: Frame) -> bool:
        """Whether this was the last of the stretch."""
        match frame:
            case ErrorFrame():
                raise ProviderFailed("the service reports an error")
            case TranscriptionFrame():
                self._finals.append(frame.text.strip())
                self._interim = ""
                return bool(frame.finalized)
            case InterimTranscriptionFrame():
                self._interim = frame.text.strip()
        return False

    def _text(self) -> str:
        return " ".join(part for part in (*self._finals, self._interim) if part)

    def _speak_up(self) -> None:
        self._speaking = True
        self._pipe.send(VADUserStartedSpeakingFrame())


class PipecatVoice:
    """A `Voice` for one call: one sentence at a time, as calls speak."""

    def __init__(self, processor: FrameProcessor, *, rate_hz: int) -> None:
        self._pipe = Pipe(processor, rate_hz=rate_hz)
        self._turn = asyncio.Lock()

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        """Closing the iterator interrupts the service. Raises `ProviderFailed` if no sound comes, or too slowly."""
        async with self._turn:
            patience, context, over = Patience(), None, False
            while not self._pipe.came.empty():
                self._pipe.came.get_nowait()
            self._pipe.send(TTSSpeakFrame(text, append_to_context=False))
            try:
                while not over:
                    frame = await patience.wait(self._pipe.came.get())
                    match frame:
                        case ErrorFrame():
                            raise ProviderFailed("the service reports an error")
                        case TTSStartedFrame():
                            context = context or frame.context_id
                        case TTSAudioRawFrame() if frame.context_id in {None, context} and frame.audio:
                            patience.received(len(frame.audio) / 2 / frame.sample_rate)
                            yield Sound(np.frombuffer(frame.audio, "<i2").astype(np.int16), frame.sample_rate, text)
                            text = ""
                        case TTSStoppedFrame():
                            over = frame.context_id in {None, context}
            except TimeoutError:
                raise ProviderFailed("the sound comes too slowly") from None
            finally:
                if not over:
                    self._pipe.send(InterruptionFrame())
            if not patience.received_s:
                raise ProviderFailed("no sound")

    async def close(self) -> None:
        await self._pipe.close()
