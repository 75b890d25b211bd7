"""SMART Backend Services: who can sign gets in for five minutes; who repeats, borrows or forges does not."""

import datetime
import json
import time
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.test import Client
from django.utils import timezone

from compliance.access import Role
from conversations.exchange import clients, scopes, smart
from conversations.exchange.models import ApiToken
from tests import cast
from tests.clinic import trail
from tests.exchange import machines
from tests.exchange.test_pages import public

pytestmark = pytest.mark.django_db
ELLIPTIC = ec.generate_private_key(ec.SECP384R1())


@pytest.fixture
def client():
    found = machines.client_of(Role.CLINICIAN, cast.orthopaedics(), held=["system/Patient.rs", "system/Flag.rs"])
    clients.change(
        found,
        purpose="",
        role=Role.CLINICIAN,
        teams=[cast.orthopaedics()],
        scopes=found.scopes,
        jwks={"keys": [public(ELLIPTIC)]},
    )
    return found


def assertion(client, key=ELLIPTIC, algorithm="ES384", kid="one", **changes):
    claims = {
        "iss": str(client.pk),
        "sub": str(client.pk),
        "aud": smart.token_url(),
        "exp": int(time.time()) + 240,
        "jti": str(uuid.uuid4()),
        **changes,
    }
    told = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(told, key, algorithm=algorithm, headers={"kid": kid})


def ask(signed, scope="system/Patient.rs", **changes):
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": smart.ASSERTION,
        "client_assertion": signed,
        "scope": scope,
        **changes,
    }
    return Client().post("/fhir/token", form)


def test_a_signed_request_gets_a_token_for_five_minutes(client):
    told = ask(assertion(client), "system/*.read").json()
    assert (told["expires_in"], told["scope"]) == (300, "system/Flag.rs system/Patient.rs")
    found = Client().get("/fhir/Patient", headers={"authorization": f"Bearer {told['access_token']}"})
    assert found.status_code == 200
    assert (
        Client().get("/fhir/CarePlan", headers={"authorization": f"Bearer {told['access_token']}"}).status_code == 403
    )
    token = ApiToken.objects.get()
    assert token.expires_at - timezone.now() <= datetime.timedelta(minutes=5)
    assert trail.only(clients.TOKEN_MADE).actor == f"user:{client.user_id}"
    ApiToken.objects.update(expires_at=timezone.now())
    gone = Client().get("/fhir/Patient", headers={"authorization": f"Bearer {told['access_token']}"})
    assert gone.status_code == 401


def test_an_rsa_key_does_as_well(client):
    key = rsa.generate_private_key(65537, 2048)
    client.jwks = {"keys": [public(key)]}
    client.save()
    assert ask(assertion(client, key, "RS384")).status_code == 200
    assert ask(assertion(client, key, "RS256")).status_code == 401


def test_an_assertion_is_used_once(client):
    signed = assertion(client)
    assert [ask(signed).status_code for _ in range(2)] == [200, 401]
    assert trail.only(clients.TOKEN_REFUSED).reason == "replayed"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere.example/token"},
        {"exp": 0},
        {"exp": 2**33},
        {"exp": "soon"},
        {"exp": None},
        {"jti": None},
        {"sub": "someone"},
        {"iss": str(uuid.UUID(int=1))},
        {"iss": "nobody"},
        {"iss": None},
        {"nbf": 2**33},
    ],
)
def test_an_assertion_that_does_not_fit_is_refused(client, changes):
    response = ask(assertion(client, **changes))
    assert (response.status_code, response.json()) == (401, {"error": "invalid_client"})
    assert not ApiToken.objects.exists()


def test_a_signature_by_another_key_or_with_another_algorithm_is_refused(client):
    other = ec.generate_private_key(ec.SECP384R1())
    forged = jwt.encode({"iss": str(client.pk)}, "secret" * 10, algorithm="HS256", headers={"kid": "one"})
    unsigned = jwt.encode({"iss": str(client.pk)}, None, algorithm="none", headers={"kid": "one"})
    for signed in (assertion(client, other), assertion(client, kid="two"), forged, unsigned, "a.b.c", ""):
        assert ask(signed).status_code == 401


def test_a_client_that_was_shut_out_gets_nothing(client):
    clients.close(client)
    assert ask(assertion(client)).status_code == 401


@pytest.mark.parametrize("scope", ["", "system/CarePlan.rs", "patient/Patient.rs", "system/Patient.cruds", "openid"])
def test_what_the_client_may_not_have_is_not_granted(client, scope):
    assert ask(assertion(client), scope).json() == {"error": "invalid_scope"}


def test_only_this_grant_is_known(client):
    assert ask(assertion(client), grant_type="password").json() == {"error": "unsupported_grant_type"}
    assert ask(assertion(client), client_assertion_type="other").status_code == 401


def test_scopes_of_both_versions_narrow_to_what_is_held():
    assert scopes.granted(["system/Patient.r", "system/Patient.read"], ["system/*.rs"]) == ["system/Patient.rs"]
    assert scopes.granted(["system/*.rs"], ["system/*.rs"]) == ["system/*.rs"]
    assert scopes.granted(["system/*.rs"], ["patients:read"]) == []
    assert scopes.granted(["system/Nothing.rs", "system/Patient.d"], ["system/*.rs"]) == []


@pytest.mark.parametrize("path", ["/.well-known/smart-configuration", "/fhir/.well-known/smart-configuration"])
def test_the_configuration_can_be_found(path):
    told = json.loads(Client().get(path).content)
    assert told["token_endpoint"] == smart.token_url()
    assert told["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
