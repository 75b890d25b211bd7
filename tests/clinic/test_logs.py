"""A log never holds a key."""

import logging

import pytest
from django.test import Client

from clinic.logs import WithoutInvitations

pytestmark = pytest.mark.django_db


def test_a_refused_invitation_is_logged_without_its_token(client: Client):
    records: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record.getMessage())

    keep = Keep()
    keep.addFilter(WithoutInvitations())
    logger = logging.getLogger("django.request")
    logger.addHandler(keep)
    try:
        client.post("/i/a-secret-token/", {"day": "1", "month": "1", "year": "1950"})
    finally:
        logger.removeHandler(keep)
    assert records == ["Forbidden: /i/…/"]
