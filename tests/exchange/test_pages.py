"""The admin lets other systems in."""

import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.urls import reverse

from conversations.exchange import clients, keys
from conversations.exchange.models import ApiToken, ServiceClient
from tests import cast
from tests.clinic import trail
from tests.exchange import machines

pytestmark = pytest.mark.django_db


def public(key) -> dict[str, str]:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": "one"}


def added(admin) -> ServiceClient:
    given = {
        "name": "Hospital record",
        "role": "clinician",
        "teams": [cast.orthopaedics().pk],
        "scopes": ["patients:read", "system/*.rs"],
    }
    response = admin.post(reverse("exchange:client_add"), given)
    assert response.status_code == 302
    return ServiceClient.objects.get()


def test_a_system_is_let_in_gets_a_token_once_and_is_shut_out():
    admin = cast.signed_in(cast.admin())
    assert "No other system has access" in admin.get(reverse("exchange:clients")).content.decode()
    client = added(admin)
    assert str(client) == "Hospital record"
    page = admin.post(
        reverse("exchange:token_make", args=[client.pk]), {"lifetime_days": 30, "scopes": ["patients:read"]}
    )
    text = page.content.decode().partition('value="aft_')[2].partition('"')[0]
    machine = machines.Machine(f"aft_{text}")
    assert machine.ask("get", "/patients").status_code == 200
    again = admin.get(reverse("exchange:client", args=[client.pk])).content.decode()
    assert text not in again
    assert text[-4:] in again
    assert "never used" not in again
    token = ApiToken.objects.get()
    assert admin.post(reverse("exchange:token_revoke", args=[client.pk, token.pk])).status_code == 302
    assert machine.ask("get", "/patients").status_code == 401
    assert "cannot be undone" in admin.get(reverse("exchange:client_close", args=[client.pk])).content.decode()
    admin.post(reverse("exchange:client_close", args=[client.pk]))
    for what in (clients.REGISTERED, clients.TOKEN_MADE, clients.TOKEN_REVOKED, clients.CLOSED):
        assert trail.only(what).actor == f"user:{cast.admin().pk}"


def test_a_token_holds_no_scope_that_the_system_does_not():
    admin = cast.signed_in(cast.admin())
    client = added(admin)
    admin.post(reverse("exchange:token_make", args=[client.pk]), {"lifetime_days": 30, "scopes": ["patients:write"]})
    assert not ApiToken.objects.exists()


def test_public_keys_are_checked_before_they_are_kept():
    admin = cast.signed_in(cast.admin())
    client = added(admin)
    key = ec.generate_private_key(ec.SECP384R1())
    page = reverse("exchange:client", args=[client.pk])
    given = {"role": "clinician", "scopes": ["system/*.rs"], "jwks": json.dumps({"keys": [public(key)]})}
    assert admin.post(page, given).status_code == 302
    assert ServiceClient.objects.get().jwks["keys"][0]["kid"] == "one"
    assert trail.only(clients.CHANGED).detail["keys"] == 1
    refused = admin.post(page, {**given, "jwks": "my keys"})
    assert "This is not JSON." in refused.content.decode()


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("[]", "looks like"),
        ('{"keys": []}', "one key or more"),
        ('{"keys": [{"kty": "RSA"}]}', "kid"),
        ('{"keys": [{"kty": "oct", "kid": "a", "k": "AAAA"}]}', "RSA or EC"),
        ('{"keys": [{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB", "d": "AQAB"}]}', "private key"),
        ('{"keys": [{"kty": "RSA", "kid": "a", "n": "!", "e": "AQAB"}]}', "cannot be read"),
        ('{"keys": [{"kty": "RSA", "kid": "a", "n": "AQABAQAB", "e": "AQAB"}]}', "bits"),
    ],
)
def test_a_key_set_that_cannot_be_trusted_is_refused(told, why):
    with pytest.raises(keys.BadKeys, match=why):
        keys.read(told)


def test_keys_on_another_curve_or_twice_are_refused():
    other = public(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(keys.BadKeys, match="P-384"):
        keys.read(json.dumps({"keys": [other]}))
    good = public(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(keys.BadKeys, match="same"):
        keys.read(json.dumps({"keys": [good, good]}))
