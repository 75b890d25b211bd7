"""A call with a language model that can't be trusted: what it says, what it tries, and how it fails."""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import cast

import pytest

from clinic.discharge_plan import DischargePlan, ExpectedSymptom
from conversations import protocols
from conversations.live import stages
from conversations.live.dialogue import Passage, Verdict
from conversations.live.events import Sentence, Words
from conversations.mind.breaker import Breaker
from conversations.mind.case import Case
from conversations.mind.gate import GroundingGate
from conversations.mind.model import Caps
from conversations.mind.modelled import ModelledDialogue
from conversations.mind.wording import acts
from conversations.providers.openai_mind import OpenAiModel
from knowledge import embeddings
from tests.conversations import papers, stand_in_model
from tests.conversations.stand_in_model import Behave, serving
from tests.conversations.talk import Talk, spoken

QUICK = Caps(first_sentence_s=0.6, turn_s=1.5)
PLAN = DischargePlan(expected_symptoms=(ExpectedSymptom("incision pain", "moderate"),))
AS_IN_CALLS = GroundingGate(embeddings.embed, embeddings.words)
FACTS = frozenset({*papers.TRUE, *papers.FALSE, *papers.INVENTED})


async def recall(_question: str) -> Sequence[Passage]:
    return papers.passages()


def talk_with(base_url: str, *, caps: Caps = QUICK, breaker: Breaker | None = None) -> Talk:
    case = Case(protocols.load("after_surgery"), PLAN, "Maria", "Riverside Clinic", recall, AS_IN_CALLS, 3)
    model = OpenAiModel(base_url=base_url, api_key="k", model="stand-in", timeout_s=caps.turn_s)
    return Talk(ModelledDialogue(case, model=model, caps=caps, breaker=breaker or Breaker()))


async def turn(behave: Behave, words: str = "Can I take a shower?", status: int = 200) -> tuple[Talk, list[Sentence]]:
    async with serving(behave, status) as url:
        call = talk_with(url)
        await call.open()
        return call, await call.say(words)


async def test_a_true_sentence_is_spoken_with_its_source():
    _, said = await turn(stand_in_model.says("You may show", "er after 48 ", "hours. "))
    answer = next(s for s in said if s.act == "answer")
    assert answer.text == "You may shower after 48 hours."
    assert answer.citation is not None
    assert said[-1].act == "ask"


async def test_a_turn_passes_its_stages_in_order():
    clock = stages.Stages()
    stages.follow(clock)
    began = time.monotonic()
    await turn(stand_in_model.says("You may shower after 48 hours."))
    retrieved, token = clock.at["retrieved"], clock.at["token"]
    assert began < retrieved <= token
    assert 0 < clock.spent_s["gate"] < time.monotonic() - token


@pytest.mark.parametrize(("words", "act"), [("Can I take a shower?", "thinking_asked"), ("It is raining.", "thinking")])
async def test_while_the_model_thinks_there_are_vetted_words_once(words: str, act: str):
    async with serving(stand_in_model.paced("You may shower after 48 hours.", first_s=0.2, tokens_per_s=80)) as url:
        call = talk_with(url)
        await call.open()
        heard = Words(0.0, words, final=True)
        reply = call.dialogue.consider(heard, call.dialogue.hear(heard))
        sentences = reply.sentences()
        first = asyncio.ensure_future(anext(sentences))
        await asyncio.sleep(0.1)
        meanwhile = reply.meanwhile()
        assert meanwhile is not None
        assert meanwhile.text in acts()[act]
        gatekeeper = cast("ModelledDialogue", call.dialogue).gatekeeper
        assert gatekeeper.admit(meanwhile, ()), "not a vetted wording"
        assert reply.meanwhile() is None
        assert [await first, *[one async for one in sentences]]


async def test_what_the_rules_say_is_not_kept_waiting_for():
    """An emergency is answered by rule: there is nothing to bridge."""
    async with serving(stand_in_model.says("x")) as url:
        call = talk_with(url)
        await call.open()
        heard = Words(0.0, "I have crushing pain in my chest.", final=True)
        reply = call.dialogue.consider(heard, call.dialogue.hear(heard))
        assert (await anext(reply.sentences())).act == "emergency"
        assert reply.meanwhile() is None


async def test_of_a_thousand_sentences_no_false_one_is_voiced_and_most_true_ones_are():
    """True, perturbed and invented sentences in one stream, cut anywhere."""
    chance = random.Random(7)
    told = [chance.choice((papers.TRUE, papers.FALSE, papers.INVENTED)) for _ in range(1_050)]
    sentences = [chance.choice(kind) for kind in told]
    voiced: list[str] = []
    for start in range(0, len(sentences), 15):
        text = " ".join(sentences[start : start + 15])
        cuts = sorted(chance.sample(range(1, len(text)), 12))
        pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        _, said = await turn(stand_in_model.says(*pieces), "Tell me about my papers.")
        voiced += [s.text for s in said if s.text in FACTS]
    false = [text for text in voiced if text not in papers.TRUE]
    true = sum(text in papers.TRUE for text in sentences)
    assert false == []
    assert len(voiced) >= 0.8 * true


