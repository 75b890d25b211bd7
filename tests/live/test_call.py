"""A call of scripted twins: who speaks when, and what is kept of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from conversations.live import reply
from conversations.live.desk import Ending
from conversations.live.dialogue import Effect
from conversations.live.events import (
    AgentStarted,
    AgentStopped,
    Discard,
    Frame,
    Interrupt,
    Prepare,
    Sentence,
    SpeechStarted,
    SpeechStopped,
    Words,
)
from tests.live.twins import Line, ScriptedDialogue, Stage, settle, texts

TICK = Frame(0.0, 0.0, -60.0)
LOOKING = Sentence("Let me look.", "acknowledge")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    running = asyncio.create_task(stage.call.run())
    await settle()
    yield stage
    stage.call.end(Ending.PATIENT_LEFT)
    await running


async def test_the_greeting_is_said_first_and_kept(stage: Stage):
    await stage.play()
    assert texts(stage.desk.said, "assistant") == ["Hello."]
    assert stage.desk.floors()[-1] == "listening"


async def test_words_are_answered_and_both_sides_kept(stage: Stage):
    await stage.play()
    await stage.hear(Words(1.0, "my knee is fine", final=True))
    await stage.play()
    assert texts(stage.desk.said, "patient") == ["my knee is fine"]
    assert texts(stage.desk.said, "assistant")[1:] == ["You said my knee is fine.", "Tell me more please."]
    assert stage.dialogue.committed[-1] == "You said my knee is fine. Tell me more please."


async def test_an_emergency_is_escalated_before_anything_is_said(stage: Stage):
    await stage.play()
    said_before = list(stage.voice.spoken)
    await stage.hear(Words(1.0, "I have a pain in my chest", final=False))
    assert [finding.rule for finding, _ in stage.desk.escalated] == ["emergency.chest_pain"]
    assert stage.voice.spoken == said_before


async def test_an_emergency_is_escalated_once_a_turn(stage: Stage):
    await stage.play()
    await stage.hear(Words(1.0, "my chest", final=False), Words(1.2, "my chest hurts", final=True))
    await stage.play()
    assert len(stage.desk.escalated) == 1
    assert "Call for help now." in texts(stage.desk.said, "assistant")


async def test_a_red_flag_in_partial_words_survives_a_correction_that_drops_it(stage: Stage):
    """The escalation stands; only the reply follows the final words."""
    await stage.play()
    await stage.hear(Words(1.0, "my chest", final=False), Words(1.5, "my chair", final=True))
    await stage.play()
    assert len(stage.desk.escalated) == 1


async def test_only_what_was_heard_is_kept_of_an_interrupted_reply(stage: Stage):
    await stage.play()
    await stage.hear(Words(1.0, "tell me about one two three four five six seven eight", final=True))
    await stage.play(0.3)
    stage.turn.next[SpeechStarted] = [Interrupt()]
    await stage.hear(SpeechStarted(2.0))
    kept = texts(stage.desk.said, "assistant")[-1]
    assert "You said tell me about one two three four five".startswith(kept)
    assert stage.desk.said[-1].interrupted
    assert stage.dialogue.committed[-1] == kept
    assert {"type": "cut", "text": kept} in stage.desk.published


async def test_a_prepared_reply_sounds_only_when_the_floor_is_ours(stage: Stage):
    await stage.play()
    words = Words(1.0, "I slept well", final=False)
    stage.turn.next[SpeechStopped] = [Prepare(words)]
    await stage.hear(SpeechStopped(1.0))
    await stage.play(2.0)
    assert stage.voice.spoken[-1] == "You said I slept well."
    assert texts(stage.desk.said, "assistant") == ["Hello."]
    await stage.hear(Words(1.1, "I slept well", final=True))
    await stage.play()
    assert stage.dialogue.considered == ["I slept well"]
    assert texts(stage.desk.said, "assistant")[1] == "You said I slept well."


async def test_a_discarded_preparation_leaves_no_trace(stage: Stage):
    await stage.play()
    stage.turn.next[SpeechStopped] = [Prepare(Words(1.0, "I slept", final=False))]
    stage.turn.next[SpeechStarted] = [Discard()]
    await stage.hear(SpeechStopped(1.0))
    await stage.hear(SpeechStarted(1.2))
    await stage.play()
    assert texts(stage.desk.said, "assistant") == ["Hello."]
    assert stage.dialogue.committed == ["Hello."]


async def test_a_turn_tells_when_it_passed_each_stage(stage: Stage):
    await stage.play()
    await stage.hear(Words(1.0, "my knee is fine", final=True))
    await stage.play()
    [timing] = [message for message in stage.desk.published if message["type"] == "timing"]
    assert timing["recognised_ms"] <= timing["decided_ms"] <= timing["sentence_ms"]
    assert timing["sentence_ms"] <= timing["sound_ready_ms"] <= timing["on_wire_ms"]
    assert timing["guard_ms"] >= 0
    assert (timing["retrieved_ms"], timing["token_ms"]) == (None, None)  # nothing was looked up, nobody asked


async def test_a_corrected_caption_is_answered_and_kept_as_one(stage: Stage):
    await stage.play()
    stage.call.typed("my new pain", corrects=True)
    await stage.hear(TICK)
    await stage.play()
    assert [(said.text, said.source) for said in stage.desk.said if said.speaker == "patient"] == [
        ("my new pain", "corrected")
    ]


async def test_typed_words_are_answered(stage: Stage):
    await stage.play()
    stage.call.typed("may I shower")
    await stage.hear(TICK)
    await stage.play()
    assert stage.desk.said[1].source == "typed"
    assert "You said may I shower." in texts(stage.desk.said, "assistant")


async def test_asking_for_a_person_raises_an_escalation_without_any_model(stage: Stage):
    await stage.play()
    stage.call.wants_a_person()
    await stage.hear(TICK)
    assert [finding.rule for finding, _ in stage.desk.escalated] == ["request.human"]


async def test_the_turn_policy_learns_when_we_speak_and_stop(stage: Stage):
    await stage.play()
    await stage.hear(TICK)
    kinds = [type(event) for event in stage.turn.seen]
    assert kinds.index(AgentStarted) < kinds.index(AgentStopped)


async def test_the_call_ends_when_the_dialogue_says_so():
    stage = Stage(ScriptedDialogue(effects=[Effect("call.ended")]))
    running = asyncio.create_task(stage.call.run())
    await settle()
    await stage.play()
    assert await asyncio.wait_for(running, 1) is Ending.COMPLETED


async def test_a_broken_ear_ends_the_call_instead_of_leaving_silence():
    stage = Stage()

    async def broken(chunks: object) -> AsyncIterator[Frame]:
        if chunks:
            raise RuntimeError("no model")
        yield TICK

    stage.call.ears = broken
    assert await asyncio.wait_for(stage.call.run(), 1) is Ending.FAILED


async def test_a_patient_who_goes_on_before_our_first_sound_takes_the_floor_back(stage: Stage):
    await stage.play()
    await stage.hear(Words(1.0, "I slept", final=True))
    stage.turn.next[SpeechStarted] = [Discard()]
    stage.out.spoken.clear()
    stage.out._queue.clear()
    await stage.hear(SpeechStarted(1.1))
    await stage.hear(Words(2.0, "I slept badly", final=True))
    await stage.play()
    assert texts(stage.desk.said, "patient") == ["I slept badly"]


async def test_a_reply_that_breaks_is_apologised_for_and_escalated(stage: Stage):
    await stage.play()

    class Broken:
        async def sentences(self) -> AsyncIterator[Sentence]:
            if stage:
                raise RuntimeError("no model")
            yield Sentence("", "answer")

        def meanwhile(self) -> Sentence | None:
            return None

    stage.dialogue.consider = lambda words, assessment: Broken()  # type: ignore[method-assign]
    await stage.hear(Words(1.0, "hello", final=True))
    await stage.play()
    assert texts(stage.desk.said, "assistant")[-1] == "Goodbye."
    assert [finding.rule for finding, _ in stage.desk.escalated] == ["call.reply_failed"]


async def test_a_reply_that_is_long_in_coming_begins_with_a_few_words(stage: Stage):
    """The floor is ours, and the first sentence is still being thought of."""
    await stage.play()
    thought_of = asyncio.Event()
    slow = Line([Sentence("You may shower.", "answer")], gate=thought_of, thinking=LOOKING)
    stage.dialogue.consider = lambda words, assessment: slow  # type: ignore[method-assign]
    await stage.hear(Words(1.0, "may I shower", final=True))
    await asyncio.sleep(reply.MEANWHILE_S + 0.1)
    await stage.play(0.3)
    assert stage.voice.spoken[-1] == LOOKING.text
    thought_of.set()
    await stage.play()
    assert texts(stage.desk.said, "assistant")[1:] == [LOOKING.text, "You may shower."]


async def test_a_reply_that_is_there_begins_with_itself(stage: Stage):
    await stage.play()
    ready = Line([Sentence("You may shower.", "answer")], thinking=LOOKING)
    stage.dialogue.consider = lambda words, assessment: ready  # type: ignore[method-assign]
    await stage.hear(Words(1.0, "may I shower", final=True))
    await stage.play()
    assert texts(stage.desk.said, "assistant")[1:] == ["You may shower."]


async def test_while_the_floor_is_not_ours_nothing_is_said_meanwhile(stage: Stage):
    await stage.play()
    slow = Line([Sentence("You may shower.", "answer")], gate=asyncio.Event(), thinking=LOOKING)
    stage.dialogue.consider = lambda words, assessment: slow  # type: ignore[method-assign]
    stage.turn.next[SpeechStopped] = [Prepare(Words(1.0, "may I shower", final=False))]
    stage.turn.next[SpeechStarted] = [Discard()]
    await stage.hear(SpeechStopped(1.0))
    await asyncio.sleep(reply.MEANWHILE_S + 0.1)
    assert LOOKING.text not in stage.voice.spoken
    await stage.hear(SpeechStarted(1.5))
    assert slow.closed, "the reply still thinks"


# -- a person from the care team ---------------------------------------------------


async def test_a_colleague_is_introduced_and_then_nothing_more_is_said(stage: Stage):
    await stage.play()
    await stage.call.hand_over("Dr Osei")
    await stage.play()
    await stage.hear(Words(1.0, "thank you for coming", final=True))
    await stage.play()
    assert texts(stage.desk.said, "assistant")[1:] == ["Dr Osei has joined us."]
    assert texts(stage.desk.said, "patient") == ["thank you for coming"]
    assert "thank you for coming" not in stage.dialogue.considered
    await stage.hear(TICK)
    assert isinstance(stage.turn.seen[-2], AgentStopped), "the floor was not given back"


async def test_a_red_flag_is_escalated_though_a_colleague_leads(stage: Stage):
    await stage.call.hand_over("Dr Osei")
    await stage.hear(Words(1.0, "now my chest hurts too", final=True))
    assert [finding.rule for finding, _ in stage.desk.escalated] == ["emergency.chest_pain"]


async def test_a_colleague_cuts_a_reply_short_and_leaves_it_unsaid(stage: Stage):
    await stage.play()
    await stage.hear(Words(1.0, "my knee is fine", final=True))
    await stage.play(0.2)
    await stage.call.hand_over("Dr Osei")
    await stage.play()
    assert texts(stage.desk.said, "assistant")[-1] == "Dr Osei has joined us."
    assert "Tell me more please." not in texts(stage.desk.said, "assistant")


async def test_when_the_colleague_has_left_the_call_goes_on(stage: Stage):
    await stage.call.hand_over("Dr Osei")
    await stage.play()
    await stage.call.take_back("Dr Osei")
    await stage.play()
    await stage.hear(Words(1.0, "my knee is fine", final=True))
    await stage.play()
    said = texts(stage.desk.said, "assistant")
    assert "Dr Osei has left." in said
    assert said[-1] == "Tell me more please."
