"""From measured points to what many calls need, and a command that says plainly what it lacks."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from defusedxml import ElementTree
from django.core.management import CommandError, call_command
from django.test import override_settings

from conversations.load import capacity, driver, measured, report, soak
from conversations.load.capacity import Point, Profile
from conversations.load.measured import LoadTest
from conversations.synthetic_patient import Heard


def machine(calls: int, *, cores: int = 8, each: float = 0.5, idle: float = 0.2) -> Point:
    """What a machine would measure whose waiting grows as in a queue."""
    load = (idle + each * calls) / cores
    queue = load / (1 - load)
    return Point(calls, idle + each * calls, 400 + 200 * queue, 700 + 500 * queue, memory_gib=1 + 0.3 * calls)


MEASURED = [machine(calls) for calls in (1, 2, 4, 8, 10)]


def test_a_model_predicts_points_it_has_not_seen():
    model = capacity.fit(MEASURED, 8)
    assert model.use.slope == pytest.approx(0.5)
    for calls in (3, 6, 12):
        assert model.p50_ms(calls) == pytest.approx(machine(calls).p50_ms, rel=0.01)
        assert model.p95_ms(calls) == pytest.approx(machine(calls).p95_ms, rel=0.01)
    assert [abs(error) < 0.01 for _, error in capacity.errors(MEASURED, 8)] == [True] * len(MEASURED)


def test_noise_is_told_as_error():
    noisy = [Point(p.calls, p.cores_used, p.p50_ms * (1.4 if p.calls == 4 else 1), p.p95_ms) for p in MEASURED]
    worst, error = max(capacity.errors(noisy, 8), key=lambda found: abs(found[1]))
    assert (worst.calls, error < -0.15) == (4, True)
    assert f"{error:+.0%} at 4" in report.page(noisy, 8)
    assert not capacity.errors(MEASURED[:3], 8)


def test_patients_on_the_same_machine_make_calls_wait_and_are_no_part_of_what_a_call_costs():
    """Each takes a quarter of a core: three quarters a call, of which the deployment pays two thirds."""
    beside = [
        replace(machine(calls, each=0.75), cores_used=0.2 + 0.5 * calls, patients_cores=0.25 * calls)
        for calls in (1, 2, 4, 8)
    ]
    model = capacity.fit(beside, 8)
    assert model.p50_ms(6) == pytest.approx(machine(6, each=0.75).p50_ms, rel=0.01)
    alone = replace(model, patients=capacity.Line(0, 0))
    assert alone.p50_ms(6) == pytest.approx(machine(6).p50_ms, rel=0.01)
    assert model.knee == capacity.fit(MEASURED, 8).knee


def test_the_knee_leaves_room():
    model = capacity.fit(MEASURED, 8)
    assert model.knee == 10  # 0.2 + 10 × 0.5 = 5.2 of 5.6 cores
    assert model.load(model.knee) <= capacity.BUSIEST < model.load(model.knee + 1)


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
        capacity.fit([machine(4), machine(4)], 8)
    assert "No model" in report.page([machine(4)], 8)


def test_a_machine_too_small_for_one_call_is_said():
    model = capacity.fit([machine(1, cores=1, each=0.6), machine(2, cores=2, each=0.6)], 1)
    with pytest.raises(ValueError, match="not one call"):
        capacity.needs(1, model)


def test_the_report_has_points_model_and_needs():
    page = report.page(MEASURED, 8)
    assert "| 8 | 4.20 |" in page
    assert "10 fit on 8 cores" in page
    assert "| 100,000 | 10,000 |" in page


def test_the_report_says_where_waiting_breaks():
    assert "It breaks at none" in report.page([machine(1), machine(2)], 8)
    told = report.page([machine(15), machine(1), machine(2)], 8)
    assert "p95 over that of 1: 1.05 at 2, " in told
    assert "It breaks at 15 calls (more than 1.5 times)." in told


def test_a_kept_test_becomes_the_page_and_its_curve(tmp_path: Path):
    test = LoadTest("2026-01-02", "1", "A processor", 8, 720, 25, 60.0, tuple(MEASURED))
    test.save(tmp_path / "load.json")
    again = measured.load(tmp_path / "load.json")
    assert again == test
    page = report.handbook(again)
    assert "8 cores (A processor)" in page
    assert "| 100,000 | 10,000 |" in page
    drawn = ElementTree.fromstring(report.picture(again))
    assert len(drawn.findall(".//{*}circle")) == 2 * len(MEASURED)
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
    used, patients, memory = meter.read()
    assert used >= 0
    assert patients > 0
    assert memory > 0


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
