"""From measured points to what many calls need, and a command that says plainly what it lacks."""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from defusedxml import ElementTree
from django.core.management import CommandError, call_command
from django.test import override_settings

from conversations.live.events import Samples
from conversations.load import capacity, driver, measured, report, soak, speech
from conversations.load.capacity import Point, Profile
from conversations.load.measured import LoadTest
from conversations.load.rounds import Rounds
from conversations.load.speech import Line
from conversations.synthetic_patient import AUDIBLE_DB, RATE_HZ, Heard, level_db

IDLE = Point(0, 0.2, memory_gib=1.0)


def machine(calls: int, *, cores: int = 8, each: float = 0.5, patients: float = 0.0, turns: int = 10_000) -> Point:
    """What a machine would measure whose calls work 0.01 s, then think, both by chance, and share the cores.

    Played through event by event; `each` is what one takes of a core alone, of which `patients` is its patient's.
    """
    chance, free = random.Random(calls), cores - IDLE.cores_used
    thinks_s = 0.01 / (each / free * cores) - 0.01
    working = 0
    done, busy_s, now_s, waited_s = 0, 0.0, 0.0, 0.0
    while done < turns:
        begins, ends = (calls - working) / thinks_s, min(working, cores) * free / cores / 0.01
        step_s = chance.expovariate(begins + ends)
        now_s, busy_s, waited_s = now_s + step_s, busy_s + min(working, cores) * step_s, waited_s + working * step_s
        began = chance.random() < begins / (begins + ends)
        working, done = working + (1 if began else -1), done + (not began)
    taken, stretch = busy_s / now_s * free / cores, waited_s / busy_s
    used = IDLE.cores_used + taken * (1 - patients)
    return Point(calls, used, 400 + 200 * stretch, 700 + 500 * stretch, 0, 1 + 0.3 * calls, taken * patients)


MEASURED = [IDLE, *(machine(calls) for calls in (1, 4, 8, 12, 13, 20))]


def test_a_model_predicts_points_it_has_not_seen():
    model = capacity.fit(MEASURED, 8)
    assert model.call == pytest.approx(0.5, rel=0.02)
    for calls in (3, 10, 14):
        seen = machine(calls)
        assert model.cores_used(calls) == pytest.approx(seen.cores_used, rel=0.03)
        assert model.p50_ms(calls) == pytest.approx(seen.p50_ms, rel=0.05)
        assert model.p95_ms(calls) == pytest.approx(seen.p95_ms, rel=0.05)
    assert [one.worst < 0.05 for one in capacity.errors(MEASURED, 8)[:5]] == [True] * 5
    assert [one.worst < 0.05 for one in capacity.fitted(MEASURED, 8)[:5]] == [True] * 5


def test_where_the_cores_are_used_up_it_breaks_and_that_is_not_modelled():
    assert [point.uses_up(8) for point in MEASURED[1:]] == [False] * 5 + [True]
    broken = [*MEASURED[:-1], replace(MEASURED[-1], p50_ms=30_000)]
    assert capacity.fit(broken, 8) == capacity.fit(MEASURED, 8)
    assert capacity.errors(broken, 8)[-1].p50 < -0.9
    assert "| 20* |" in report.page(broken, 8)


def test_noise_is_told_as_error():
    noisy = [replace(p, p50_ms=p.p50_ms * (1.4 if p.calls == 8 else 1)) for p in MEASURED[:-1]]
    worst = max(capacity.errors(noisy, 8), key=lambda found: found.worst)
    assert (worst.point.calls, worst.p50 < -0.15, abs(worst.cores_used) < 0.05) == (8, True, True)
    left_out = f"{worst.cores_used:+.0%} | {worst.p50:+.0%} | {worst.p95:+.0%} |\n"
    told = next(line for line in report.page(noisy, 8).splitlines(keepends=True) if left_out in line)
    assert told.startswith("| 8 | ")
    assert not capacity.errors(MEASURED[:4], 8)


def test_nobody_is_predicted_to_wait_less_because_more_call():
    lucky = [replace(p, p50_ms=1000 - 20 * p.calls) for p in MEASURED]
    model = capacity.fit(lucky, 8)
    assert model.p50_ms(20) == model.p50_ms(1)


def test_patients_on_the_same_machine_make_calls_wait_and_are_no_part_of_what_a_call_costs():
    """Each takes a quarter of a core: three quarters a call, of which the deployment pays two thirds."""
    beside = [IDLE, *(machine(calls, each=0.75, patients=1 / 3) for calls in (1, 4, 7, 9))]
    model = capacity.fit(beside, 8)
    assert model.p50_ms(8) == pytest.approx(machine(8, each=0.75).p50_ms, rel=0.05)
    assert (model.call, model.patient) == (pytest.approx(0.5, rel=0.03), pytest.approx(0.25, rel=0.03))
    assert model.knee == capacity.fit(MEASURED, 8).knee


def test_the_knee_leaves_room():
    model = capacity.fit(MEASURED, 8)
    assert model.knee == 10  # 0.2 + 10 × 0.5 = 5.2 of 5.6 cores
    assert model.idle + 10 * model.call <= capacity.BUSIEST * 8 < model.idle + 11 * model.call


