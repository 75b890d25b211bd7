"""How the assistant behaves: rates against those of people, and no smile at bad news."""

from itertools import pairwise

import numpy as np
import pytest

from conversations.live.events import Floor, Phoneme
from conversations.live.expression import BEHAVIOURS, Behaviour, Situation, behaviour
from conversations.live.face import Countenance
from conversations.live.motion import Pace, Spring, moments, swell
from conversations.live.pose import Pose
from conversations.providers.espeak import EspeakVoice

FPS = 40


def watched(face: Countenance, seconds: float, start_s: float = 0.0) -> list[Pose]:
    return [face.pose(start_s + index / FPS) for index in range(int(seconds * FPS))]


def onsets(values: list[float], level: float) -> int:
    return sum(before < level <= after for before, after in pairwise(values))


# -- the table ---------------------------------------------------------------


@pytest.mark.parametrize("floor", list(Floor))
def test_a_smile_is_gone_before_worry_is_half_shown(floor: Floor):
    assert behaviour(floor, 0.0).smile > 0
    assert all(behaviour(floor, concern).smile <= 0 for concern in (0.5, 0.7, 1.0))


@pytest.mark.parametrize("floor", list(Floor))
def test_worry_raises_the_inner_brows_and_leans_in(floor: Floor):
    calm, worried = behaviour(floor, 0.0), behaviour(floor, 1.0)
    assert worried.brow_inner > calm.brow_inner + 0.3
    assert worried.lean > calm.lean


@pytest.mark.parametrize(("situation", "row"), BEHAVIOURS.items())
def test_every_situation_stays_within_what_people_do(situation: Situation, row: Behaviour):
    assert 4.5 <= row.blinks_per_min <= 26  # Bentivoglio et al., 1997
    assert row.smile <= 0.5, "calm, never beaming"
    assert (row.away > 0.2) == ("thinking" in situation)


# -- listening ---------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_listener_blinks_like_a_person(seed: int):
    poses = watched(Countenance(seed), 240)
    blinks = [pose.blink for pose in poses]
    assert 14 <= onsets(blinks, 0.5) / 4 <= 21
    starts = [index / FPS for index, (before, after) in enumerate(pairwise(blinks)) if before < 0.5 <= after]
    gaps = np.diff(starts)
    assert gaps.std() > 0.25 * gaps.mean(), "regular blinking looks like a machine"
    shut_s = sum(blink > 0.2 for blink in blinks) / FPS / len(starts)
    assert 0.1 <= shut_s <= 0.4  # VanderWerf et al., 2003


def test_a_listener_looks_at_the_patient():
    poses = watched(Countenance(), 120)
    on_patient = np.mean([abs(pose.gaze_x) < 0.2 and abs(pose.gaze_y) < 0.2 for pose in poses])
    assert on_patient > 0.75  # Argyle and Cook, 1976


def test_it_nods_on_cue_and_only_then():
    face = Countenance()
    quiet = [pose.pitch for pose in watched(face, 5)]
    face.attend(Floor.LISTENING, 5.0, nod=True)
    nod = [pose.pitch for pose in watched(face, 1.5, start_s=5.0)]
    assert max(quiet) - min(quiet) < 0.25
    assert max(nod) - nod[0] > 0.3
    assert nod[-1] == pytest.approx(nod[0], abs=0.12)
    down_s = sum(value > nod[0] + 0.12 for value in nod) / FPS
    assert 0.2 <= down_s <= 1.1  # Hadar et al., 1985


def test_a_second_cue_in_the_middle_of_a_nod_is_not_a_second_nod():
    once, twice = Countenance(), Countenance()
    once.attend(Floor.LISTENING, 5.0, nod=True)
    twice.attend(Floor.LISTENING, 5.0, nod=True)
    twice.attend(Floor.LISTENING, 5.4, nod=True)
    after = [(once.pose(5 + step / FPS).pitch, twice.pose(5 + step / FPS).pitch) for step in range(80)]
    assert all(a == pytest.approx(b, abs=1e-6) for a, b in after)


def test_two_nods_are_not_alike():
    face = Countenance()
    shapes = []
    for start_s in (5.0, 10.0, 15.0):
        face.attend(Floor.LISTENING, start_s, nod=True)
        shapes.append([pose.pitch for pose in watched(face, 1, start_s=start_s)])
    assert np.abs(np.diff(shapes, axis=0)).max(axis=1).min() > 0.04


def test_concern_shows_within_a_second_and_eases_in():
    face = Countenance()
    face.attend(Floor.LISTENING, 3.0, concern=1.0)
    brows = [pose.brow_inner for pose in watched(face, 1.0, start_s=3.0)]
    smiles = [pose.smile for pose in watched(face, 1.0, start_s=3.0)]
    assert brows[-1] > 0.5
    assert smiles[-1] <= 0.02
    assert max(abs(after - before) for before, after in pairwise(brows)) < 0.1


# -- thinking ----------------------------------------------------------------


def test_it_glances_away_to_think_and_comes_back():
    face = Countenance()
    face.attend(Floor.THINKING, 2.0)
    away = watched(face, 1.0, start_s=2.3)
    assert all(abs(pose.gaze_x) > 0.4 for pose in away)
    face.attend(Floor.SPEAKING, 3.4)
    assert np.median([abs(pose.gaze_x) for pose in watched(face, 1.0, start_s=3.7)]) < 0.15


