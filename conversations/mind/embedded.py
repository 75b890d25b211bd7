"""The mind that needs no model: it walks the protocol's questions and quotes the documents.

It is the default, and what a call falls back to when a model fails in the middle of a turn.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any

from clinic.discharge_plan import DischargePlan
from conversations import objectives
from conversations.guardrails.guard import Guard
from conversations.guardrails.replies import yes_or_no
from conversations.live.dialogue import Assessment, Effect, Finding, Passage, Turn, Verdict
from conversations.live.events import Expecting, Sentence, Words
from conversations.mind import answers
from conversations.mind.gate import Gate
from conversations.mind.reply import Reply, heard_enough
from conversations.mind.state import Pending, State
from conversations.mind.wording import say
from conversations.objectives import Answer, Objective
from conversations.protocols import CallProtocol

Recall = Callable[[str], Awaitable[Sequence[Passage]]]
Sentences = AsyncIterator[Sentence]

TRIES = 2  # a question is asked again once, then left open


class EmbeddedDialogue:
    """One call. `day` counts from discharge; `memory` holds what earlier calls learned, a line each."""

    def __init__(
        self,
        protocol: CallProtocol,
        plan: DischargePlan,
        patient_called: str,
        day: int | None,
        memory: Sequence[str],
        recall: Recall,
        gate: Gate,
        clinic_name: str = "your clinic",
    ) -> None:
        self.protocol = protocol
        self.plan = plan
        self.memory = memory
        self.recall = recall
        self.gate = gate
        self.state = State()
        self._guard = Guard(plan, day)
        self._names = {
            "called": patient_called,
            "clinic": clinic_name,
            "emergency_number": protocol.emergency_number,
        }

    # -- the Dialogue ----------------------------------------------------------

    def opening(self, *, resumed: bool) -> Turn:
        return Reply(self.state, self._resume if resumed else self._greet)

    def hear(self, words: Words) -> Assessment:
        return self._guard.assess(words, self.state.asked())

    def consider(self, words: Words, assessment: Assessment) -> Turn:
        state = self.state.after(turn=self.state.turn + 1, silences=0)
        if not state.emergency and assessment.verdict is not Verdict.EMERGENCY and answers.wants_repeat(words.text):
            return Reply(state, self._repeat)
        reply = Reply(state, lambda reply: self._respond(reply, words, assessment))
        self._take_answer(reply, words.text)
        return reply

    def commit(self, turn: Turn, heard: str) -> Sequence[Effect]:
        assert isinstance(turn, Reply)  # noqa: S101 - a turn of another dialogue is a programming error
        state = turn.state
        for text, pending in turn.asks:
            if heard_enough(text, heard):
                progress = state.progress.with_asked(pending.key) if pending.key else state.progress
                state = state.after(pending=pending, progress=progress)
        for text, question in turn.answers:
            state = state.after(unfinished="" if heard_enough(text, heard) else question)
        effects = [*turn.effects, *(effect for text, effect in turn.when_heard if heard_enough(text, heard))]
        if any(effect.kind == "call.ended" for effect in effects):
            state = state.after(ended=True)
        self.state = state
        return effects

    def still_there(self) -> Turn:
        silences = self.state.silences
        text = say("still_there", self._names, silences)
        return Reply(self.state.after(silences=silences + 1), lambda _: _speak(text, "check_in", Expecting.YES_NO))

    def closing(self, reason: str) -> Turn:
        return Reply(self.state.after(ended=True), lambda _: _speak(self._goodbye(), "goodbye"))

    def snapshot(self) -> dict[str, Any]:
        return {"mind": "embedded", "state": self.state.to_json()}

    def restore(self, state: dict[str, Any]) -> None:
        self.state = State.from_json(state["state"])

    # -- what the patient said ---------------------------------------------------

    def _take_answer(self, reply: Reply, text: str) -> None:
        """Record what answers the pending question; note whether it did in `reply.state`."""
        pending = reply.state.pending
        if pending is None or pending.kind != "variable":
            return
        question = objectives.find(self.protocol.objectives, pending.key)
        told = " ".join(clause for clause in answers.clauses(text) if not answers.asks(clause))
        read = answers.read(question.variable, told) if question else None
        progress = reply.state.progress
        if question and read:
            answer = Answer(read.value, read.evidence, reply.state.turn)
            progress = progress.with_answer(pending.key, answer)
            reply.effects.append(_answer_recorded(pending.key, answer))
            reply.state = reply.state.after(pending=None)
        elif told and progress.asked.get(pending.key, 0) >= TRIES:
            progress = progress.with_left_open(pending.key)
            reply.state = reply.state.after(pending=None)
        for objective in objectives.newly_complete(self.protocol.objectives, progress):
            progress = progress.with_completed(objective.objective_name)
            reply.effects.append(_objective_completed(objective, progress))
        reply.state = reply.state.after(progress=progress)

    # -- what is said ------------------------------------------------------------

    async def _greet(self, reply: Reply) -> Sentences:
        for index, text in enumerate(split(self.protocol.greeting.format(**self._names))):
            yield Sentence(text, "greet", interruptible=index > 0)
        async for sentence in self._go_on(reply):
            yield sentence

    async def _resume(self, reply: Reply) -> Sentences:
        yield Sentence(say("welcome_back", self._names), "greet")
        if reply.state.emergency:
            async for sentence in self._stay(reply, ""):
                yield sentence
            return
        async for sentence in self._go_on(reply):
            yield sentence

    async def _repeat(self, reply: Reply) -> Sentences:
        yield Sentence(say("repeat"), "acknowledge")
        async for sentence in self._go_on(reply):
            yield sentence

    async def _respond(self, reply: Reply, words: Words, assessment: Assessment) -> Sentences:
        """Safety first, then what the patient asked, then the next question."""
        new = [finding for finding in assessment.findings if finding.rule not in reply.state.told]
        reply.state = reply.state.after(told=(*reply.state.told, *(finding.rule for finding in new)))
        if any(finding.verdict is Verdict.EMERGENCY for finding in new):
            stages = [self._emergency(reply)]
        elif reply.state.emergency:
            stages = [self._stay(reply, words.text)]
        elif assessment.verdict is Verdict.ASK_BACK:
            stages = [self._ask_back(reply, assessment)]
        else:
            stages = [
                self._pass_on(reply, new),
                self._answer(reply, words.text),
                self._carry_on(reply, words.text, new),
            ]
        for stage in stages:
            async for sentence in stage:
                yield sentence

    async def _emergency(self, reply: Reply) -> Sentences:
        reply.state = reply.state.after(emergency=True, pending=None)
        for text in split(say("emergency", self._names)):
            yield Sentence(text, "emergency", interruptible=False)
        yield self._check_help(reply)

    async def _stay(self, reply: Reply, said: str) -> Sentences:
        """After an emergency the call stays with the patient and asks nothing else."""
        called = yes_or_no(said) if said else None
        pending = reply.state.pending
        if pending and pending.kind == "emergency_check" and called:
            reply.state = reply.state.after(pending=None)
            yield Sentence(say("emergency_helped"), "emergency")
        elif pending and pending.kind == "emergency_check" and called is False:
            yield Sentence(say("emergency_call_now", self._names), "emergency", interruptible=False)
        else:
            yield Sentence(say("emergency_stay", turn=reply.state.turn), "emergency")

    def _check_help(self, reply: Reply) -> Sentence:
        text = say("emergency_check", self._names)
        reply.asks.append((text, Pending("emergency_check", text)))
        return Sentence(text, "ask", expecting=Expecting.YES_NO)

    async def _ask_back(self, reply: Reply, assessment: Assessment) -> Sentences:
        finding = next(finding for finding in assessment.findings if finding.verdict is Verdict.ASK_BACK)
        text = say("ask_back", {"concept": finding.concept})
        reply.asks.append((text, Pending("ask_back", text, about=finding.concept, finding=finding)))
        yield Sentence(text, "ask", expecting=Expecting.YES_NO)

    async def _pass_on(self, reply: Reply, new: Iterable[Finding]) -> Sentences:
        for finding in new:
            if finding.rule == "request.human":
                reply.effects.append(Effect("human.requested", {"quote": finding.quote}))
                yield Sentence(say("human"), "hand_over")
            elif finding.verdict is Verdict.ESCALATE:
                yield Sentence(say("escalate_named", {"concept": finding.concept}), "escalate")
            elif finding.verdict is Verdict.QUESTION:
                yield Sentence(say("cannot_diagnose"), "refer")

    async def _answer(self, reply: Reply, text: str) -> Sentences:
        """Answer each question from the documents, or pass it on."""
        asked = [clause for clause in answers.clauses(text) if answers.asks(clause)]
        if not asked and reply.state.unfinished and not answers.enough(text):
            asked = [reply.state.unfinished]
        for question in asked:
            found = self.gate.quote(question, await self.recall(question))
            if found:
                yield Sentence(say("from_document"), "introduce")
                reply.answers.append((found.text, question))
                yield Sentence(found.text, "answer", citation=found.citation)
            else:
                reply.effects.append(Effect("question.raised", {"text": question, "turn": reply.state.turn}))
                yield Sentence(say("not_in_documents"), "refer")

    async def _carry_on(self, reply: Reply, text: str, new: Sequence[Finding]) -> Sentences:
        """Acknowledge, then ask what comes next."""
        pending = reply.state.pending
        if pending and pending.kind == "anything_else" and yes_or_no(text) is False:
            async for sentence in self._end(reply):
                yield sentence
            return
        recorded = any(effect.kind == "answer.recorded" for effect in reply.effects)
        if recorded and not new and not reply.answers:
            yield Sentence(say("acknowledge", turn=reply.state.turn), "acknowledge")
        elif pending and pending.kind == "variable" and not new and not reply.said:
            yield Sentence(say("not_understood", turn=reply.state.turn), "acknowledge")
        async for sentence in self._go_on(reply):
            yield sentence

    async def _go_on(self, reply: Reply) -> Sentences:
        """The next question, one at a time."""
        question = objectives.next_question(self.protocol.objectives, reply.state.progress)
        if question is None:
            text = say("anything_else")
            reply.asks.append((text, Pending("anything_else", text)))
            yield Sentence(text, "ask", expecting=Expecting.YES_NO)
            return
        variable = question.variable
        again = reply.state.progress.asked.get(question.key, 0) > 0
        text = (variable.again if again else "") or variable.ask
        pending = Pending("variable", text, question.key, variable.about, variable.expecting)
        reply.asks.append((text, pending))
        yield Sentence(text, "ask", expecting=variable.expecting)

    async def _end(self, reply: Reply) -> Sentences:
        texts = split(self._goodbye())
        reply.when_heard.append((texts[0], Effect("call.ended", {"reason": "completed"})))
        for text in texts:
            yield Sentence(text, "goodbye")

    def _goodbye(self) -> str:
        return (self.protocol.closing or say("goodbye", self._names)).format(**self._names)


def split(text: str) -> list[str]:
    """A vetted text as sentences."""
    return re.findall(r"\S[^.!?]*[.!?]*", text)


async def _speak(text: str, act: str, expecting: Expecting = Expecting.NOTHING) -> Sentences:
    parts = split(text)
    for index, part in enumerate(parts):
        yield Sentence(part, act, expecting=expecting if index == len(parts) - 1 else Expecting.NOTHING)


def _answer_recorded(key: str, answer: Answer) -> Effect:
    objective, _, variable = key.partition(".")
    data = {"objective": objective, "variable": variable, "value": answer.value, "quote": answer.evidence}
    return Effect("answer.recorded", {**data, "turn": answer.turn})


def _objective_completed(objective: Objective, progress: objectives.Progress) -> Effect:
    name = objective.objective_name
    found = {key.partition(".")[2]: answer for key, answer in progress.answers.items() if key.partition(".")[0] == name}
    return Effect(
        "objective.completed",
        {
            "objective": name,
            "confirmation_mode": objective.confirmation_mode,
            "variables": {variable: answer.value for variable, answer in found.items()},
            "evidence": {variable: answer.evidence for variable, answer in found.items()},
        },
    )
