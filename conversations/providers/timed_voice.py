"""A voice whose sounds always say when each mouth shape is."""

from collections.abc import AsyncIterator
from dataclasses import replace

from conversations.live.closing import closing
from conversations.live.events import Sound
from conversations.live.heard_lips import Ear
from conversations.live.ports import Voice


class TimedVoice:
    """A `Voice` around another. Its own phoneme times are kept; where there are none, they are heard from the sound."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._ear = Ear()

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        async with closing(self._voice.speak(text)) as sounds:
            async for sound in sounds:
                if sound.phonemes:
                    yield sound
                else:
                    yield replace(sound, phonemes=self._ear.phonemes(sound.samples, sound.rate_hz))
