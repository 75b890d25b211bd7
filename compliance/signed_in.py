"""When a member of staff is still signed in. Pure: a session is a mapping, time is an argument.

15 minutes idle, 12 hours in all (NIST SP 800-63B, AAL2/3; 45 CFR 164.312(a)(2)(iii) asks
for automatic logoff without a number). A patient has no account and is not concerned.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

IDLE_S = 15 * 60
ALTOGETHER_S = 12 * 60 * 60
NOTED_EVERY_S = 15  # how exactly activity is kept; a write each request would be waste

SIGNED_IN_AT = "signed_in_at"
ACTIVE_AT = "active_at"
METHODS = "account_authentication_methods"  # written by allauth


class Ended(StrEnum):
    """Why a session is over."""

    IDLE = "idle"
    TOO_LONG = "too_long"


def ended(session: Mapping[str, Any], now_s: float) -> Ended | None:
    """Why the session is over at `now_s` (Unix time), or None while it lasts."""
    signed_in_at, active_at = session.get(SIGNED_IN_AT), session.get(ACTIVE_AT)
    if signed_in_at is None or active_at is None or now_s - active_at >= IDLE_S:
        return Ended.IDLE
    if now_s - signed_in_at >= ALTOGETHER_S:
        return Ended.TOO_LONG
    return None


def left_s(session: Mapping[str, Any], now_s: float) -> float:
    """Seconds until the session ends by itself; 0 if it is over."""
    if ended(session, now_s):
        return 0.0
    return float(min(session[ACTIVE_AT] + IDLE_S, session[SIGNED_IN_AT] + ALTOGETHER_S) - now_s)


def worth_noting(session: Mapping[str, Any], now_s: float) -> bool:
    return bool(now_s - session.get(ACTIVE_AT, 0) >= NOTED_EVERY_S)


def used_second_factor(session: Mapping[str, Any]) -> bool:
    """Whether this session proved a second factor: a code, a recovery code or a passkey."""
    return any(record.get("method") == "mfa" for record in session.get(METHODS) or ())