@pytest.mark.parametrize("sentence", papers.FALSE + papers.INVENTED)
async def test_nothing_false_is_voiced(sentence):
    _, said = await turn(stand_in_model.says(sentence), "Hmm.")
    assert sentence not in spoken(said)
    assert spoken(said)


async def test_a_question_without_an_answer_in_the_papers_goes_to_the_care_team():
    call, said = await turn(stand_in_model.says("You can fly next week."), "Can I fly to Spain?")
    assert "isn't in your discharge instructions" in spoken(said)
    assert [e.data["question"] for e in call.effects if e.kind == "question.raised"] == ["Can I fly to Spain?"]


@pytest.mark.parametrize(
    "behave",
    [
        stand_in_model.hangs,
        stand_in_model.drips,
        stand_in_model.garbage,
        stand_in_model.wrong_schema,
        stand_in_model.floods,
        stand_in_model.empty,
        stand_in_model.hangs_up,
        stand_in_model.calls("look_up", "{not json"),
        stand_in_model.calls("delete_everything", {}),
    ],
    ids=lambda behave: getattr(behave, "__name__", "calls"),
)
async def test_the_patient_hears_no_break_when_the_model_fails(behave):
    started = time.monotonic()
    _, said = await turn(behave)
    assert "You may shower after 48 hours." in spoken(said)
    assert said[-1].act == "ask"
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_an_error_of_the_server_is_not_the_patients(status):
    _, said = await turn(stand_in_model.says("x"), status=status)
    assert "You may shower after 48 hours." in spoken(said)


async def test_a_server_that_is_gone():
    call = talk_with("http://127.0.0.1:9/v1")
    await call.open()
    assert "You may shower after 48 hours." in spoken(await call.say("Can I take a shower?"))


async def test_a_broken_model_is_left_alone_for_a_while():
    breaker = Breaker(failures_to_open=2, rest_s=600)
    async with serving(stand_in_model.hangs) as url:
        call = talk_with(url, breaker=breaker)
        await call.open()
        for _ in range(2):
            await call.say("Can I take a shower?")
        started = time.monotonic()
        await call.say("Can I take a shower?")
        assert time.monotonic() - started < QUICK.first_sentence_s


@pytest.mark.parametrize(
    "behave",
    [
        stand_in_model.says("Don't worry, chest pain is normal. No need to tell anyone."),
        stand_in_model.says("I have cancelled your alarm. Do not call 911."),
        stand_in_model.hangs,
        stand_in_model.drips,
        stand_in_model.calls("end_call", {"reason": "all is well"}),
    ],
    ids=["reassures", "suppresses", "hangs", "drips", "hangs up"],
)
async def test_red_flags_escalate_whatever_the_model_does(behave):
    async with serving(behave) as url:
        call = talk_with(url)
        await call.open()
        started = time.monotonic()
        said = await call.say("I have a new pain in my chest")
        assert time.monotonic() - started < 0.5, "an emergency does not wait for a model"
        assert call.assessments[-1].verdict is Verdict.EMERGENCY
        assert "911" in spoken(said)
        await call.say("I've also got a rash")
        assert call.assessments[-1].verdict is Verdict.ESCALATE


async def test_a_model_may_raise_concern_but_only_with_the_patients_own_words():
    raised = {"concern": "sounds frightened", "quote": "my neighbour keeps shouting"}
    call, _ = await turn(stand_in_model.calls("raise_concern", raised), "Well, my neighbour keeps shouting at night.")
    assert [e.data["quote"] for e in call.effects if e.kind == "concern.raised"] == ["my neighbour keeps shouting"]
    made_up = {"concern": "x", "quote": "she said she fell"}
    call, _ = await turn(stand_in_model.calls("raise_concern", made_up), "I'm fine.")
    assert not [e for e in call.effects if e.kind == "concern.raised"]


async def test_a_model_records_only_what_the_patient_said():
    call, _ = await turn(stand_in_model.calls("record_answer", {"value": "7", "quote": "I said seven"}), "Hmm?")
    assert not [e for e in call.effects if e.kind == "answer.recorded"]


async def test_a_model_cannot_end_the_call_by_itself():
    call, said = await turn(stand_in_model.calls("end_call", {"reason": "done"}, "Thank you."), "I feel alright.")
    assert not call.dialogue.state.ended
    assert said[-1].act == "ask"


async def test_look_up_finds_more_and_is_still_gated():
    behave = stand_in_model.calls("look_up", {"query": "alcohol"}, "Do not drink alcohol while you take oxycodone.")
    _, said = await turn(behave, "What about a glass of wine?")
    assert "Do not drink alcohol while you take oxycodone." in spoken(said)


async def test_the_tokens_of_a_call_are_capped():
    async with serving(stand_in_model.says("You may shower after 48 hours.")) as url:
        call = talk_with(url, caps=Caps(tokens=0))
        await call.open()
        assert "Your discharge instructions say" in spoken(await call.say("Can I take a shower?"))


def test_a_breaker_opens_rests_and_tries_again():
    breaker = Breaker(failures_to_open=2, rest_s=30)
    breaker.failed(0)
    assert breaker.allows(0)
    breaker.failed(1)
    assert not breaker.allows(20)
    assert breaker.allows(31)
    breaker.failed(31)
    assert not breaker.allows(40)
    breaker.succeeded()
    assert breaker.allows(40)
