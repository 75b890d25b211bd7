"""Who gets in: tokens, scopes, roles, rates, repeated requests."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from clinic import staff
from clinic.models import Patient
from compliance.access import REFUSED, Role
from conversations.exchange import clients, limits
from conversations.exchange.models import ApiToken, KeptAnswer
from tests import cast
from tests.clinic import trail
from tests.exchange import machines

pytestmark = pytest.mark.django_db


def elsa() -> dict[str, str]:
    return {
        "care_team_id": str(cast.orthopaedics().pk),
        "name": "Elsa Holm",
        "called": "Elsa",
        "born": "1949-05-01",
        "procedure": "Left knee replacement",
        "discharged_on": "2026-11-20",
    }


def test_a_token_is_kept_as_a_hash_only_and_says_what_it_may():
    client = machines.client_of(Role.CLINICIAN, cast.orthopaedics(), held=["patients:read", "escalations:read"])
    token, text = machines.token_for(client, ["patients:read", "webhooks:write"])
    assert text not in str(ApiToken.objects.filter(pk=token.pk).values())
    told = machines.Machine(text).ask("get", "/token").json()
    assert (told["role"], told["scopes"]) == ("clinician", ["patients:read"])
    assert trail.only(clients.TOKEN_MADE).detail == {"scopes": "patients:read"}
    assert ApiToken.objects.get(pk=token.pk).used_at


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer ", "Bearer aft_guess", "Basic YTpi", "Bearer \x80"])
def test_without_a_token_nobody_gets_in(authorization):
    headers = {"authorization": authorization} if authorization else {}
    response = Client().get("/api/v1/patients", headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert len(trail.events(clients.TOKEN_REFUSED)) == bool(authorization)


def test_a_session_opens_nothing_here():
    assert cast.signed_in(cast.admin()).get("/api/v1/patients").status_code == 401


def test_a_token_ends_when_it_expires_is_revoked_or_its_client_is_shut_out():
    client = machines.client_of(Role.ADMIN)
    revoked, first = machines.token_for(client)
    expired, second = machines.token_for(client)
    _, third = machines.token_for(client)
    clients.revoke(revoked)
    ApiToken.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    assert [machines.Machine(text).ask("get", "/patients").status_code for text in (first, second)] == [401, 401]
    assert machines.Machine(third).ask("get", "/patients").status_code == 200
    clients.close(client)
    assert machines.Machine(third).ask("get", "/patients").status_code == 401


def test_a_scope_that_is_taken_from_the_client_is_gone_from_its_tokens():
    client = machines.client_of(Role.ADMIN)
    machine = machines.Machine(machines.token_for(client)[1])
    clients.change(client, purpose="", role=Role.ADMIN, teams=[], scopes=["webhooks:read"], jwks={})
    response = machine.ask("get", "/patients")
    assert (response.status_code, response.json()["code"]) == (403, "scope_missing")
    assert trail.only(REFUSED).reason == "scope_missing"


def test_a_service_user_cannot_sign_in_and_is_never_paged():
    from clinic import oncall
    from clinic.ladder import Whom

    client = machines.client_of(Role.CLINICIAN, cast.orthopaedics())
    assert not client.user.has_usable_password()
    osei = cast.dr_osei()
    assert oncall.recipients(Whom.EVERYONE, cast.orthopaedics(), timezone.now()) == [osei]
    staff.change(osei, role=osei.role, teams=[], is_active=True)
    assert oncall.recipients(Whom.INCIDENT, cast.orthopaedics(), timezone.now()) == [cast.admin()]


def test_the_same_request_again_does_nothing_twice():
    machine = machines.admins()
    first = machine.ask("post", "/patients", elsa(), Idempotency_Key="k1")
    again = machine.ask("post", "/patients", elsa(), Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Patient.objects.count() == 1
    kept = KeptAnswer.objects.get()
    assert str(kept.patient_id) == first.json()["id"]
    assert b"Elsa" not in KeptAnswer.objects.values_list("answer", flat=True)[0]


def test_a_key_is_for_one_request_of_one_token():
    client = machines.client_of(Role.ADMIN)
    one, other = (machines.Machine(machines.token_for(client)[1]) for _ in range(2))
    one.ask("post", "/patients", elsa(), Idempotency_Key="k1")
    changed = one.ask("post", "/patients", {**elsa(), "called": "Mrs Holm"}, Idempotency_Key="k1")
    assert (changed.status_code, changed.json()["code"]) == (422, "key_used_before")
    assert other.ask("post", "/patients", elsa(), Idempotency_Key="k1").status_code == 422


def test_a_refused_request_may_be_mended_under_the_same_key():
    machine = machines.admins()
    assert machine.ask("post", "/patients", {**elsa(), "born": "soon"}, Idempotency_Key="k").status_code == 422
    assert machine.ask("post", "/patients", elsa(), Idempotency_Key="k").status_code == 201


def test_a_request_under_way_is_not_begun_again_unless_its_worker_died():
    client = machines.client_of(Role.ADMIN)
    machine = machines.Machine(machines.token_for(client)[1])
    machine.ask("post", "/patients", elsa(), Idempotency_Key="k")
    KeptAnswer.objects.update(status=None)
    assert machine.ask("post", "/patients", elsa(), Idempotency_Key="k").json()["code"] == "still_under_way"
    KeptAnswer.objects.update(made_at=timezone.now() - datetime.timedelta(seconds=61))
    assert machine.ask("post", "/patients", elsa(), Idempotency_Key="k").status_code == 201


def test_who_asks_too_often_waits(redis_server, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    machine = machines.admins()
    answers = [machine.ask("get", "/token") for _ in range(3)]
    assert [one.status_code for one in answers][-1] == 429
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[0].headers["RateLimit-Limit"] == "2"


def test_without_redis_nobody_is_turned_away(settings):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert not limits.take("anyone", 1).used_up
    assert machines.admins().ask("get", "/token").status_code == 200


def test_an_error_tells_what_is_wrong_and_repeats_nothing():
    secret = "my canary sings at night"
    response = machines.admins().ask("post", "/patients", {**elsa(), "born": secret, secret: 1, "name": ""})
    told = response.json()
    assert response.status_code == 422
    assert {"pointer": "/body/body/born", "code": "date_from_datetime_parsing"} in told["errors"]
    assert "canary" not in response.content.decode()


@pytest.mark.parametrize("body", ["{", "[]", '"canary"', "\\ud800", '{"name": "\\ud800"}', '{"name": "\\u0000canary"}'])
def test_a_body_that_makes_no_sense_is_refused_without_an_echo(body):
    machine = machines.admins()
    response = machine.http.post("/api/v1/patients", body, content_type="application/json")
    assert response.status_code in (400, 422)
    assert "canary" not in response.content.decode()


def test_what_breaks_is_told_without_its_words(monkeypatch, caplog):
    words = "the " + "canary sings".replace("sings", "sang")

    def broken(*_args):
        raise RuntimeError(words)

    monkeypatch.setattr("clinic.patients.enrol", broken)
    response = machines.admins().ask("post", "/patients", elsa())
    assert (response.status_code, response.json()["code"]) == (500, "broken")
    assert "canary sang" not in response.content.decode() + caplog.text
    assert "RuntimeError" in caplog.text
