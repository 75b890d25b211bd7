"""When a follow-up is due, when it may be spoken of, and how often to remind. Pure: time is an argument.

Two to three days after discharge, and again after one, two and four weeks: when most
preventable readmissions announce themselves (AHRQ RED toolkit, tool 5, for the first).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(9), time(20)
QUIET_FROM, QUIET_UNTIL = time(21), time(8)
REMINDERS = 3
REMIND_AFTER = timedelta(hours=24)
TIMES_OF_DAY = (time(10), time(14), time(18))


@dataclass(frozen=True)
class Visit:
    """A follow-up of the protocol: it may take place from one day after discharge to another."""

    name: str
    from_day: int
    to_day: int


@dataclass(frozen=True)
class Window:
    name: str
    opens_at: datetime
    closes_at: datetime


AFTER_DISCHARGE: Sequence[Visit] = (
    Visit("day_2", 2, 4),
    Visit("day_7", 7, 9),
    Visit("day_14", 14, 17),
    Visit("day_30", 30, 35),
)


def windows(discharged_on: date, zone: ZoneInfo, visits: Sequence[Visit] = AFTER_DISCHARGE) -> list[Window]:
    """By the patient's own clock."""

    def at(day: int, clock: time) -> datetime:
        return datetime.combine(discharged_on + timedelta(days=day), clock, tzinfo=zone)

    return [Window(visit.name, at(visit.from_day, OPENS), at(visit.to_day, CLOSES)) for visit in visits]


def outside_quiet_hours(at: datetime, zone: ZoneInfo) -> datetime:
    """This time, or the next morning if it falls into the patient's night."""
    local = at.astimezone(zone)
    if local.time() >= QUIET_FROM:
        return datetime.combine(local.date() + timedelta(days=1), QUIET_UNTIL, tzinfo=zone)
    if local.time() < QUIET_UNTIL:
        return datetime.combine(local.date(), QUIET_UNTIL, tzinfo=zone)
    return at


def next_contact(reminders: int, now: datetime, closes_at: datetime, zone: ZoneInfo) -> datetime:
    """When to act again after this many reminders: remind once more, or close the window."""
    if reminders >= REMINDERS:
        return closes_at
    return min(outside_quiet_hours(now + REMIND_AFTER, zone), closes_at)


def times_to_choose(now: datetime, closes_at: datetime, zone: ZoneInfo) -> list[datetime]:
    """What a patient may choose instead of now: morning, afternoon and evening of each day left, an hour ahead."""
    day, found = now.astimezone(zone).date(), []
    while day <= closes_at.astimezone(zone).date():
        found += [datetime.combine(day, clock, tzinfo=zone) for clock in TIMES_OF_DAY]
        day += timedelta(days=1)
    return [choice for choice in found if now + timedelta(hours=1) <= choice < closes_at]
