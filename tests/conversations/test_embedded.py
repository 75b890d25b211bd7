"""A whole call with the mind that needs no model."""

from conversations.live.dialogue import Verdict
from conversations.live.events import Expecting, Words
from tests.conversations.talk import spoken, talk


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
    replies = ["Fine.", "About a three", "No fever", "no", "yes I have all", "no", "yes", "yes", "yes I do", "yes"]
    asked += [(await call.say(reply))[-1].text for reply in replies]
    assert len(set(asked)) == len(asked)
    assert "anything else" in asked[-1]
    goodbye = await call.say("No, that's all.")
    assert "AI assistant" in spoken(goodbye)
    completed = [e.data["objective"] for e in call.effects if e.kind == "objective.completed"]
    assert completed == ["health_status", "wound", "medicines", "appointments", "home", "if_a_problem"]
    assert call.effects[-1].kind == "call.ended"


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