def test_what_many_calls_need_is_what_one_needs_many_times():
    model = capacity.fit(MEASURED, 8)
    ten, many = (capacity.needs(calls, model) for calls in (10, 100_000))
    assert (ten.machines, many.machines) == (1, 10_000)
    assert many.egress_gbps == pytest.approx(150)
    assert many.turn_gbps == pytest.approx(2 * 100_000 * 0.2 * 1.54 / 1000)
    assert many.model_tokens_a_second == pytest.approx(100_000 * 4 / 60 * 2600)
    assert capacity.needs(10, model, Profile(relayed=0)).turn_gbps == 0


def test_one_number_of_calls_makes_no_model():
    with pytest.raises(ValueError, match="two different"):
        capacity.fit([IDLE, machine(4), machine(4)], 8)
    assert "No model" in report.page([IDLE, machine(4)], 8)


def test_a_machine_too_small_for_one_call_is_said():
    model = capacity.fit([IDLE, Point(1, 0.78, 500, 900), Point(2, 0.88, 700, 1500)], 1)
    with pytest.raises(ValueError, match="not one call"):
        capacity.needs(1, model)


def test_the_report_has_points_model_and_needs():
    page = report.page(MEASURED, 8)
    assert f"| 8 | {MEASURED[3].cores_used:.2f} |" in page
    assert "10 fit on 8 cores" in page
    assert "| 100,000 | 10,000 |" in page


def test_the_report_says_where_waiting_breaks():
    one, two, ten = (replace(IDLE, calls=calls, p95_ms=ms) for calls, ms in ((1, 1000), (2, 1050), (10, 1600)))
    assert "It breaks at none" in report.page([IDLE, one, two], 8)
    told = report.page([IDLE, ten, one, two], 8)
    assert "p95 over that of 1: 1.05 at 2, " in told
    assert "It breaks at 10 calls (more than 1.5 times)." in told


def test_a_kept_test_becomes_the_page_and_its_curve(tmp_path: Path):
    test = LoadTest("2026-01-02", "1", "A processor", 8, 720, 25, tuple(MEASURED))
    test.save(tmp_path / "load.json")
    again = measured.load(tmp_path / "load.json")
    assert again == test
    page = report.handbook(again)
    assert "8 cores (A processor)" in page
    assert "| 100,000 | 10,000 |" in page
    drawn = ElementTree.fromstring(report.picture(again))
    assert len(drawn.findall(".//{*}circle")) == 2 * len(MEASURED[1:])
    assert len(drawn.findall(".//{*}polyline")) == 2


def test_what_is_no_load_test_is_said(tmp_path: Path):
    (tmp_path / "load.json").write_text('[{"calls": 1}]')
    with pytest.raises(ValueError, match="holds no load test"):
        measured.load(tmp_path / "load.json")


def test_without_a_measurement_the_page_says_how_to_make_one():
    assert "scripts/measure_load" in report.handbook(None)
    ElementTree.fromstring(report.picture(None))


def test_money_is_paid_for_whole_machines():
    model = capacity.fit(MEASURED, 8)
    free = Profile(gigabyte_usd=0, million_tokens_usd=0)
    assert capacity.needs(1, model, free).usd_an_hour == pytest.approx(8 * 0.04)
    talk = Profile(core_usd_an_hour=0, gigabyte_usd=0)
    assert capacity.needs(60, model, talk).usd_an_hour == pytest.approx(60 * 4 * 60 * 2600 / 1e6 * 0.6)


def test_the_meter_leaves_out_what_the_patients_take():
    meter, until = driver.Meter(), time.process_time() + 0.3
    while time.process_time() < until:
        pass
    used, patients, memory, took_s = meter.read()
    assert used >= 0
    assert took_s >= 0.3
    assert patients > 0
    assert memory > 0


@pytest.fixture(scope="module")
def lines() -> Sequence[Line]:
    return speech.lines()


# -- how a step goes ------------------------------------------------------------------------


class Chatty:
    """A patient who is answered at once, unless nobody takes what is said for the `deaf` first times."""

    def __init__(self, deaf: int = 0) -> None:
        self.heard, self.mouth, self.deaf, self.said = Heard(), self, deaf, 0

    async def say(self, _samples: Samples) -> float:
        self.deaf -= 1
        if self.deaf >= 0:
            raise TimeoutError
        self.said += 1
        return time.monotonic()

    async def floor(self, _who: str, _timeout_s: float) -> None:
        await asyncio.sleep(0)
        self.heard.levels.append((time.monotonic(), -20.0))


def played(monkeypatch: pytest.MonkeyPatch, lines: Sequence[Line], *patients: Chatty) -> driver.Gathered:
    monkeypatch.setattr(driver, "gap_s", lambda _chance: 0.0)
    gathered = driver.Gathered()
    asyncio.run(driver.all_heard(patients, Rounds(lines, len(patients), 8), gathered, seed=1))  # type: ignore[arg-type]
    return gathered


