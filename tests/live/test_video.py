"""The picture's size and rate follow what machine and network can carry."""

from itertools import pairwise

from conversations.live.video import LADDER, STILL_S, Choice, Load, adapt, worth_sending

TOP = len(LADDER) - 1
FAST = 10_000_000.0


def load(at_s: float = 0.0, *, cost_ms: float = 5.0, late: float = 0.0, free: float = 1.0, bits: float = FAST) -> Load:
    return Load(at_s, cost_ms / 1000, late, free, bits)


def settled(choice: Choice, seconds: int, **changes: float) -> Choice:
    for second in range(seconds):
        choice = adapt(choice, load(second, **changes))
    return choice


def test_a_picture_is_sent_when_it_is_new_or_old():
    assert worth_sending(changed=True, since_sent_s=0.025)
    assert worth_sending(changed=False, since_sent_s=STILL_S)
    assert not worth_sending(changed=False, since_sent_s=0.1)
    assert not worth_sending(changed=True, since_sent_s=-0.1)


def test_a_frame_that_costs_too_much_brings_the_size_down_at_once():
    after = adapt(Choice(TOP), load(cost_ms=30))  # 40 frames of 30 ms are more than a core
    assert after.wanted.pixels_per_s * 0.030 / LADDER[TOP].pixels_per_s * 40 <= 0.75


def test_late_frames_bring_it_down_even_if_they_look_cheap():
    assert adapt(Choice(TOP), load(late=0.2)).rung == TOP - 1


def test_a_narrow_network_brings_it_down():
    assert adapt(Choice(TOP), load(bits=300_000)).wanted.bits_per_s <= 300_000


def test_it_goes_up_one_rung_at_a_time_and_only_after_easy_seconds():
    assert settled(Choice(2), 8, cost_ms=3).rung == 2
    assert settled(Choice(2), 9, cost_ms=3).rung == 3
    assert settled(Choice(2), 60, cost_ms=1).rung > 3


def test_one_hard_second_starts_the_wait_again():
    choice = settled(Choice(2), 7, cost_ms=3)
    choice = adapt(choice, load(7, cost_ms=16))
    assert choice.easy_since_s is None
    assert adapt(choice, load(8, cost_ms=3)).rung == 2


def test_it_does_not_swing():
    """A machine that carries a rung easily, and the next one not, stays where it is."""
    cost_s = {rung: 20e-9 * LADDER[rung].size ** 2 for rung in range(len(LADDER))}
    choice, seen = Choice(TOP), []
    for second in range(120):
        choice = adapt(choice, load(second, cost_ms=1000 * cost_s[choice.rung], free=0.8))
        seen.append(choice.rung)
    assert len(set(seen[20:])) == 1


def test_the_lowest_rung_is_kept_whatever_happens():
    assert adapt(Choice(0), load(cost_ms=500, late=1, free=0.01, bits=1)).rung == 0


def test_the_ladder_rises():
    assert all(low.pixels_per_s < high.pixels_per_s for low, high in pairwise(LADDER))
    assert all(low.bits_per_s < high.bits_per_s for low, high in pairwise(LADDER))
