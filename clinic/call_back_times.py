"""When a patient whom nobody could join is called back, and how that is said. Pure: time is an argument."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from clinic import visits
from clinic.discharge_plan import Severity

WITHIN = {
    Severity.EMERGENCY: timedelta(minutes=15),
    Severity.URGENT: timedelta(minutes=45),  # an hour after it was raised: everybody was paged after 15 minutes
    Severity.QUESTION: timedelta(hours=4),
}
GRACE = timedelta(minutes=15)  # past the time that was promised, before it counts as missed
FURTHEST = timedelta(days=3)
_STEP = timedelta(minutes=5)


def proposed(severity: Severity, now: datetime, zone: ZoneInfo) -> datetime:
    """What the clock promises. Only a question waits for the patient's morning."""
    at = _round_up(now + WITHIN[severity], zone)
    return visits.outside_quiet_hours(at, zone) if severity is Severity.QUESTION else at


def may_be_promised(due_at: datetime, now: datetime) -> bool:
    return now < due_at <= now + FURTHEST


def spoken(due_at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """By the patient's clock, as one says it: "3:10 PM today", "9 AM on Tuesday"."""
    local, today = due_at.astimezone(zone), now.astimezone(zone).date()
    hour = f"{local.hour % 12 or 12}"
    clock = f"{hour}:{local.minute:02d}" if local.minute else hour
    days = (local.date() - today).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"on {local:%A}")
    return f"{clock} {local:%p} {day}"


def _round_up(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    hour = local.replace(minute=0, second=0, microsecond=0)
    steps = -(-(local - hour) // _STEP)
    return hour + steps * _STEP
