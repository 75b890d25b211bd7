"""The call page: what it may do depends on what its patient agreed to."""

import pytest

from compliance import consent
from compliance.models import Purpose
from tests import cast

pytestmark = pytest.mark.django_db
NEEDED = (Purpose.AI_CALL, Purpose.VOICE)


def call_page(*purposes):
    maria = cast.maria()
    consent.grant(maria.pk, purposes)
    return cast.as_patient(maria).get("/call/")


def test_only_the_call_page_may_compile_webassembly():
    page = call_page(*NEEDED)
    assert "'wasm-unsafe-eval'" in page.headers["Content-Security-Policy"]
    assert "'unsafe-eval'" not in page.headers["Content-Security-Policy"]
    assert "unsafe" not in cast.as_patient(cast.maria()).get("/choices/").headers["Content-Security-Policy"]


def test_the_panel_is_there_for_those_who_agreed_to_it():
    assert 'id="noticing"' in call_page(*NEEDED, Purpose.PERCEPTION).content.decode()


def test_and_not_for_others():
    assert 'id="noticing"' not in call_page(*NEEDED).content.decode()
