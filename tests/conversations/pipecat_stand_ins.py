"""Speech services as Pipecat's makers of services write them, without a service: named by settings, like real ones."""

import asyncio

import numpy as np
from pipecat.frames.frames import ErrorFrame, InterimTranscriptionFrame, TranscriptionFrame, TTSAudioRawFrame
from pipecat.services.settings import STTSettings, TTSSettings
from pipecat.services.stt_service import SegmentedSTTService, STTService
from pipecat.services.tts_service import TTSService


class Segments(SegmentedSTTService):
    """Reads each segment as a whole: `says`, or how long the segment was."""

    def __init__(self, *, says="", behaves="well", **kwargs):
        super().__init__(settings=STTSettings(model="m", language="en"), trailing_silence_secs=0.0, **kwargs)
        self.says, self.behaves = says, behaves

    async def run_stt(self, audio):
        match self.behaves:
            case "hangs":
                await asyncio.sleep(60)
            case "raises":
                raise RuntimeError("no")
            case "reports":
                yield ErrorFrame(error="no")
                return
        seconds = (len(audio) - 44) / 2 / 16_000
        yield TranscriptionFrame(self.says or f"{seconds:.1f} seconds", "", "now")


class Streams(STTService):
    """Interim words while sound comes, final ones for each half second, without saying that they are final."""

    def __init__(self, *, api_key="", **kwargs):
        super().__init__(settings=STTSettings(model="m", language="en"), **kwargs)
        self.api_key, self.heard = api_key, 0

    async def run_stt(self, audio):
        self.heard += len(audio) // 2
        part = self.heard // 8_000
        if self.heard % 8_000 == 0:
            yield TranscriptionFrame(f"part {part}", "", "now")
        else:
            yield InterimTranscriptionFrame(f"par {part + 1}", "", "now")


class Tones(TTSService):
    """Half a second of a tone for each sentence."""

    def __init__(self, *, behaves="well", **kwargs):
        super().__init__(
            settings=TTSSettings(model="m", voice="v", language="en"),
            push_start_frame=True,
            push_stop_frames=True,
            **kwargs,
        )
        self.behaves = behaves
        self.spoken = []

    async def run_tts(self, text, context_id):
        self.spoken.append(text)
        match self.behaves:
            case "hangs":
                await asyncio.sleep(60)
            case "raises":
                raise RuntimeError("no")
            case "reports":
                yield ErrorFrame(error="no")
                return
        tone = (np.sin(np.arange(self.sample_rate // 10) / 10) * 5000).astype("<i2").tobytes()
        for _ in range(5):
            yield TTSAudioRawFrame(tone, self.sample_rate, 1, context_id=context_id)
            if self.behaves == "drips":
                await asyncio.sleep(1)
