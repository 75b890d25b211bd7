"""When a follow-up is due, by the patient's own clock: a table of days and hours."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from clinic import visits

STOCKHOLM, TOKYO = ZoneInfo("Europe/Stockholm"), ZoneInfo("Asia/Tokyo")
DISCHARGED = datetime.date(2026, 10, 23)  # two days before the clocks change in Stockholm


def local(zone: ZoneInfo, day: int, clock: str) -> datetime.datetime:
    return datetime.datetime.combine(
        DISCHARGED + datetime.timedelta(days=day), datetime.time.fromisoformat(clock), tzinfo=zone
    )


@pytest.mark.parametrize("zone", [STOCKHOLM, TOKYO])
def test_windows_open_and_close_by_the_patients_clock(zone):
    first, week, fortnight, month = visits.windows(DISCHARGED, zone)
    assert (first.opens_at, first.closes_at) == (local(zone, 2, "09:00"), local(zone, 4, "20:00"))
    assert [window.opens_at.date() - DISCHARGED for window in (week, fortnight, month)] == [
        datetime.timedelta(days=days) for days in (7, 14, 30)
    ]


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        ("20:59", (0, "20:59")),
        ("21:00", (1, "08:00")),
        ("23:30", (1, "08:00")),
        ("03:00", (0, "08:00")),
        ("08:00", (0, "08:00")),
    ],
)
def test_nobody_is_reminded_at_night(at, allowed):
    assert visits.outside_quiet_hours(local(STOCKHOLM, 0, at), STOCKHOLM) == local(STOCKHOLM, *allowed)


def test_the_night_is_the_patients():
    noon_in_stockholm = local(STOCKHOLM, 0, "14:00")
    assert visits.outside_quiet_hours(noon_in_stockholm, TOKYO) == local(TOKYO, 1, "08:00")


def test_three_reminders_a_day_apart_and_then_the_window_closes():
    closes = local(STOCKHOLM, 4, "20:00")
    now = local(STOCKHOLM, 2, "09:00")
    assert visits.next_contact(1, now, closes, STOCKHOLM) == now + datetime.timedelta(hours=24)
    assert visits.next_contact(3, now, closes, STOCKHOLM) == closes
    assert visits.next_contact(1, local(STOCKHOLM, 4, "19:00"), closes, STOCKHOLM) == closes


def test_a_patient_may_choose_morning_afternoon_or_evening_of_the_days_left():
    choices = visits.times_to_choose(local(STOCKHOLM, 3, "13:30"), local(STOCKHOLM, 4, "20:00"), STOCKHOLM)
    assert choices == [local(STOCKHOLM, *each) for each in ((3, "18:00"), (4, "10:00"), (4, "14:00"), (4, "18:00"))]