# -- speaking ----------------------------------------------------------------


def test_stressed_syllables_move_brows_and_head():
    sound = EspeakVoice().render("Please take two tablets every morning, and drink plenty of water with each of them.")
    speaking, silent = Countenance(), Countenance()
    for face in (speaking, silent):
        face.attend(Floor.SPEAKING, 0.0)
    speaking.say(sound.phonemes, 1.0)
    lifted = [
        said.brow_outer - unsaid.brow_outer
        for said, unsaid in zip(watched(speaking, 6), watched(silent, 6), strict=True)
    ]
    assert max(lifted) > 0.1
    assert max(lifted[: FPS // 2]) == 0


def test_lips_follow_an_answer_whose_end_is_known_long_before_it_is_heard():
    """A voice is quicker than its listener: twenty seconds of sound may wait."""
    face = Countenance()
    for at_s in range(20):
        face.say([Phoneme("ɑː", 0.2, 0.8)], float(at_s))
    assert all(face.pose(at_s + 0.5).mouth.open > 0.5 for at_s in range(20))


def test_hush_stops_the_lips():
    face = Countenance()
    face.attend(Floor.SPEAKING, 0.0)
    face.say([Phoneme("ɑː", 0.0, 2.0)], 0.0)
    assert face.pose(1.0).mouth.open > 0.5
    face.hush(1.0)
    assert face.pose(1.2).mouth.open == 0


# -- alive -------------------------------------------------------------------


def test_the_same_seed_and_times_give_the_same_face():
    def story() -> list[Pose]:
        face = Countenance(5)
        face.attend(Floor.LISTENING, 1.0, nod=True)
        face.attend(Floor.THINKING, 3.0, concern=0.4)
        face.attend(Floor.SPEAKING, 4.0)
        return watched(face, 6)

    assert story() == story()


def test_no_two_stretches_look_alike():
    """Minutes of listening, compared at every shift from 2 to 60 s: nothing loops."""
    poses = watched(Countenance(), 120)
    motion = np.array([[pose.yaw, pose.pitch, pose.roll_deg / 2] for pose in poses[::4]])
    motion = motion - motion.mean(axis=0)
    for shift in range(20, 600):
        ahead, behind = motion[shift:].ravel(), motion[:-shift].ravel()
        assert np.corrcoef(ahead, behind)[0, 1] < 0.8


def test_every_motion_is_eased():
    face = Countenance()
    face.attend(Floor.THINKING, 1.0, concern=0.5)
    face.attend(Floor.SPEAKING, 2.0)
    face.attend(Floor.LISTENING, 2.2, concern=1.0, nod=True)
    poses = watched(face, 5)
    for part, most in (
        ("yaw", 0.06),
        ("pitch", 0.12),
        ("roll_deg", 0.2),
        ("lean", 0.05),
        ("smile", 0.06),
        ("breath", 0.1),
    ):
        steps = [abs(getattr(after, part) - getattr(before, part)) for before, after in pairwise(poses)]
        assert max(steps) < most, part


def test_it_breathes_like_a_resting_adult():
    breaths = onsets([pose.breath for pose in watched(Countenance(), 120)], 0.5) / 2
    assert 12 <= breaths <= 20


def test_reduced_motion_moves_lips_and_lids_only():
    face = Countenance(reduced_motion=True)
    face.attend(Floor.SPEAKING, 0.0, nod=True)
    face.say([Phoneme("ɑː", 0.0, 1.0)], 0.0)
    poses = watched(face, 20, start_s=0.0)
    assert {(pose.yaw, pose.pitch, pose.roll_deg, pose.lean, pose.breath, pose.gaze_x) for pose in poses} == {(0,) * 6}
    assert max(pose.mouth.open for pose in poses) > 0.5
    assert max(pose.blink for pose in poses) > 0.9


# -- the means ---------------------------------------------------------------


def test_a_spring_reaches_its_target_without_overshoot_or_corner():
    spring = Spring(0.0, stiffness=6).towards(1.0, 0.0)
    values = [spring.at(index / 100)[0] for index in range(200)]
    assert values[0] == 0
    assert values == sorted(values)
    assert 0.99 < values[-1] <= 1
    turned = spring.towards(0.0, 0.2)
    assert turned.at(0.2)[1] == pytest.approx(spring.at(0.2)[1])


def test_a_pace_counts_through_changes_and_tells_when():
    pace = Pace(((0.0, 0.0, 0.5),)).changing(10.0, 2.0).changing(12.0, 0.0)
    assert [pace.at(at_s) for at_s in (4, 10, 11, 12, 99)] == [2, 5, 7, 9, 9]
    assert pace.when(2) == 4
    assert pace.when(7) == 11
    assert pace.when(10) == float("inf")


def test_moments_come_one_by_one_and_are_the_same_from_any_side():
    whole = moments(3, 0, 0, 200)
    assert len(whole) == pytest.approx(200, rel=0.1)
    assert [each for each in whole if 50 <= each[1] <= 60] == list(moments(3, 0, 50, 60))


def test_a_swell_rises_and_falls():
    assert [swell(at_s, 1, 1, 2) for at_s in (0, 0.5, 1, 1.5, 3, 4)] == pytest.approx([0, 0.5, 1, 1, 0.5, 0])
