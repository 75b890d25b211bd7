"""Messages to staff and patients that say that something waits, and never what.

A channel is an e-mail server or an SMS provider, named in the settings; without one,
demo mode keeps messages as files under the data folder, so that they can be looked at.
"""

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from smtplib import SMTPException
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMessage

from clinic.models.notices import StaffNotice
from clinic.push import sending as push

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Notice:
    """Holds no name, no word and no condition of a patient: numbers, addresses of our own pages, times."""

    subject: str
    text: str


@dataclass(frozen=True)
class Patience:
    """How often a message is tried, and how long after a failure."""

    tries: int
    wait: timedelta


class NotSent(Exception):
    """The message did not leave; the text is a code that may be shown and logged."""


class Channel(Protocol):
    name: str

    def address_of(self, email: str, phone: str) -> str:
        """Where this channel reaches someone with this e-mail address and phone number; empty if it cannot."""
        ...

    def send(self, address: str, notice: Notice) -> None:
        """Raises `NotSent`."""
        ...


class Email:
    name = "email"

    def address_of(self, email: str, phone: str) -> str:
        return email

    def send(self, address: str, notice: Notice) -> None:
        message = EmailMessage(notice.subject, notice.text, settings.DEFAULT_FROM_EMAIL, [address])
        try:
            message.send()
        except (SMTPException, OSError) as problem:
            raise NotSent(type(problem).__name__) from None


class HttpSms:
    """Any provider that takes `{"to": …, "text": …}` with a bearer token, directly or through a small adapter."""

    name = "sms"

    def address_of(self, email: str, phone: str) -> str:
        return phone

    def send(self, address: str, notice: Notice) -> None:
        request = urllib.request.Request(  # noqa: S310  (the settings allow https only)
            settings.SMS_URL,
            data=json.dumps({"to": address, "text": notice.text}).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {settings.SMS_TOKEN}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
                return
        except urllib.error.HTTPError as problem:
            raise NotSent(f"HTTP {problem.code}") from None
        except (urllib.error.URLError, OSError, ValueError) as problem:
            raise NotSent(type(problem).__name__) from None


class FileSms:
    """The offline twin: each message is a file."""

    name = "sms"

    def address_of(self, email: str, phone: str) -> str:
        return phone

    def send(self, address: str, notice: Notice) -> None:
        folder = Path(settings.DATA_DIR) / "outbox" / "sms"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{uuid.uuid4()}.txt").write_text(f"To: {address}\n\n{notice.text}\n")


def send(channel: str, email: str, phone: str, notice: Notice) -> None:
    """By the channel of that name. Raises `NotSent`, also if this installation no longer has it."""
    by_name = {one.name: one for one in channels()}
    if channel not in by_name:
        raise NotSent("channel removed")
    by_name[channel].send(by_name[channel].address_of(email, phone), notice)


def attempt(row: StaffNotice, notice: Notice, now: datetime, again: Patience) -> None:
    """Try once, and note in `row` how it went. The caller holds the row, and saves it."""
    row.tries += 1
    try:
        _send_to(row, notice)
    except NotSent as problem:
        row.problem = str(problem)[:80]
        if row.tries < again.tries:
            row.due_at = now + again.wait
            return
        row.state = row.State.FAILED
    else:
        row.state, row.problem = row.State.SENT, ""
    row.done_at = now


def _send_to(row: StaffNotice, notice: Notice) -> None:
    if row.channel != push.CHANNEL:
        send(row.channel, row.user.email, row.user.phone, notice)
    elif problem := push.push(row.user_id, notice.subject, ""):
        raise NotSent(problem)


def channels() -> Sequence[Channel]:
    """What this installation can send through."""
    found: list[Channel] = []
    if settings.DEMO or settings.SMTP_URL:
        found.append(Email())
    if settings.SMS_URL:
        found.append(HttpSms())
    elif settings.DEMO:
        found.append(FileSms())
    return found
