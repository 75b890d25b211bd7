"""A call's signs, counted into at most five lines: table of (utterances → lines)."""

import pytest

from conversations.live.noticed import MOST_LINES, Tally
from conversations.live.signs import Sign

BREATH, LOUD = Sign("short of breath between words", 0.8, 0.7), Sign("voice louder", 0.9)
FAINT, AWAY = Sign("voice quieter", 0.4, 0.3), Sign("looking away", 0.4)
PAIN = Sign("face may be uncomfortable", 0.8, 0.6)


def counted(*utterances):
    tally = Tally()
    for seen, heard in utterances:
        tally.put(seen, heard)
        tally.close()
    return tally.summary()


TABLE = [
    ("nothing stood out", [([], [])] * 4, []),
    ("a strong sign, once", [([], [BREATH])], [("short of breath between words", 1, 0)]),
    ("a faint sign, once", [([], [FAINT])], []),
    ("a faint sign, twice", [([], [FAINT])] * 2, [("voice quieter", 2, 0)]),
    ("below what stands out", [([Sign("looking away", 0.2)], [])] * 9, []),
    (
        "the face agrees once of twice",
        [([PAIN], [BREATH]), ([AWAY], [BREATH])],
        [("short of breath between words", 2, 1), ("face may be uncomfortable", 1, 1)],
    ),
    ("what worries nobody is borne out by nothing", [([PAIN], [LOUD])] * 2, [("face may be uncomfortable", 2, 0)]),
]


@pytest.mark.parametrize(("name", "utterances", "lines"), TABLE, ids=[name for name, _, _ in TABLE])
def test_what_stood_out_becomes_lines(name, utterances, lines):
    summary = counted(*utterances)
    assert summary.utterances == len(utterances)
    told = [(line.sign, line.times, line.agreed) for line in summary.lines]
    assert told[: len(lines)] == lines
    assert bool(told) == bool(lines)


def test_face_and_voice_that_agree_are_surer_and_repetition_alone_is_not():
    once, often = counted(([], [BREATH])), counted(*[([], [BREATH])] * 9)
    together = counted(([PAIN], [BREATH]))
    assert once.lines[0].confidence == often.lines[0].confidence
    assert together.lines[0].confidence > once.lines[0].confidence


def test_there_are_never_more_than_five_lines_and_the_most_worrying_come_first():
    many = [Sign(f"sign {number}", 0.9) for number in range(8)]
    lines = counted((many, [BREATH])).lines
    assert len(lines) == MOST_LINES
    assert lines[0].sign == BREATH.words


def test_an_utterance_that_goes_on_after_a_pause_counts_once_as_it_ended():
    tally = Tally()
    tally.put([], [BREATH])
    tally.put([], [])
    assert tally.summary().lines == ()
    assert tally.summary().utterances == 1


def test_nobody_spoke():
    assert Tally().summary() is None
