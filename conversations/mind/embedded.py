"""The mind that needs no model: it walks the protocol's questions and quotes the documents.

It is the default, and what a call falls back to when a model fails in the middle of a turn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from conversations import memory as remembered
from conversations import objectives, teachback
from conversations.guardrails import lexicon, measures, replies
from conversations.guardrails.guard import Guard
from conversations.live.dialogue import Assessment, Effect, Finding, Promised, Turn, Verdict
from conversations.live.events import Expecting, Sentence, Words
from conversations.memory import Fact
from conversations.mind import answers, teach
from conversations.mind.case import Case
from conversations.mind.gate import Gatekeeper
from conversations.mind.reply import Reply, Sentences
from conversations.mind.script import Script
from conversations.mind.sentences import split
from conversations.mind.state import State
from conversations.mind.volunteered import names_it, volunteered
from conversations.mind.wording import every_text, say
from conversations.objectives import Answer, Objective, Progress, Question, VariableType
from conversations.protocols import CallProtocol

TRIES = 2  # a question is asked again once, then left open
PATIENT_SILENCES = 3


class EmbeddedDialogue:
    def __init__(self, case: Case) -> None:
        self.case = case = replace(case, protocol=teach.expanded(case.protocol, case.plan))
        protocol, memory = case.protocol, case.memory
        names = {
            "called": case.patient_called,
            "clinic": case.clinic_name,
            "emergency_number": protocol.emergency_number,
            "crisis_line": protocol.crisis_line,
        }
        self.script = Script(protocol, names, case.recall, case.gate)
        self._colleague = ""  # whoever of the care team joined last
        self._promised: Promised | None = None
        self._promises_told: set[str] = set()
        fillers = {**_fillers(names, case), "colleague": self._is_colleague, "when": self._is_promised_time}
        self.gatekeeper = Gatekeeper(case.gate, _vetted(protocol), fillers)
        self._guard = Guard(case.plan, case.day, case.embed)
        self._follow_up = remembered.to_follow_up(memory)
        self.state = State(progress=_prefilled(protocol, memory))

    # -- the Dialogue ----------------------------------------------------------

    def opening(self, *, resumed: bool) -> Turn:
        return self._reply(self.state, self._resume if resumed else self._greet)

    def hear(self, words: Words) -> Assessment:
        return self._guard.assess(words, self.state.asked())

    def consider(self, words: Words, assessment: Assessment) -> Reply:
        state = self.state.after(turn=self.state.turn + 1, silences=0)
        reply = self._reply(state, lambda reply: self._respond(reply, words, assessment))
        reply.words = words.text
        reply.hesitant = words.source == "speech" and self.case.hesitated(words.text)
        if not state.emergency:
            self._take_answer(reply, words.text)
        return reply

    def commit(self, turn: Turn, heard: str) -> Sequence[Effect]:
        if not isinstance(turn, Reply):
            raise TypeError("a turn of another dialogue cannot be committed here")
        self.state, effects = turn.settle(heard)
        if any(effect.kind == "call_back.told" for effect in effects) and self._promised:
            self._promises_told.add(self._promised.call_back)
            self._promised = None
        return effects

    def still_there(self) -> Turn:
        silences = self.state.silences
        if self._promised:
            return self._reply(self.state, self._tell_promise)
        if silences >= PATIENT_SILENCES and not self.state.emergency:
            return self._reply(self.state, self._end_in_silence)
        text = say("still_there", self.script.names, silences)
        return self._reply(
            self.state.after(silences=silences + 1), lambda _: _speak(text, "check_in", Expecting.YES_NO)
        )

    def introduce(self, colleague: str) -> Turn:
        self._colleague = colleague.casefold()
        text = say(*self._introduction(colleague))
        return self._reply(self.state, lambda _: _speak(text, "introduce"))

    def take_back(self, colleague: str) -> Turn:
        self._colleague = colleague.casefold()
        text = say("take_back", {**self.script.names, "colleague": colleague})
        return self._reply(self.state, lambda reply: self._back(reply, text))

    def promise(self, promised: Promised) -> None:
        if promised.call_back not in self._promises_told:
            self._promised = promised

    def closing(self, reason: str) -> Turn:
        first = say("sorry_ending") + " " if reason == "failed" else ""
        text = first + self.script.goodbye_text()
        return self._reply(self.state.after(ended=True), lambda _: _speak(text, "goodbye"))

    def snapshot(self) -> dict[str, Any]:
        gate = {"passed": self.gatekeeper.passed, "stopped": self.gatekeeper.stopped}
        protocol = {"name": self.case.protocol.name, "version": self.case.protocol.version}
        return {"state": self.state.to_json(), "gate": gate, "protocol": protocol}

    def restore(self, state: dict[str, Any]) -> None:
        self.state = State.from_json(state["state"])
        gate = state.get("gate", {})
        self.gatekeeper.passed, self.gatekeeper.stopped = gate.get("passed", 0), gate.get("stopped", 0)

    # -- turns -------------------------------------------------------------------

    def _reply(self, state: State, compose: Any) -> Reply:
        return Reply(state, lambda reply: self._gated(reply, compose(reply)))

    async def _gated(self, reply: Reply, sentences: Sentences) -> Sentences:
        """Nothing leaves but what the gate lets through."""
        async for sentence in sentences:
            checked = any(sentence is one for one in reply.checked)
            admitted = sentence if checked else self.gatekeeper.admit(sentence, reply.passages)
            if admitted:
                yield admitted

    async def _greet(self, reply: Reply) -> Sentences:
        async for sentence in self.script.greet(reply):
            yield sentence
        async for sentence in self.script.next_question(reply, self._follow_up):
            yield sentence

    def _introduction(self, colleague: str) -> tuple[str, dict[str, str]]:
        """The act that says as much as is known, and its names."""
        names = {**self.script.names, "colleague": colleague, "day": str(self.case.day)}
        told = [cause.partition(":")[2] for cause in self.state.told]
        concept = next((one for one in told if one in lexicon.names()), None)
        if self.case.day is None:
            return "introduce_name", names
        return ("introduce", {**names, "concept": concept}) if concept else ("introduce_day", names)

    def _resume(self, reply: Reply) -> Sentences:
        return self._back(reply, say("welcome_back", self.script.names))

    async def _back(self, reply: Reply, text: str) -> Sentences:
        """After an absence, theirs or ours: a word about it, then where we were."""
        async for sentence in _speak(text, "greet"):
            yield sentence
        async for sentence in self._tell_promise(reply):
            yield sentence
        stage = self.script.stay(reply, "") if reply.state.emergency else self._go_on(reply)
        async for sentence in stage:
            yield sentence

    async def _end_in_silence(self, reply: Reply) -> Sentences:
        yield Sentence(say("silence_ends"), "goodbye")
        async for sentence in self.script.goodbye(reply, "silent"):
            yield sentence

    async def _respond(self, reply: Reply, words: Words, assessment: Assessment) -> Sentences:
        """Safety first, then what the patient asked, then the next question."""
        told = set(reply.state.told)
        new = [finding for finding in assessment.findings if _cause(finding) not in told]
        reply.state = reply.state.after(told=(*reply.state.told, *(_cause(finding) for finding in new)))
        stages = self._stages(reply, words.text, assessment, new)
        urgent = assessment.verdict is Verdict.EMERGENCY
        for stage in stages if urgent else chain([self._tell_promise(reply)], stages):
            async for sentence in stage:
                yield sentence

    def _is_colleague(self, text: str) -> bool:
        return text == self._colleague or (self._promised is not None and text == self._promised.colleague.casefold())

    def _is_promised_time(self, text: str) -> bool:
        return self._promised is not None and text == self._promised.when.casefold()

    async def _tell_promise(self, reply: Reply) -> Sentences:
        """When a person calls, honestly: said once, and told as said only when it was heard."""
        promised = self._promised
        if promised is None:
            return
        act = "call_back_named" if promised.colleague else "call_back"
        text = say(act, {**self.script.names, "colleague": promised.colleague, "when": promised.when})
        when_said = next(part for part in split(text) if promised.when in part)
        reply.when_heard.append((when_said, Effect("call_back.told", {"call_back": promised.call_back})))
        async for sentence in _speak(text, "promise"):
            yield sentence

    def _stages(self, reply: Reply, text: str, assessment: Assessment, new: Sequence[Finding]) -> Iterator[Sentences]:
        emergencies = [finding for finding in new if finding.verdict is Verdict.EMERGENCY]
        script = self.script
        if emergencies:
            yield script.emergency(reply, emergencies)
        elif assessment.verdict is Verdict.EMERGENCY:
            yield script.again(reply)
        elif reply.state.emergency:
            yield script.stay(reply, text)
        elif any(finding.verdict is Verdict.ASK_BACK for finding in assessment.findings):
            yield script.pass_on(reply, new)
            yield script.ask_back(reply, assessment)
        elif answers.leaves(text):
            yield script.pass_on(reply, new)
            yield script.goodbye(reply, "patient_left")
        else:
            yield from self._talk(reply, text, new)

    def _talk(self, reply: Reply, text: str, new: Sequence[Finding]) -> Iterator[Sentences]:
        script = self.script
        if answers.wants_repeat(text) and not new:
            yield _speak(say("repeat"), "acknowledge")
        else:
            yield script.pass_on(reply, new)
            yield script.answer(reply, text, new)
            pending = reply.state.pending
            if pending and pending.kind == "anything_else" and not reply.said and answers.is_done(text):
                yield script.goodbye(reply)
                return
            yield script.acknowledge(reply, text)
        yield self._go_on(reply)

    def _go_on(self, reply: Reply) -> Sentences:
        return self.script.next_question(reply, self._follow_up)

    # -- what the patient said -----------------------------------------------------

    def _take_answer(self, reply: Reply, text: str) -> None:
        """Record what answers the pending question, and any other question that was answered unasked."""
        pending = reply.state.pending
        clauses = (clause for clause in answers.clauses(text) if not answers.asks(clause))
        told = " ".join(clause for clause in clauses if not answers.only_wants_person(clause))
        if pending is None or not told or answers.wants_repeat(text):
            return
        if pending.kind == "remembered":
            self._record(reply, pending.key, Answer(told, told, reply.state.turn), "text")
        elif pending.kind == "variable":
            question = objectives.find(self.case.protocol.objectives, pending.key)
            if question and question.variable.type is VariableType.TEACH_BACK:
                self._take_recital(reply, question, told)
                return
            read = _read(question, told) if question else None
            if question and read and teach.is_about_medicine(question, self.case.plan) and reply.doubts(question.key):
                pass  # asked once more before it counts
            elif question and read:
                self._record(
                    reply, pending.key, Answer(read.value, read.evidence, reply.state.turn), question.variable.type
                )
                self._remember(reply, question, reply.state.progress.answers[pending.key])
                reply.good_news = bool(question.variable.about) and read.value is False
            elif reply.state.progress.asked.get(pending.key, 0) >= reply.tries(pending.key, TRIES):
                reply.state = reply.state.after(pending=None, progress=reply.state.progress.with_left_open(pending.key))
                reply.left_open = True
        self._take_volunteered(reply, told, pending.key)
        self._complete(reply)

    def _take_recital(self, reply: Reply, question: Question, told: str) -> None:
        """A restated medicine: right, corrected and asked once more, or left to the care team."""
        medicine = teach.medicine_of(question, self.case.plan)
        correction = teach.Correction(medicine, teachback.compare(medicine, told))
        if not correction.is_needed and reply.doubts(question.key):
            return
        if not correction.is_needed:
            self._record(reply, question.key, Answer("understood", told, reply.state.turn), "teach_back")
        elif reply.state.progress.asked.get(question.key, 0) < reply.tries(question.key, teachback.TRIES):
            reply.correction = correction
        else:
            self._record(reply, question.key, Answer(correction.summary, told, reply.state.turn), "teach_back")
            reply.effect("teach_back.failed", medicine=medicine.name, amiss=correction.amiss, quote=told)
        reply.taught = correction
        self._complete(reply)

    def _take_volunteered(self, reply: Reply, told: str, pending: str) -> None:
        for question, value in volunteered(self.case.protocol.objectives, reply.state.progress, told, pending):
            pending_before = reply.state.pending
            self._record(reply, question.key, Answer(value, told, reply.state.turn), question.variable.type)
            reply.state = reply.state.after(pending=pending_before)

    def _record(self, reply: Reply, key: str, answer: Answer, kind: str) -> None:
        reply.state = reply.state.after(pending=None, progress=reply.state.progress.with_answer(key, answer))
        reply.answered = True
        objective, _, variable = key.partition(".")
        reply.effect(
            "answer.recorded",
            objective=objective,
            variable=variable,
            value=answer.value,
            type=str(kind),
            quote=answer.evidence,
        )

    def _remember(self, reply: Reply, question: Question, answer: Answer) -> None:
        variable = question.variable
        if not variable.remember:
            return
        value = (
            {True: "yes", False: "no"}.get(answer.value, answer.value)
            if isinstance(answer.value, bool)
            else answer.value
        )
        text = (variable.fact or "{value}").format(value=value)
        reply.effect(
            "memory.learned",
            kind=variable.remember,
            topic=question.key if variable.remember == "answer" else variable.about or variable.name,
            text=text,
            quote=answer.evidence,
            confidence=1.0,
        )

    def _complete(self, reply: Reply) -> None:
        progress = reply.state.progress
        for objective in objectives.newly_complete(self.case.protocol.objectives, progress):
            progress = progress.with_completed(objective.objective_name)
            reply.effects.append(_completed(objective, progress, reply.state.turn))
        reply.state = reply.state.after(progress=progress)


def _read(question: Question, told: str) -> answers.Read | None:
    """What an answer says. "My belly is so swollen that my pants don't close" is a yes, in spite of its "don't"."""
    if question.variable.type is VariableType.YES_NO and replies.plainly(told) is not True:
        named = names_it(question.variable.about, told)
        if named is not None:
            return answers.Read(named, told)
    return answers.read(question.variable, told)


def _completed(objective: Objective, progress: Progress, turn: int) -> Effect:
    name = objective.objective_name
    found = {key.partition(".")[2]: answer for key, answer in progress.answers.items() if key.partition(".")[0] == name}
    return Effect(
        "objective.completed",
        {
            "objective": name,
            "confirmation_mode": objective.confirmation_mode,
            "variables": {variable: answer.value for variable, answer in found.items()},
            "evidence": {variable: answer.evidence for variable, answer in found.items()},
            "turn": turn,
        },
    )


def _prefilled(protocol: CallProtocol, memory: Sequence[Fact]) -> Progress:
    """What an earlier call answered for good is not asked again."""
    progress = Progress()
    for key, fact in remembered.already_answered(memory).items():
        question = objectives.find(protocol.objectives, key)
        read = (
            answers.read(question.variable, fact.text) if question and question.variable.remember == "answer" else None
        )
        if read:
            progress = progress.with_answer(key, Answer(read.value, "told in an earlier call", 0))
    return progress


def _vetted(protocol: CallProtocol) -> list[str]:
    asked = [text for o in protocol.objectives for v in o.output_variables for text in (v.ask, v.again) if text]
    return [*every_text(), protocol.greeting, protocol.closing, *asked]


def _fillers(names: dict[str, str], case: Case) -> Any:
    """What may stand in the place of each {name}."""
    known = {name: value.casefold() for name, value in names.items()}
    fillers = {name: lambda text, value=value: text == value for name, value in known.items()}
    concepts = lexicon.names() | measures.NAMES
    topics = {fact.text.casefold() for fact in case.memory}
    medicines = case.plan.medicines
    lines = {line.casefold() for one in medicines for line in (*teach.lines(one).values(), teach.whole(one))}
    return {
        **fillers,
        "concept": lambda text: all(part in concepts for part in _listed(text)),
        "topic": lambda text: text in topics,
        "day": lambda text: text == str(case.day),
        "part": lambda text: text in teach.PARTS.values(),
        "line": lambda text: text in lines,
    }


def _listed(text: str) -> list[str]:
    """ "dizziness, rash and fever" as its parts; a name may hold an "and" of its own."""
    head, _, last = text.rpartition(" and ")
    return [*head.split(", "), last] if head else [last]


def _cause(finding: Finding) -> str:
    return f"{finding.rule}:{finding.concept}"


async def _speak(text: str, act: str, expecting: Expecting = Expecting.NOTHING) -> Sentences:
    parts = split(text)
    for index, part in enumerate(parts):
        yield Sentence(part, act, expecting=expecting if index == len(parts) - 1 else Expecting.NOTHING)
