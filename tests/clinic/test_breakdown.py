"""Pages that break."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client

from tests import cast

pytestmark = pytest.mark.django_db


def broken_by(problem: Exception):
    def breaks(*_args: object, **_kwargs: object) -> None:
        raise problem

    return breaks


def watched() -> Client:
    osei = cast.signed_in(cast.dr_osei())
    osei.raise_request_exception = False
    return osei


def test_a_database_without_room_is_no_fault_of_the_page(monkeypatch: pytest.MonkeyPatch):
    osei = watched()
    monkeypatch.setattr(SessionStore, "save", broken_by(OperationalError("could not extend file")))
    monkeypatch.setattr(SessionStore, "load", broken_by(OperationalError("could not extend file")))
    answer = osei.get("/queue/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert b"Nothing was changed" in answer.content
    assert b"extend" not in answer.content


def test_what_is_our_fault_is_said_to_be(monkeypatch: pytest.MonkeyPatch):
    osei = watched()
    monkeypatch.setattr(SessionStore, "load", broken_by(ZeroDivisionError()))
    assert osei.get("/queue/").status_code == 500
