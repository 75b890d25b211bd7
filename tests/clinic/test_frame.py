"""The frame of every page: the first page, the navigation of each role, and pages for what cannot be shown."""

import datetime
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from clinic import times
from tests import cast

NOW = datetime.datetime(2026, 11, 22, 23, 16, tzinfo=datetime.UTC)


@pytest.mark.django_db
def test_anyone_who_comes_without_a_link_is_told_where_patients_go(client):
    page = client.get("/").content.decode()
    assert "Open the link your clinic sent you" in page
    assert 'href="/sign-in/"' in page


@pytest.mark.django_db
def test_someone_without_a_role_is_told_whom_to_ask(client):
    user = cast.dr_osei()
    user.role = ""
    user.save()
    assert "Ask your administrator" in cast.signed_in(user).get("/").content.decode()


@pytest.mark.django_db
def test_an_unknown_address_is_answered_in_plain_words(client):
    response = client.get("/nothing-here/")
    assert response.status_code == 404
    assert "Nothing has been lost" in response.content.decode()


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500", "503"])
def test_a_broken_page_stands_without_a_request_and_says_what_to_do(code):
    page = render_to_string(f"{code}.html")
    assert "<h1>" in page
    assert "call your care team" in page
    assert "rror" not in re.sub(r"<[^>]+>", "", page)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "just now, 23:16"), (4, "4 min ago, 23:12"), (125, "2 h ago, 21:11"), (3000, "2 days ago, 20 Nov 21:16")],
)
def test_times_are_relative_and_absolute(minutes, words):
    then = NOW - datetime.timedelta(minutes=minutes)
    assert f"{times.ago(then, NOW)}, {times.clock(then, NOW)}" == words


def rendered(source: str, **context: object) -> str:
    return engines["django"].from_string("{% load clinic %}" + source).render(context, RequestFactory().get("/"))


def test_a_time_carries_its_machine_readable_self():
    then = timezone.now() - datetime.timedelta(minutes=4, seconds=5)
    html = rendered("{% when then %}", then=then)
    assert f'datetime="{then.isoformat()}"' in html
    assert "<span>4 min ago</span>" in html


@pytest.mark.parametrize("kind", ["emergency", "urgent", "question"])
def test_severity_is_a_word_and_a_shape_of_its_own(kind):
    html = rendered("{% severity kind %}", kind=kind)
    assert kind.capitalize() in html
    others = {rendered("{% severity kind %}", kind=other) for other in ("emergency", "urgent", "question")} - {html}
    shape = re.search(r' d="([^"]+)"', html)
    assert shape and all(shape[1] not in other for other in others)


def test_no_template_carries_inline_script_or_style():
    for template in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), (
            template
        )
