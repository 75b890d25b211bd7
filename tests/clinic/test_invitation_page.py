"""The patient's way in, page by page: link, date of birth, choices."""

import re

import pytest
from django.test import Client

from clinic import invitations
from compliance import consent
from compliance.models import Purpose
from tests import cast

pytestmark = pytest.mark.django_db
RIGHT = {"day": "2", "month": "3", "year": "1958"}
WRONG = {"day": "3", "month": "3", "year": "1958"}


def link() -> str:
    return "/i/" + invitations.make(cast.maria())[1].split("/i/")[1]


def test_maria_comes_in_and_is_asked_for_her_choices(client):
    response = client.post(link(), RIGHT, follow=True)
    assert response.redirect_chain == [("/choices/", 302)]
    assert "Hello Maria" in response.content.decode()
    assert client.session["patient_id"] == str(cast.maria().pk)


def test_the_session_key_changes_on_the_way_in(client):
    client.get("/")
    before = cast.as_patient(cast.another_patient())
    key = before.session.session_key
    before.post(link(), RIGHT)
    assert before.session.session_key != key
    assert before.session["patient_id"] == str(cast.maria().pk)


def test_a_guessed_link_shows_the_same_page_as_a_real_one(client):
    real, guessed = (client.get(path).content.decode() for path in (link(), "/i/guessed/"))
    strip = lambda page: page.split("csrfmiddlewaretoken")[0] + page.split("</fieldset>")[1]  # noqa: E731
    assert strip(real) == strip(guessed)
    assert "Maria" not in real


def test_refusals_read_the_same_whatever_was_wrong(client):
    pages = {client.post(path, born).status_code for path, born in ((link(), WRONG), ("/i/guessed/", RIGHT))}
    assert pages == {403}
    assert "do not open anything" in client.post("/i/guessed/", RIGHT).content.decode()


def test_the_link_opens_again_in_the_browser_it_opened_in_and_in_no_other(client):
    path = link()
    client.post(path, RIGHT)
    assert client.get(path).status_code == 302
    assert Client().post(path, RIGHT).status_code == 403


def test_whoever_guesses_is_asked_to_wait(client):
    for _ in range(invitations.ADDRESS_FAILURES):
        client.post("/i/guessed/", RIGHT)
    response = client.post(link(), RIGHT)
    assert response.status_code == 429
    assert "wait 15 minutes" in response.content.decode()


@pytest.mark.parametrize(
    ("born", "answer"),
    [
        ({"day": "31", "month": "2", "year": "1958"}, "There is no such day"),
        ({"day": "two", "month": "3", "year": "1958"}, "as a number"),
        ({"day": "2", "month": "", "year": "1958"}, "Choose the month"),
        ({"day": "2", "month": "3", "year": "58"}, "four figures"),
    ],
)
def test_a_date_that_is_none_is_explained_and_does_not_count_as_a_guess(client, born, answer):
    assert answer in client.post(link(), born).content.decode()
    assert not invitations.too_many_failures("127.0.0.1")
    assert cast.maria().invitations.get().failed_attempts == 0


def test_the_page_of_a_link_leaks_no_referrer_and_is_not_kept(client):
    response = client.get("/i/guessed/")
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


def test_every_switch_is_off_at_first():
    page = cast.as_patient(cast.maria()).get("/choices/").content.decode()
    offered = set(re.findall(r'name="purpose" value="(\w+)"', page))
    assert offered == {"ai_call", "voice", "memory", "perception", "pictures"}
    assert page.count('role="switch"') == len(offered)
    assert "checked" not in page


def test_choices_are_kept_and_only_changes_are_entered():
    maria = cast.maria()
    browser = cast.as_patient(maria)
    browser.post("/choices/", {"purpose": ["ai_call", "voice", "memory"]})
    browser.post("/choices/", {"purpose": ["ai_call", "voice"]})
    assert consent.granted(maria.pk) == {Purpose.AI_CALL, Purpose.VOICE}
    assert consent.ConsentEntry.objects.filter(patient_id=maria.pk).count() == 4


def test_a_purpose_that_is_not_offered_cannot_be_granted():
    maria = cast.maria()
    cast.as_patient(maria).post("/choices/", {"purpose": ["recording", "nonsense"]})
    assert consent.granted(maria.pk) == frozenset()


def test_without_the_needed_two_maria_stays_and_is_told_what_else_there_is():
    response = cast.as_patient(cast.maria()).post("/choices/", {"purpose": ["ai_call"]}, follow=True)
    assert "Your care team is there for you by phone" in response.content.decode()


def test_one_click_takes_everything_back():
    maria = cast.maria()
    consent.grant(maria.pk, [Purpose.AI_CALL, Purpose.VOICE, Purpose.MEMORY])
    response = cast.as_patient(maria).post("/choices/withdraw/", follow=True)
    assert "You have taken back your consent" in response.content.decode()
    assert consent.granted(maria.pk) == frozenset()


@pytest.mark.parametrize("path", ["/choices/", "/choices/withdraw/"])
def test_staff_and_strangers_have_no_choices_to_make(path, client):
    for browser in (client, cast.signed_in(cast.dr_osei()), cast.signed_in(cast.admin())):
        assert browser.post(path).status_code == 403