def test_a_step_ends_when_the_last_answer_that_counts_was_heard(monkeypatch, lines):
    """A call that was connected anew repeats what was not taken."""
    patients = [Chatty(), Chatty(deaf=2), Chatty()]
    gathered = played(monkeypatch, lines, *patients)
    assert len(gathered.waits_ms) == len(lines)
    assert all(0 <= wait_ms < 1000 for wait_ms in gathered.waits_ms)
    assert all(one.said > 1 for one in patients)


def test_a_call_that_breaks_off_ends_the_step(monkeypatch, lines):
    with pytest.raises(ValueError, match="a call broke off \\(TimeoutError: no connection took"):
        played(monkeypatch, lines, Chatty(), Chatty(deaf=100))


# -- what the patients say ----------------------------------------------------------------


def test_the_recordings_are_lines_of_two_voices_without_silence_around_them(lines):
    assert Counter(line.voice for line in lines) == {"rms": 12, "slt": 12}
    for line in lines:
        assert 0.5 < len(line.samples) / RATE_HZ < 3.0
        assert level_db(line.samples[-960:]) > AUDIBLE_DB


def test_a_folder_without_sound_is_refused(tmp_path: Path):
    with pytest.raises(CommandError, match="holds no recordings"):
        call_command("load_test", speech=tmp_path)
    (tmp_path / "hello.ogg").write_bytes(b"no sound")
    with pytest.raises(CommandError, match=r"hello\.ogg cannot be read as sound"):
        call_command("load_test", speech=tmp_path)


@pytest.mark.parametrize("patients", [1, 2, 3, 5, 6])
def test_each_line_is_said_equally_often_whoever_is_quicker(lines, patients):
    rounds, chance, said = Rounds(lines, patients, 8), random.Random(patients), Counter()
    scripts = [rounds.script(number) for number in range(patients)]
    assert [next(script)[1] for script in scripts] == [False] * patients
    pace = [0.2 + chance.random() for _ in scripts]
    while (turn := next(chance.choices(scripts, pace)[0]))[1]:
        said[turn[0]] += 1
    assert rounds.count == said.total() >= 8 * patients
    assert set(said.values()) == {rounds.count // len(lines)}
    assert len(said) == len(lines)


def test_two_patients_keep_to_a_voice_each(lines):
    rounds = Rounds(lines, 2, 8)
    first, second = (rounds.script(number) for number in range(2))
    turns = [(next(first)[0].voice, next(second)[0].voice) for _ in range(13)]
    assert turns == [("rms", "slt")] * 13


def test_gaps_are_as_in_consultations():
    chance = random.Random(1)
    drawn = sorted(speech.gap_s(chance) for _ in range(4000))
    assert drawn[1000] == 0.0
    assert drawn[2000] == pytest.approx(0.33, abs=0.04)
    assert drawn[3600] == pytest.approx(1.25, abs=0.1)


@override_settings(DEMO=False)
def test_outside_the_demo_it_asks_for_invitations(tmp_path: Path):
    with pytest.raises(CommandError, match="--invitations"):
        call_command("load_test")
    few = tmp_path / "few"
    few.write_text("http://127.0.0.1/i/x/ 1958-03-02\n")
    with pytest.raises(CommandError, match="needs 7 lines"):
        call_command("load_test", invitations=few)


# -- one long call ------------------------------------------------------------------------


def test_growth_is_found_under_noise_and_outliers():
    grows = [(minute / 10, 100 + 0.5 * minute / 10 + (minute * 7 % 11) / 10) for minute in range(300)]
    grows[40] = (4.0, 900.0)
    assert soak.slope(grows) == pytest.approx(0.5, abs=0.02)
    assert soak.slope([(minute, 100.0) for minute in range(10)]) == 0.0
    assert soak.slope(grows[:3]) is None


def test_a_soak_says_what_it_saw_and_where_it_saw_too_little():
    minutes = [number / 10 for number in range(50)]
    seen = soak.Watched(
        5.0,
        memory_mb=[(at, 150.0 + 2 * at) for at in minutes],
        waits_ms=[(0.0, 400.0)],
        apart_ms=[(at, 7_000.0 - 3 * at) for at in minutes],
    )
    memory, waits, apart = seen.report().splitlines()[2:]
    assert "slope +2.00 MB/min" in memory
    assert "too few samples (1)" in waits
    assert "slope -3.00 ms/min" in apart
    assert "-7.0 ms" in apart or "-6.9 ms" in apart


def test_the_memory_of_a_process_is_read_from_the_machine():
    assert soak.pss_mb(os.getpid()) > 10


@pytest.mark.parametrize("minutes", [0.0, 61.0])
def test_a_soak_longer_than_a_call_is_refused(minutes):
    with pytest.raises(CommandError, match="a call ends after an hour"):
        call_command("soak", minutes=minutes)


def test_sound_and_picture_apart_is_how_much_later_the_picture_comes():
    heard = Heard()
    assert heard.apart_ms() is None
    heard.latest = {"audio": (10.0, 3.0), "video": (10.1, 3.02)}
    assert heard.apart_ms() == pytest.approx(80.0)
