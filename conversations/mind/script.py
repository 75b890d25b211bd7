"""What the embedded mind says, stage by stage: safety, the patient's questions, then the next question of the protocol.

Each stage takes the reply in the making and yields sentences; `embedded.py` decides which stages a turn has.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence

from conversations import objectives
from conversations.guardrails import rules
from conversations.guardrails.replies import yes_or_no
from conversations.live import stages
from conversations.live.dialogue import Assessment, Effect, Finding, Passage, Verdict
from conversations.live.events import Expecting, Sentence
from conversations.memory import Fact
from conversations.mind import answers
from conversations.mind.case import Recall
from conversations.mind.gate import Gate
from conversations.mind.reply import Reply, Sentences
from conversations.mind.sentences import split
from conversations.mind.state import Pending
from conversations.mind.teach import Correction
from conversations.mind.wording import say
from conversations.objectives import Question, VariableType
from conversations.protocols import CallProtocol

_EXPECTED = "said: expected"  # once a call is enough
_HIDDEN = frozenset({"something the lexicon does not know"})


class Script:
    """`names` fill the vetted texts."""

    def __init__(self, protocol: CallProtocol, names: Mapping[str, str], recall: Recall, gate: Gate) -> None:
        self.protocol = protocol
        self.names = names
        self._recall = recall
        self.gate = gate

    async def recall(self, question: str) -> Sequence[Passage]:
        """The passages of the patient's documents, and the library's, that may answer."""
        found = await self._recall(question)
        stages.reached("retrieved")
        return found

    # -- opening and closing -------------------------------------------------------

    async def greet(self, reply: Reply) -> Sentences:
        for index, text in enumerate(split(self.protocol.greeting.format(**self.names))):
            yield Sentence(text, "greet", interruptible=index > 0)

    async def goodbye(self, reply: Reply, reason: str = "completed") -> Sentences:
        texts = split(self.goodbye_text())
        reply.when_heard.append((texts[0], Effect("call.ended", {"reason": reason})))
        for text in texts:
            yield Sentence(text, "goodbye")

    def goodbye_text(self) -> str:
        return (self.protocol.closing or say("goodbye", self.names)).format(**self.names)

    # -- safety ----------------------------------------------------------------------

    async def emergency(self, reply: Reply, findings: Sequence[Finding]) -> Sentences:
        """Spoken whole. From here on the call stays with the patient."""
        crisis = any(rules.says(finding.rule) == "crisis" for finding in findings)
        reply.state = reply.state.after(emergency=True, pending=None)
        for text in split(say("crisis" if crisis else "emergency", self.names)):
            yield Sentence(text, "emergency", interruptible=False)
        yield self._ask(reply, "crisis_check" if crisis else "emergency_check", "emergency_check")

    async def stay(self, reply: Reply, said: str) -> Sentences:
        """After an emergency nothing else is asked."""
        if answers.help_is_there(said):
            reply.state = reply.state.after(pending=None)
            for text in split(say("emergency_arrived")):
                yield Sentence(text, "emergency")
            return
        pending = reply.state.pending
        done = yes_or_no(said) if said and pending and pending.kind == "emergency_check" else None
        if done:
            reply.state = reply.state.after(pending=None)
            for text in split(say("emergency_helped")):
                yield Sentence(text, "emergency")
        elif done is False:
            for text in split(say("emergency_call_now", self.names)):
                yield Sentence(text, "emergency", interruptible=False)
        else:
            for text in split(say("emergency_stay", turn=reply.state.turn)):
                yield Sentence(text, "emergency")

    async def again(self, reply: Reply) -> Sentences:
        for text in split(say("emergency_again", self.names)):
            yield Sentence(text, "emergency", interruptible=False)

    async def ask_back(self, reply: Reply, assessment: Assessment) -> Sentences:
        finding = next(f for f in assessment.findings if f.verdict is Verdict.ASK_BACK)
        sentences = split(say("ask_back", {"concept": finding.concept}))
        pending = Pending("ask_back", sentences[-1], about=finding.concept, finding=finding)
        reply.asks.append((sentences[-1], pending))
        for text in sentences[:-1]:
            yield Sentence(text, "acknowledge")
        yield Sentence(sentences[-1], "ask", expecting=Expecting.YES_NO)

    async def pass_on(self, reply: Reply, findings: Iterable[Finding]) -> Sentences:
        """Says what is done about each thing that was raised, once."""
        escalated, said = [], set()
        for finding in findings:
            act = rules.says(finding.rule)
            if finding.rule == "request.human":
                reply.effect("human.requested", quote=finding.quote)
            if act in ("cannot_diagnose", "cannot_change_medicine"):
                continue  # with the answer to the question
            if act and act not in said:
                said.add(act)
                for text in split(say(act, self.names, reply.state.turn)):
                    yield Sentence(text, "hand_over" if act == "human" else "respond")
            elif not act and finding.verdict is Verdict.ESCALATE and finding.concept not in escalated:
                escalated.append(finding.concept)
        if escalated:
            for text in split(self._escalated(escalated)):
                yield Sentence(text, "escalate")
        elif not said and _EXPECTED not in reply.state.told and _any_expected(findings):
            reply.state = reply.state.after(told=(*reply.state.told, _EXPECTED))
            for text in split(say("expected")):
                yield Sentence(text, "acknowledge")

    def _escalated(self, concepts: Sequence[str]) -> str:
        named = [concept for concept in concepts if concept not in _HIDDEN and concept != "feeling unwell"][:3]
        if not named:
            return say("escalate")
        listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
        return say("escalate_named", {"concept": listed})

    # -- the patient's questions -------------------------------------------------------

    async def answer(self, reply: Reply, text: str, findings: Sequence[Finding]) -> Sentences:
        """Answer each question from the documents, or pass it on."""
        asked = [clause for clause in answers.clauses(text) if answers.asks(clause)]
        referred = next((rules.says(f.rule) for f in findings if rules.says(f.rule).startswith("cannot_")), "")
        if not asked and referred:
            asked = [text]
        if not asked and reply.state.unfinished and not answers.enough(text):
            yield Sentence(say("you_asked"), "acknowledge")
            asked = [reply.state.unfinished]
        for question in asked[:3]:
            about_the_call = _about_the_call(question)
            if about_the_call:
                for part in split(say(about_the_call, turn=reply.state.turn)):
                    yield Sentence(part, "respond")
                continue
            passages = await self.recall(question)
            found = await asyncio.to_thread(self.gate.quote, question, passages)
            reply.passages += passages
            if found:
                yield Sentence(say("from_document"), "introduce")
                reply.answers.append((found.text, question))
                for part in split(found.text):
                    yield Sentence(part, "answer", citation=found.citation)
            else:
                reply.effect("question.raised", question=question)
                for part in split(say(referred or "not_in_documents")):
                    if part not in {sentence.text for sentence in reply.said}:
                        yield Sentence(part, "refer")

    # -- what comes next -----------------------------------------------------------------

    async def acknowledge(self, reply: Reply, text: str) -> Sentences:
        """Something short before the next question, if nothing has been said yet."""
        if reply.doubted:
            return  # said with the question
        pending = reply.state.pending
        turn = reply.state.turn
        if reply.taught and not reply.correction:
            for text in split(say("teach_later" if reply.taught.is_needed else "teach_right", turn=turn)):
                yield Sentence(text, "teach")
            return
        if reply.said or reply.correction:
            return
        if reply.left_open:
            for part in split(say("move_on")):
                yield Sentence(part, "acknowledge")
        elif reply.answered:
            act = "acknowledge_well" if reply.good_news or answers.is_well(text) else "acknowledge"
            yield Sentence(say(act, turn=turn), "acknowledge")
        elif answers.thanks(text):
            yield Sentence(say("thanks"), "acknowledge")
        elif pending and pending.kind == "variable":
            yield Sentence(say("not_understood", turn=turn), "acknowledge")
        elif pending and pending.kind == "anything_else" and not answers.asks(text):
            act = (
                "go_ahead"
                if re.fullmatch(r"\W*(?:yes|yeah|yep|sure|yes please|i do|actually yes)\W*", text.casefold())
                else ""
            )
            yield Sentence(say(act or "acknowledge_words", turn=turn), "acknowledge")

    async def next_question(self, reply: Reply, follow_up: Sequence[Fact] = ()) -> Sentences:
        """One question: after what is remembered, then of the protocol, then whether there is anything else."""
        for fact in follow_up:
            key = f"since_last_time.{_slug(fact.topic)}"
            if not reply.state.progress.settled(key) and not reply.state.progress.asked.get(key):
                first, last = split(say("remembered", {"topic": fact.text}))
                reply.asks.append((last, Pending("remembered", last, key, fact.topic, Expecting.OPEN)))
                yield Sentence(first, "remember")
                yield Sentence(last, "ask", expecting=Expecting.OPEN)
                return
        question = objectives.next_question(self.protocol.objectives, reply.state.progress)
        if reply.correction and question:
            async for sentence in self._correct(reply, reply.correction, question):
                yield sentence
            return
        if question is None:
            yield self._ask(reply, "anything_else", "anything_else")
            return
        if question.key == reply.doubted:
            async for sentence in self._ask_once_more(reply, question):
                yield sentence
            return
        variable = question.variable
        again = variable.again if reply.state.progress.asked.get(question.key, 0) else ""
        sentences = split(again or variable.ask)
        pending = _pending(question, sentences[-1])
        reply.asks.append((sentences[-1], pending))
        for text in sentences[:-1]:
            yield Sentence(text, "ask")
        yield Sentence(sentences[-1], "ask", expecting=variable.expecting)

    async def _ask_once_more(self, reply: Reply, question: Question) -> Sentences:
        """After a hesitant answer: unhurried, and without a word of what was noticed."""
        for text in split(say("take_your_time")):
            yield Sentence(text, "acknowledge")
        variable = question.variable
        reciting = variable.type is VariableType.TEACH_BACK
        sentences = split(say("teach_again") if reciting else variable.again or variable.ask)
        reply.asks.append((sentences[-1], _pending(question, sentences[-1])))
        for text in sentences[:-1]:
            yield Sentence(text, "ask")
        yield Sentence(sentences[-1], "ask", expecting=variable.expecting)

    async def _correct(self, reply: Reply, correction: Correction, question: Question) -> Sentences:
        """What was missing or different, gently, and once more."""
        for act, part, line in correction.to_say():
            yield Sentence(say(act, {"part": part, "line": line}), "teach")
        text = say("teach_again")
        reply.asks.append((text, _pending(question, text)))
        yield Sentence(text, "ask", expecting=Expecting.OPEN)

    def _ask(self, reply: Reply, act: str, kind: str) -> Sentence:
        text = say(act, self.names)
        reply.asks.append((text, Pending(kind, text)))
        return Sentence(text, "ask", expecting=Expecting.YES_NO)


def _any_expected(findings: Iterable[Finding]) -> bool:
    return any(finding.rule == "plan.expected" for finding in findings)


def _about_the_call(question: str) -> str:
    """The act that answers a question about the call itself, or ""."""
    if answers.asks_who(question):
        return "who_i_am"
    if answers.asks_why(question):
        return "why_i_ask"
    return "how_long" if answers.asks_how_long(question) else ""


def _pending(question: Question, text: str) -> Pending:
    variable = question.variable
    reciting = variable.type is VariableType.TEACH_BACK
    return Pending(
        "variable", text, question.key, variable.about, variable.expecting, None, reciting, variable.supposing
    )


def _slug(topic: str) -> str:
    return re.sub(r"\W+", "_", topic.casefold()).strip("_")
