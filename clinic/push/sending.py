"""Sends a notification to every device of one person, through the guard that webhooks go through."""

import json
import time
from http import HTTPStatus
from uuid import UUID

from clinic.models import PushDevice
from clinic.push import devices, encryption, vapid
from clinic.webhooks import sending
from compliance import base64url

CHANNEL = "push"
KEPT_S = 600  # by the push service, for a device that is off: the ladder pages again by then
GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def push(user_id: UUID, title: str, text: str) -> str:
    """Empty if one device took it; else why none did, as a code."""
    message = json.dumps({"title": title, "body": text}).encode()
    problems = [problem for device in devices.of(user_id) if (problem := _push(device, message)) is not None]
    taken = "" in problems
    return "" if taken else (problems[0] if problems else "no device")


def _push(device: PushDevice, message: bytes) -> str | None:
    """None for a device that is gone: it is no longer asked."""
    body = encryption.encrypt(message, base64url.read(device.point), base64url.read(device.auth))
    headers = {
        "Authorization": vapid.authorization(device.endpoint, int(time.time())),
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(KEPT_S),
        "Urgency": "high",
    }
    answer = sending.post(device.endpoint, body, headers)
    if answer.status in GONE:
        devices.end(device, f"http_{answer.status}")
        return None
    return "" if answer.accepted else (answer.problem or f"HTTP {answer.status}")
