"""A follow-up as a calendar file (RFC 5545), for the patient's own calendar. It says nothing of why."""

from datetime import timedelta

import icalendar
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.models import FollowUp

TAKES = timedelta(minutes=20)


def appointment(follow_up: FollowUp) -> bytes:
    """The time the patient chose, or else the opening of the window."""
    begins = follow_up.chosen_at or max(follow_up.opens_at, timezone.now())
    event = icalendar.Event()
    event.add("uid", f"{follow_up.pk}@aftercare")
    event.add("summary", _("Video call with your clinic"))
    event.add("description", _("Open the link in your message from the clinic when it is time."))
    event.add("dtstamp", timezone.now())
    event.add("dtstart", begins)
    event.add("dtend", begins + TAKES)
    event.add("url", settings.BASE_URL)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Aftercare//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
