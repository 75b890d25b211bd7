"""Times as people say them: "4 min ago, 23:12". Pure."""

from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _


def ago(then: datetime, now: datetime) -> str:
    """How long ago, coarsely. `page.js` keeps it true on an open page."""
    minutes = int((now - then) / timedelta(minutes=1))
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("{n} min ago").format(n=minutes)
    if minutes < 48 * 60:
        return _("{n} h ago").format(n=minutes // 60)
    return _("{n} days ago").format(n=minutes // 1440)


def clock(then: datetime, now: datetime) -> str:
    """The time by the clinic's clock, with its date unless it is today."""
    local, today = timezone.localtime(then), timezone.localtime(now).date()
    if local.date() == today:
        return formats.date_format(local, "H:i")
    return formats.date_format(local, "j M H:i" if local.year == today.year else "j M Y H:i")
