"""One reply: thought ahead of time, held until the floor is ours, spoken, and known by what was heard of it."""

import asyncio
from collections.abc import AsyncIterator

from conversations.live import stages
from conversations.live.closing import closing
from conversations.live.dialogue import Turn
from conversations.live.events import Sentence, Words
from conversations.live.out import Out
from conversations.live.ports import Voice
from conversations.live.speak import speak

MEANWHILE_S = 0.2  # after the floor is ours, until a few words are said in place of a first sentence that is not there


class Reply:
    """Starts thinking when made. Nothing sounds before `release`; `cancel` leaves no trace."""

    def __init__(self, words: Words | None, turn: Turn, voice: Voice, out: Out) -> None:
        self.words = words
        self.turn = turn
        self.stages = stages.Stages()
        self._voice, self._out = voice, out
        self._released = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    @property
    def released(self) -> bool:
        return self._released.is_set()

    def release(self) -> None:
        self._released.set()

    async def done(self) -> None:
        """Until all of it has been heard. Raises what thinking or speaking raised."""
        await self._task
        await self._out.drained()

    async def cancel(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        stages.follow(self.stages)
        async with closing(self._sentences()) as sentences:
            async for sentence in sentences:
                stages.reached("sentence")
                begins = True
                async with closing(speak(sentence.text, self._voice)) as sounds:
                    async for sound, samples in sounds:
                        stages.reached("sound_ready")
                        await self._released.wait()
                        await self._out.play(sound, samples, sentence, begins=begins)
                        begins = False
                self._out.sentence_done()

    async def _sentences(self) -> AsyncIterator[Sentence]:
        """The turn's, after a few words meanwhile if the first is long in coming."""
        async with closing(self.turn.sentences()) as sentences:
            first = asyncio.ensure_future(anext(sentences, None))
            try:
                await self._late(first)
                meanwhile = None if first.done() else self.turn.meanwhile()
                if meanwhile:
                    yield meanwhile
                sentence = await first
            finally:
                first.cancel()
                await asyncio.gather(first, return_exceptions=True)  # it must be at rest to be closed
            if sentence:
                yield sentence
            async for sentence in sentences:
                yield sentence

    async def _late(self, first: "asyncio.Future[Sentence | None]") -> None:
        """Returns when `first` is there, or ought to be."""
        released = asyncio.create_task(self._released.wait())
        await asyncio.wait((first, released), return_when=asyncio.FIRST_COMPLETED)
        released.cancel()
        await asyncio.wait((first,), timeout=MEANWHILE_S)
