"""Staff sign in with a password and a second factor, are locked out after guessing, and logged off when idle."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.sessions.models import Session
from django.test import Client

from compliance import access, audit, signed_in
from compliance.models import AuditEvent
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def factor_required(settings):
    settings.STAFF_MFA_REQUIRED = True


def sign_in(client, username="osei", password=cast.PASSWORD, **extra):
    return client.post("/sign-in/", {"login": username, "password": password}, **extra)


def code_of(secret, steps=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def enrol(client):
    """Set up an authenticator app as a person would, and return its secret."""
    assert client.get("/account/second-factor/app/add/").url.startswith("/account/confirm/")
    client.post("/account/confirm/", {"password": cast.PASSWORD})
    page = client.get("/account/second-factor/app/add/").content.decode()
    secret = re.search(r'<figcaption class="mono">([A-Z2-7]+)', page)[1]
    client.post("/account/second-factor/app/add/", {"code": code_of(secret)})
    return secret


def actions():
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def rewind(client, seconds, *names):
    session = client.session
    for name in names:
        session[name] -= seconds
    session.save()


def test_the_password_is_enough_only_where_no_factor_is_required():
    cast.dr_osei()
    client = Client()
    response = sign_in(client)
    assert (response.status_code, response.url) == (302, "/")
    assert client.session["_auth_user_id"] == str(cast.dr_osei().pk)
    assert actions() == ["staff.signed_in"]
    assert AuditEvent.objects.get().actor == f"user:{cast.dr_osei().pk}"


def test_a_wrong_password_says_what_to_do_and_is_audited():
    cast.dr_osei()
    page = sign_in(Client(), password="wrong").content.decode()
    assert "Please try again" in page
    assert actions() == ["staff.sign_in_failed"]


def test_the_sixth_attempt_is_locked_even_with_the_right_password():
    cast.dr_osei()
    client = Client()
    for _ in range(5):
        sign_in(client, password="wrong")
    response = sign_in(client)
    assert response.status_code == 429
    assert b"locked for 15 minutes" in response.content
    assert "staff.locked_out" in actions()


def test_guessing_from_elsewhere_does_not_lock_the_owner_out():
    cast.dr_osei()
    for _ in range(7):
        sign_in(Client(), password="wrong", REMOTE_ADDR="203.0.113.9")
    assert sign_in(Client(), REMOTE_ADDR="127.0.0.1").status_code == 302


def test_a_password_alone_reaches_nothing_but_the_second_factor(factor_required):
    cast.dr_osei()
    client = Client()
    sign_in(client)
    assert client.get("/").url == "/account/second-factor/"
    assert client.get("/account/password/").url == "/account/second-factor/"
    assert client.get("/account/second-factor/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_with_an_app_the_code_is_asked_for_and_works_once(factor_required):
    cast.dr_osei()
    client = Client()
    sign_in(client)
    secret = enrol(client)
    assert "staff.second_factor_added" in actions()
    assert client.get("/account/second-factor/").status_code == 200
    assert client.get("/").headers.get("Location") != "/account/second-factor/"

    again = Client()
    assert sign_in(again).url == "/sign-in/code/"
    assert "_auth_user_id" not in again.session
    assert b"errorlist" in again.post("/sign-in/code/", {"code": "000000"}).content
    code = code_of(secret)
    assert again.post("/sign-in/code/", {"code": code}).status_code == 302
    assert again.session["_auth_user_id"] == str(cast.dr_osei().pk)

    thief = Client()
    sign_in(thief)
    thief.post("/sign-in/code/", {"code": code})
    assert "_auth_user_id" not in thief.session


def test_a_recovery_code_works_once(factor_required):
    cast.dr_osei()
    client = Client()
    sign_in(client)
    enrol(client)
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    for expected in (True, False):
        other = Client()
        sign_in(other)
        other.post("/sign-in/code/", {"code": codes[0]})
        assert ("_auth_user_id" in other.session) is expected


def test_the_secret_of_the_app_lies_sealed(factor_required):
    cast.dr_osei()
    client = Client()
    sign_in(client)
    secret = enrol(client)
    assert secret not in str(Authenticator.objects.filter(type="totp").values_list("data", flat=True)[0])


def test_whoever_has_a_factor_cannot_add_another_with_the_password_alone(factor_required):
    """A session from before the factor was added must prove it first."""
    cast.dr_osei()
    early, late = Client(), Client()
    sign_in(early)
    sign_in(late)
    enrol(late)
    for page in ("/account/second-factor/", "/account/second-factor/passkeys/add/", "/account/confirm/"):
        assert early.get(page).url == "/account/confirm/code/"


def test_the_last_factor_cannot_be_removed_where_one_is_required(factor_required):
    cast.dr_osei()
    client = Client()
    sign_in(client)
    enrol(client)
    client.post("/account/second-factor/app/remove/")
    assert Authenticator.objects.filter(type="totp").exists()


def test_nobody_signs_up():
    assert Client().get("/sign-up/").status_code == 404
    assert Client().get("/accounts/signup/").status_code == 404


def test_fifteen_idle_minutes_end_the_session():
    client = Client()
    cast.dr_osei()
    sign_in(client)
    rewind(client, signed_in.IDLE_S - 5, signed_in.ACTIVE_AT)
    assert client.get("/account/password/").status_code == 200
    rewind(client, signed_in.IDLE_S, signed_in.ACTIVE_AT)
    response = client.get("/account/password/")
    assert response.url == "/sign-in/?next=/account/password/"
    assert "_auth_user_id" not in client.session
    event = AuditEvent.objects.get(action="staff.signed_out")
    assert (event.reason, event.actor) == ("idle", f"user:{cast.dr_osei().pk}")


def test_an_open_page_learns_how_long_its_session_lasts():
    client = Client()
    cast.dr_osei()
    sign_in(client)
    rewind(client, 600, signed_in.ACTIVE_AT)
    asked = client.get("/compliance/still-here/", headers={"Aftercare-Background": "1"}).json()
    assert 290 <= asked["left_s"] <= 300
    touched = client.get("/compliance/still-here/").json()
    assert 890 <= touched["left_s"] <= 900
    rewind(client, signed_in.IDLE_S, signed_in.ACTIVE_AT)
    assert client.get("/compliance/still-here/", headers={"Aftercare-Background": "1"}).status_code == 401


def test_twelve_hours_end_the_session_however_busy():
    client = Client()
    cast.dr_osei()
    sign_in(client)
    rewind(client, signed_in.ALTOGETHER_S, signed_in.SIGNED_IN_AT)
    assert "/sign-in/" in client.get("/account/password/").url


def test_a_page_that_polls_does_not_keep_the_session_alive():
    client = Client()
    cast.dr_osei()
    sign_in(client)
    rewind(client, 60, signed_in.ACTIVE_AT)
    before = client.session[signed_in.ACTIVE_AT]
    client.get("/account/password/", headers={"Aftercare-Background": "1"})
    assert client.session[signed_in.ACTIVE_AT] == before
    client.get("/account/password/")
    assert client.session[signed_in.ACTIVE_AT] > before


def test_an_open_socket_learns_that_the_session_is_over():
    user = cast.dr_osei()
    client = cast.signed_in(user)
    key = client.session.session_key
    assert access.still_allowed(user.pk, key)
    assert not access.still_allowed(cast.officer().pk, key)

    rewind(client, signed_in.IDLE_S, signed_in.ACTIVE_AT)
    assert not access.still_allowed(user.pk, key)
    rewind(client, -signed_in.IDLE_S, signed_in.ACTIVE_AT)

    user.is_active = False
    user.save()
    assert not access.still_allowed(user.pk, key)
    user.is_active = True
    user.set_password("another-river-under-birches")
    user.save()
    assert not access.still_allowed(user.pk, key)


def test_signing_out_ends_what_a_socket_may_do():
    user = cast.dr_osei()
    client = cast.signed_in(user)
    key = client.session.session_key
    client.post("/sign-out/")
    assert not access.still_allowed(user.pk, key)
    assert not Session.objects.filter(session_key=key).exists()
    assert actions()[-1] == "staff.signed_out"


def test_a_disabled_person_is_out_at_once():
    user = cast.dr_osei()
    client = cast.signed_in(user)
    user.is_active = False
    user.save()
    assert "/sign-in/" in client.get("/account/password/").url


def test_nothing_dynamic_is_cached():
    for response in (Client().get("/sign-in/"), Client().get("/nowhere/"), cast.signed_in(cast.admin()).get("/")):
        assert "no-store" in response.headers["Cache-Control"]


def test_without_an_audit_trail_nobody_signs_in(monkeypatch):
    cast.dr_osei()

    def broken(*_args, **_kwargs):
        raise audit.DatabaseError("disk full")

    monkeypatch.setattr(audit, "_insert", broken)
    client = Client()
    response = sign_in(client)
    assert response.status_code == 503
    assert b"could not be" in response.content
    assert "_auth_user_id" not in client.session
