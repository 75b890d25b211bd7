"""A hesitant answer about a medicine is asked for once more, gently, once; nothing is kept of the hesitation."""

import asyncio
import json

from clinic.discharge_plan import DischargePlan, Medicine
from conversations.live.desk import Ending
from conversations.live.events import Frame, SpeechStarted, SpeechStopped, Words
from conversations.live.perception import Followed, Perception, overheard
from tests.conversations.talk import spoken, talk
from tests.live.twins import Stage, settle, texts

PLAN = DischargePlan(medicines=(Medicine("apixaban", "2.5 mg", "by mouth", "twice a day", "to prevent blood clots"),))
BEFORE = ("Fine.", "zero", "no", "no", "no", "no", "yes", "yes")  # up to "Do you have all the medicines"
RIGHT = "2.5 milligrams twice a day, it thins the blood"
ONCE_MORE = "Take your time. I'd like to ask that once more, to be sure I have it right."
HOW = "Could you tell me once more how you take it?"


async def a_call(hesitated, *words):
    call = talk(plan=PLAN, hesitated=hesitated)
    await call.open()
    for one in (*BEFORE, *words):
        said = await call.say(one)
    return call, spoken(said)


def recorded(call):
    return {effect.data["variable"]: effect.data["value"] for effect in call.effects if "variable" in effect.data}


async def test_the_same_question_comes_once_more_and_then_the_answer_counts():
    call, asked = await a_call(lambda words: "uh" in words)
    assert asked.endswith("Do you have all the medicines on your list at home?")
    again = spoken(await call.say("uh yes"))
    assert again == f"{ONCE_MORE} Do you have all the medicines on your list at home?"
    assert "has_medicines" not in recorded(call)
    after = spoken(await call.say("uh yes"))
    assert recorded(call)["has_medicines"] is True
    assert "once more" not in after
    assert "making it hard" in after


async def test_questions_about_anything_else_are_not_asked_twice():
    call = talk(plan=PLAN, hesitated=lambda words: True)
    await call.open()
    for words in BEFORE[:-1]:
        assert "once more" not in spoken(await call.say(words))


async def test_doubt_costs_no_try_and_a_right_second_answer_is_right():
    call, asked = await a_call(lambda words: words.startswith("well"), "yes", "no")
    assert "How do you take your apixaban" in asked
    assert spoken(await call.say(f"well {RIGHT}")) == f"{ONCE_MORE} {HOW}"
    corrected = spoken(await call.say("5 milligrams twice a day, it thins the blood"))
    assert "how much: 2.5 mg" in corrected
    assert corrected.endswith(HOW)
    await call.say(RIGHT)
    assert recorded(call)["teach_back_apixaban"] == "understood"


async def test_a_wrong_answer_is_corrected_however_it_came():
    call, _ = await a_call(lambda words: words.startswith("well"), "yes", "no")
    said = spoken(await call.say("well 5 milligrams twice a day, it thins the blood"))
    assert "how much: 2.5 mg" in said
    assert "once more, to be sure" not in said


async def test_typed_words_do_not_hesitate():
    call, _ = await a_call(lambda words: words.startswith("well"))
    dialogue = call.dialogue
    words = Words(0.0, "well yes", True, source="typed")
    await call.finish(dialogue.consider(words, dialogue.hear(words)))
    assert recorded(call)["has_medicines"] is True


async def test_what_was_asked_once_more_is_not_again_in_another_process():
    call, _ = await a_call(lambda words: "uh" in words, "uh yes")
    other = talk(plan=PLAN, hesitated=lambda words: True)
    other.dialogue.restore(json.loads(json.dumps(call.dialogue.snapshot())))
    await other.open(resumed=True)
    await other.say("uh yes")
    assert recorded(other)["has_medicines"] is True


async def test_in_a_call_a_long_silence_and_fillers_make_it_ask_again():
    perception = Perception(allowed=True)
    call, _ = await a_call(perception.hesitated, "yes", "no")
    stage = Stage(call.dialogue)
    stage.call.ears = overheard(stage.call.ears, perception)
    stage.call.turn = Followed(stage.turn, perception)
    running = asyncio.create_task(stage.call.run(resumed=True))
    await settle()
    await stage.play(20)

    async def answer(at_s):
        words = Words(at_s + 2, f"um let me see {RIGHT}", final=True)
        await stage.hear(Frame(at_s - 1, 0.0, -60.0), SpeechStarted(at_s), SpeechStopped(at_s + 2), words)
        await stage.play(20)
        return stage.desk.snapshots[-1]["state"]["progress"]["answers"]

    assert "teach_back.teach_back_apixaban" not in await answer(6.0)
    assert texts(stage.desk.said, "assistant")[-1] == HOW
    answers = await answer(40.0)
    assert answers["teach_back.teach_back_apixaban"]["value"] == "understood"
    stage.call.end(Ending.PATIENT_LEFT)
    await running
