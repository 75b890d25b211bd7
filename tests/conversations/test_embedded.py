"""A whole call with the mind that needs no model."""

import pytest

from clinic.discharge_plan import DischargePlan, Medicine
from conversations.live.dialogue import Verdict
from conversations.live.events import Expecting, Words
from tests.conversations.talk import Talk, spoken, talk


async def test_it_greets_discloses_and_asks_one_question():
    said = await talk().open()
    assert "Hello Maria" in said[0].text
    assert "AI assistant from Riverside Clinic" in said[0].text
    assert "not a person" in spoken(said)
    assert [s.act for s in said].count("ask") == 1
    assert said[-1].expecting is Expecting.OPEN


async def test_it_walks_the_protocol_to_the_end_and_asks_nothing_twice():
    call = talk()
    asked = [(await call.open())[-1].text]
    replies = ["Fine.", "About a three", "No fever", "no", "no", "no", "yes", "yes", "yes I have all", "no"]
    replies += ["yes", "yes", "yes I do", "it did, yes", "yes", "bleeding, or a fever"]
    asked += [(await call.say(reply))[-1].text for reply in replies]
    assert len(set(asked)) == len(asked)
    assert "anything else" in asked[-1]
    goodbye = await call.say("No, that's all.")
    assert "AI assistant" in spoken(goodbye)
    completed = [e.data["objective"] for e in call.effects if e.kind == "objective.completed"]
    assert completed == [
        "health_status",
        "wound",
        "eating",
        "medicines",
        "appointments",
        "home",
        "if_a_problem",
    ]
    assert call.effects[-1].kind == "call.ended"


@pytest.mark.parametrize(
    "words", ["I want to talk to a person.", "Can I have a person please", "Well, I'd like a person now!"]
)
async def test_asking_for_a_person_answers_nothing_that_was_asked(words):
    call = talk()
    await call.open()
    asked = call.dialogue.state.pending.key
    await call.say(words)
    assert [effect.kind for effect in call.effects if effect.kind in ("human.requested", "answer.recorded")] == [
        "human.requested"
    ]
    assert call.dialogue.state.pending.key == asked


async def test_what_is_told_beside_asking_for_a_person_is_kept():
    call = talk()
    await call.open()
    await call.say("I'm doing fine. I want to talk to a person.")
    kept = [effect.data["quote"] for effect in call.effects if effect.kind == "answer.recorded"]
    assert kept == ["I'm doing fine."]


async def test_an_answer_comes_with_the_documents_own_words_and_their_place():
    call = talk()
    await call.open()
    said = await call.say("Fine. When can I take a shower?")
    answer = next(s for s in said if s.act == "answer")
    assert answer.text == "You may shower after 48 hours."
    assert answer.citation is not None
    assert answer.citation.page == 2
    assert said[-1].act == "ask"


async def test_what_the_documents_do_not_hold_goes_to_the_care_team():
    call = talk()
    await call.open()
    said = await call.say("Can I fly to Spain next month?")
    assert "isn't in your discharge instructions" in spoken(said)
    assert [e.data["question"] for e in call.effects if e.kind == "question.raised"] == [
        "Can I fly to Spain next month?"
    ]


async def test_an_emergency_is_spoken_whole_and_the_call_stays():
    call = talk()
    await call.open()
    said = await call.say("I have a new pain in my chest")
    assert call.assessments[-1].verdict is Verdict.EMERGENCY
    assert "911" in spoken(said)
    assert not any(s.interruptible for s in said if s.act == "emergency")
    stays = await call.say("No, I haven't called.")
    assert "Please call 911 now" in spoken(stays)
    assert "pain, from zero" not in spoken(await call.say("okay I did, yes"))


async def test_a_question_that_was_cut_off_is_asked_again():
    call = talk()
    await call.open()
    words = Words(0, "Fine.", True)
    turn = call.dialogue.consider(words, call.dialogue.hear(words))
    await call.finish(turn, heard="Thank you. How")
    said = await call.say("Sorry, go on please")
    assert "How strong is your pain" in spoken(said)


async def test_a_snapshot_goes_on_in_another_process():
    first = talk()
    await first.open()
    await first.say("Fine.")
    second = talk()
    second.dialogue.restore(first.dialogue.snapshot())
    said = await second.open(resumed=True)
    assert "connected again" in said[0].text
    assert "Zero is no pain" in spoken(said)


APIXABAN = Medicine("apixaban", "2.5 mg", "by mouth", "twice a day", "to prevent blood clots")


async def at_the_medicines() -> Talk:
    call = talk(plan=DischargePlan(medicines=(APIXABAN,)))
    await call.open()
    for words in ("Fine.", "zero", "no", "no", "no", "no", "yes", "yes", "yes", "no"):
        said = await call.say(words)
    assert "How do you take your apixaban" in spoken(said)
    return call


async def test_teach_back_names_what_was_missing_and_asks_once_more():
    call = await at_the_medicines()
    said = await call.say("Five milligrams, twice a day")
    assert "how much: 2.5 mg" in spoken(said)
    assert "what it is for: to prevent blood clots" in spoken(said)
    assert said[-1].text == "Could you tell me once more how you take it?"
    again = await call.say("2.5 milligrams twice a day against clots")
    assert "right" in spoken(again) or "just how it is written" in spoken(again)
    recorded = next(e for e in call.effects if e.data.get("variable") == "teach_back_apixaban")
    assert recorded.data["value"] == "understood"


async def test_after_two_tries_a_clinician_is_told():
    call = await at_the_medicines()
    await call.say("I don't know really")
    said = await call.say("once a day I think")
    assert "go through it with you" in spoken(said)
    failed = next(e for e in call.effects if e.kind == "teach_back.failed")
    assert failed.data["amiss"] == ["dose missing", "times different", "reason missing"]
    assert said[-1].text.startswith("Do you know when your follow-up")


async def test_what_a_medicine_is_for_is_no_complaint():
    call = talk(plan=DischargePlan(medicines=(Medicine("oxycodone", "5 mg", "", "as needed", "severe pain"),)))
    await call.open()
    for words in ("Fine.", "zero", "no", "no", "no", "no", "yes", "yes", "yes", "no"):
        await call.say(words)
    await call.say("5 milligrams when the pain is severe")
    assert call.assessments[-1].verdict is Verdict.NONE


# -- a person from the care team ---------------------------------------------------


async def test_a_colleague_is_introduced_in_one_sentence_with_what_was_told():
    call = talk(day=3)
    await call.open()
    await call.say("I have a new pain in my chest.")
    (said,) = await call.finish(call.dialogue.introduce("Abena Osei"))
    assert said.text == (
        "Maria, Abena Osei from your care team has joined us; "
        "Abena Osei, Maria is on day 3 at home and told me about chest pain."
    )


async def test_the_introduction_says_no_more_than_is_known():
    call = talk()
    await call.open()
    assert spoken(await call.finish(call.dialogue.introduce("Abena Osei"))) == (
        "Maria, Abena Osei from your care team has joined us."
    )
    later = talk(day=5)
    assert spoken(await later.finish(later.dialogue.introduce("Abena Osei"))).endswith("Maria is on day 5 at home.")


async def test_when_they_have_left_it_says_who_it_is_and_goes_on_where_it_was():
    call = talk()
    asked = (await call.open())[-1].text
    said = await call.finish(call.dialogue.take_back("Abena Osei"))
    assert said[0].text == "Abena Osei has left our call, Maria."
    assert "AI assistant" in said[1].text
    assert said[-1].text == asked
