"""One call, from the first picture to the goodbye. Read this first.

patient ─► audio_in ─► ears ─► turn ─► think ─► speak ─► face ─► out ─► patient
                                └──── interrupt: cancel the reply, stop out ────┘

`Call` conducts: it owns the listening loop and at most one reply. What it cannot
do itself (write rows, raise escalations, tell the browser) it asks of its `Desk`.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from conversations.live.audio_in import AudioIn
from conversations.live.closing import closing
from conversations.live.desk import Desk, Ending, Said, Timing
from conversations.live.dialogue import Assessment, Dialogue, Finding, Turn, Verdict
from conversations.live.events import (
    AgentStarted,
    AgentStopped,
    AskGently,
    Chunk,
    Decision,
    Discard,
    Duck,
    Expecting,
    Floor,
    Heard,
    Hold,
    Interrupt,
    ListeningNod,
    Prepare,
    Sentence,
    SpeechStarted,
    Unduck,
    Words,
)
from conversations.live.events import Reply as Answer
from conversations.live.out import Out, Spoken
from conversations.live.ports import Voice
from conversations.live.reply import Reply
from conversations.live.stages import Recognised
from conversations.live.stretches import Stretches

logger = logging.getLogger(__name__)


class Turning(Protocol):
    """`conversations.live.turn.TurnTaking`."""

    def on(self, event: Heard | AgentStarted | AgentStopped, now_s: float) -> list[Decision]: ...


Ears = Callable[[AsyncIterator[Chunk]], AsyncIterator[Heard]]


class Call:
    def __init__(
        self, *, audio_in: AudioIn, ears: Ears, turn: Turning, dialogue: Dialogue, voice: Voice, out: Out, desk: Desk
    ) -> None:
        self.audio_in, self.ears, self.turn = audio_in, ears, turn
        self.dialogue, self.voice, self.out, self.desk = dialogue, voice, out, desk
        self.turn_number = 0
        self.red_flag_raised = False
        self._reply: Reply | None = None
        self._following: asyncio.Task[None] | None = None
        self._unanswered = Stretches(dialogue.hear)
        self._raised: set[tuple[int, str, str]] = set()
        self._inbox: deque[Words | AgentStarted | AgentStopped | Finding] = deque()
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._unkept: Words | None = None
        self._heard_until: float | None = None  # monotonic: end of the sound that is being answered
        self._decided_at = 0.0
        self._recognised: Recognised | None = None  # the latest words
        self._apologising = False
        self._led_by_a_person = False
        out.on_sentence = self._sentence_begins

    # -- from outside --------------------------------------------------------------

    async def run(self, *, resumed: bool = False) -> Ending:
        """Greet, listen and answer until the call ends. Returns why it ended."""
        if self._ending.done():
            return self._ending.result()
        listening = asyncio.create_task(self._listen())
        listening.add_done_callback(self._listening_stopped)
        self._speak(self.dialogue.opening(resumed=resumed))
        try:
            return await self._ending
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await self._stop_speaking()

    def end(self, why: Ending) -> None:
        if not self._ending.done():
            self._ending.set_result(why)

    def typed(self, text: str, *, corrects: bool = False) -> None:
        """The patient typed instead of speaking; `corrects`: in the place of what we had heard."""
        self._inbox.append(Words(self.now_s, text, final=True, source="corrected" if corrects else "typed"))

    def wants_a_person(self) -> None:
        """The patient pressed "talk to a person": no model and no rule stands between."""
        self._inbox.append(Finding("person", "request.human", Verdict.ESCALATE, "pressed “Talk to a person”"))

    async def hand_over(self, colleague: str) -> None:
        """A person from the care team is here: introduce them, then only listen, keep the record and watch."""
        await self._discard()
        await self._stop_speaking()
        self._led_by_a_person = True
        self._speak(self.dialogue.introduce(colleague))

    async def take_back(self, colleague: str) -> None:
        """They have left, or asked us to go on."""
        if self._led_by_a_person:
            self._led_by_a_person = False
            await self._stop_speaking()
            self._speak(self.dialogue.take_back(colleague))

    @property
    def now_s(self) -> float:
        """On the clock of what is heard."""
        return self.audio_in.at_s

    @property
    def position_ms(self) -> int:
        """Since the first connection, on the clock of samples played: where a transcript points to."""
        return int(self.out.position_s * 1000)

    # -- listening -------------------------------------------------------------------

    async def _listen(self) -> None:
        async with closing(self.ears(self.audio_in.chunks())) as heard:
            async for event in heard:
                while self._inbox:
                    await self._take(self._inbox.popleft())
                await self._take(event)

    async def _take(self, event: Heard | AgentStarted | AgentStopped | Finding) -> None:
        match event:
            case Finding():
                await self._request(event)
                return
            case Words():
                await self._understand(event)
            case SpeechStarted():
                self._attend(Floor.LISTENING)
        for decision in self.turn.on(event, self.now_s):
            await self._act(decision)

    async def _understand(self, words: Words) -> None:
        """The guard comes first: escalate, then talk."""
        if not words.text:
            return
        typed = words.source != "speech"
        caption = {"who": "patient", "text": words.text, "final": words.final, "typed": typed}
        self.desk.publish({"type": "caption", **caption})
        began = time.monotonic()
        assessment = self._unanswered.take(words)
        self._recognised = Recognised(words.text, began, time.monotonic() - began)
        for finding in assessment.findings:
            if finding.verdict.order >= Verdict.ESCALATE.order:
                await self._escalate(finding)

    async def _escalate(self, finding: Finding) -> None:
        cause = (self.turn_number, finding.rule, finding.concept)
        if cause in self._raised:
            return
        self._raised.add(cause)
        self.red_flag_raised = True
        await self.desk.escalate(finding, turn=self.turn_number, position_ms=self.position_ms)
        self.desk.publish({"type": "escalated", "severity": finding.verdict.value})

    async def _request(self, finding: Finding) -> None:
        """Something the patient asked for by a button."""
        await self._escalate(finding)
        await self._stop_speaking()
        words = Words(self.now_s, "I want to talk to a person.", final=True, source="typed")
        self._speak(self.dialogue.consider(words, Assessment(finding.verdict, (finding,))), words)

    # -- deciding ----------------------------------------------------------------------

    async def _act(self, decision: Decision) -> None:
        match decision:
            case Answer(words) if self._led_by_a_person:
                self._only_record(words)
            case Prepare() | AskGently() if self._led_by_a_person:
                pass
            case Prepare(words):
                await self._prepare(words)
            case Discard():
                await self._discard()
            case Answer(words, floor_s):
                self._heard_until = time.monotonic() - (self.now_s - floor_s)
                self._decided_at = time.monotonic()
                await self._answer(words)
            case Duck():
                self.out.duck()
            case Hold():
                self.out.hold()
            case Unduck():
                self.out.unduck()
            case Interrupt():
                await self._stop_speaking()
            case ListeningNod():
                self._attend(Floor.LISTENING, nod=True)
            case AskGently():
                self._speak(self.dialogue.still_there())

    def _only_record(self, words: Words) -> None:
        """Somebody else answers."""
        self.turn_number += 1
        self.desk.record(Said(self.turn_number, "patient", words.text, self.position_ms, source=words.source))
        self._unanswered.answered()
        self._inbox.append(AgentStopped(self.now_s))

    async def _prepare(self, words: Words) -> None:
        """Think ahead and hold the first sound."""
        await self._discard()
        if self._reply is None:
            self._reply = self._reply_to(words)

    async def _discard(self) -> None:
        """Forget a reply of which nothing has been heard, without trace."""
        if self._reply and not self.out.spoken:
            reply, self._reply, self._unkept = self._reply, None, None
            if self._following:
                self._following.cancel()
            await reply.cancel()
            self._attend(Floor.LISTENING)

    async def _answer(self, words: Words) -> None:
        if self._reply and self._reply.released:
            await self._stop_speaking()
        if self._reply is None or self._reply.words is None or self._reply.words.text != words.text:
            await self._discard()
            self._reply = self._reply_to(words)
        self._unkept = words
        self._follow(self._reply)
        self._unanswered.answered()

    def _keep_words(self) -> None:
        """Record what is being answered. Not before our first sound: until then the patient may go on."""
        words, self._unkept = self._unkept, None
        if words:
            self.desk.record(Said(self.turn_number, "patient", words.text, self.position_ms, source=words.source))

    def _reply_to(self, words: Words) -> Reply:
        return Reply(words, self.dialogue.consider(words, self._unanswered.assessment), self.voice, self.out)

    # -- speaking ----------------------------------------------------------------------

    def _speak(self, turn: Turn, words: Words | None = None) -> None:
        """Say something that was not waiting for the floor."""
        if self._reply is None:
            self._reply = Reply(words, turn, self.voice, self.out)
            self._follow(self._reply)

    def _follow(self, reply: Reply) -> None:
        self.turn_number += 1
        self._attend(Floor.THINKING)
        reply.release()
        self._following = asyncio.create_task(self._until_heard(reply))

    async def _until_heard(self, reply: Reply) -> None:
        failed = False
        try:
            await reply.done()
        except Exception as problem:  # a provider broke: the patient must not be left in silence
            failed = True
            logger.error("a reply failed in turn %s: %s", self.turn_number, type(problem).__name__)
        self._reply = None
        self._conclude(reply, self.out.take_spoken(), interrupted=failed)
        if failed:
            await self._apologise()

    async def _apologise(self) -> None:
        """Say so, once, and tell the care team. A voice that cannot even do that ends the call."""
        if self._apologising:
            self.end(Ending.FAILED)
            return
        self._apologising = True
        await self._escalate(Finding("broken reply", "call.reply_failed", Verdict.ESCALATE, ""))
        self._speak(self.dialogue.closing("failed"))

    async def _stop_speaking(self) -> None:
        """Cancel the reply; only what was heard counts."""
        reply, self._reply = self._reply, None
        if reply is None:
            return
        if self._following:
            self._following.cancel()
        await reply.cancel()
        self._conclude(reply, self.out.stop(), interrupted=True)

    def _conclude(self, reply: Reply, spoken: list[Spoken], *, interrupted: bool) -> None:
        self._keep_words()
        for said in spoken:
            if said.heard:
                self._record_spoken(said, interrupted)
        effects = self.dialogue.commit(reply.turn, " ".join(said.heard for said in spoken if said.heard))
        self.desk.apply(effects, self.dialogue.snapshot())
        self.out.unduck()
        expecting = spoken[-1].sentence.expecting if spoken else Expecting.NOTHING
        self._inbox.append(AgentStopped(self.now_s, expecting))
        self._attend(Floor.LISTENING)
        if any(effect.kind == "call.ended" for effect in effects):
            self.end(Ending.COMPLETED)

    def _record_spoken(self, said: Spoken, interrupted: bool) -> None:
        cut = interrupted and said.heard != said.sentence.text
        position_ms = int(said.starts_s * 1000)
        self.desk.record(
            Said(self.turn_number, "assistant", said.heard, position_ms, interrupted=cut, sentence=said.sentence)
        )
        if cut:
            self.desk.publish({"type": "cut", "text": said.heard})

    def _sentence_begins(self, sentence: Sentence) -> None:
        """Its first sample is on the wire."""
        self._keep_words()
        self._time_turn()
        self._inbox.append(AgentStarted(self.now_s, sentence.interruptible))
        self._attend(Floor.SPEAKING)
        self.desk.publish(
            {
                "type": "caption",
                "who": "assistant",
                "text": sentence.text,
                "final": True,
                "act": sentence.act,
                "citation": vars(sentence.citation) if sentence.citation else None,
            }
        )

    def _time_turn(self) -> None:
        """Tell how long this turn took to sound, once."""
        since, reply, self._heard_until = self._heard_until, self._reply, None
        if since is None or reply is None or reply.words is None:
            return
        reply.stages.at |= {"decided": self._decided_at, "on_wire": time.monotonic()}
        if self._recognised and self._recognised.text == reply.words.text:
            reply.stages.recognised(self._recognised)
        self.desk.publish({"type": "timing", **vars(Timing(self.turn_number, **reply.stages.in_ms(since)))})

    def _attend(self, floor: Floor, *, nod: bool = False) -> None:
        """Show who has the floor: on the page, and on the face."""
        concern = self._unanswered.assessment.verdict.order / Verdict.EMERGENCY.order
        if self.out.face:
            self.out.face.attend(floor, self.out.position_s, concern=concern, nod=nod)
        self.desk.publish({"type": "floor", "floor": floor.value, "at_ms": int(self.now_s * 1000)})

    def _listening_stopped(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            logger.error("listening failed", exc_info=task.exception())
            self.end(Ending.FAILED)
