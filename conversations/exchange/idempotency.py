"""A request that is sent again does nothing twice (IETF draft "The Idempotency-Key HTTP Header Field").

The key is kept for a day. The same key with the same request is answered as the first
time; with another request, or while the first is under way, it is refused.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from conversations.exchange.errors import Problem
from conversations.exchange.models import ApiToken, KeptAnswer

KEPT = timedelta(days=1)
UNDER_WAY = timedelta(seconds=60)  # after that, whoever worked on it is taken to be dead
LONGEST_KEY = 255


def once(request: HttpRequest, token: ApiToken, key: str, respond: Callable[[], HttpResponse]) -> HttpResponse:
    """Raises `Problem` if the key cannot be used for this request now."""
    if len(key) > LONGEST_KEY:
        raise Problem(400, "bad_idempotency_key", f"An Idempotency-Key has {LONGEST_KEY} characters at most.")
    kept = _claim(token, key, _fingerprint(request, token))
    if kept.status is not None:
        response = HttpResponse(kept.answer or "", status=kept.status, content_type="application/json; charset=utf-8")
        response["Idempotent-Replayed"] = "true"
        return response
    try:
        response = respond()
    except BaseException:
        kept.delete()
        raise
    if 200 <= response.status_code < 300:
        _keep(kept, response, getattr(request, "about_patient", None))
    else:
        kept.delete()
    return response


def _claim(token: ApiToken, key: str, request_sha256: str) -> KeptAnswer:
    """The row of this key: new and ours to fill, or answered before."""
    digest, now = hashlib.sha256(key.encode()).hexdigest(), timezone.now()
    mine = KeptAnswer.objects.filter(client=token.client, key_sha256=digest)
    mine.filter(made_at__lt=now - KEPT).delete()
    mine.filter(status=None, made_at__lt=now - UNDER_WAY).delete()
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(
                client=token.client, key_sha256=digest, request_sha256=request_sha256, made_at=now
            )
    except IntegrityError:
        found = mine.first()
    if found is None or (found.status is None and found.request_sha256 == request_sha256):
        raise Problem(409, "still_under_way", "The first request with this Idempotency-Key is still under way.")
    if found.request_sha256 != request_sha256:
        raise Problem(422, "key_used_before", "This Idempotency-Key was used with another request.")
    return found


def _keep(kept: KeptAnswer, response: HttpResponse, patient_id: UUID | None) -> None:
    kept.status, kept.patient_id = response.status_code, patient_id
    kept.answer = response.content.decode()
    kept.save(update_fields=["status", "patient_id", "answer"])


def _fingerprint(request: HttpRequest, token: ApiToken) -> str:
    """Of the token too: another token of the same client may hold less, and must not be told the answer."""
    found = hashlib.sha256(f"{token.pk} {request.method} {request.get_full_path()}".encode())
    if request.content_type == "multipart/form-data":
        for name, values in sorted(request.POST.lists()):
            found.update(repr((name, values)).encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                _add_file(found, name, file)
    else:
        found.update(request.body)
    return found.hexdigest()


def _add_file(found: "hashlib._Hash", name: str, file: "UploadedFile[Any]") -> None:
    found.update(repr((name, file.name, file.size)).encode())
    for part in file.chunks():
        found.update(part)
    file.seek(0)
