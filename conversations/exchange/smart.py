"""SMART Backend Services: a system proves itself with a signed JWT and gets a token for five minutes.

SMART App Launch 2.2, "Client Authentication: Asymmetric": RS384 or ES384, the token
endpoint as audience, at most five minutes to live, and each `jti` once.
"""

import hashlib
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from compliance import audit
from compliance.access import public
from conversations.exchange import clients, keys, limits, scopes
from conversations.exchange.models import ServiceClient

LIFETIME = timedelta(minutes=5)
LONGEST_ASSERTION_S = 300
ALGORITHMS = ("RS384", "ES384")
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ATTEMPTS = 60  # a minute and address


class Refused(Exception):
    """`error` is OAuth's own word for it (RFC 6749, 5.2)."""

    def __init__(self, error: str, why: str) -> None:
        super().__init__(error)
        self.error, self.why = error, why


def token_url() -> str:
    return f"{settings.BASE_URL}/fhir/token"


@public
@require_safe
def configuration(request: HttpRequest) -> JsonResponse:
    """`/.well-known/smart-configuration`"""
    told = {
        "token_endpoint": token_url(),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": list(scopes.FHIR),
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }
    return JsonResponse(told)


@csrf_exempt
@public
@require_POST
def token(request: HttpRequest) -> JsonResponse:
    where = str(request.META.get("REMOTE_ADDR", ""))
    try:
        if limits.take(f"smart:{where}", ATTEMPTS).used_up:
            raise Refused("invalid_request", "too_many")
        with transaction.atomic():
            client = _proved(request.POST)
            with audit.acting_as(audit.Actor(f"user:{client.user_id}", where)):
                told = _granted(client, request.POST.get("scope", ""))
    except Refused as refused:
        with audit.acting_as(audit.Actor("anonymous", where)):
            audit.record(clients.TOKEN_REFUSED, outcome="refused", reason=refused.why)
        return JsonResponse({"error": refused.error}, status=401 if refused.error == "invalid_client" else 400)
    response = JsonResponse(told)
    response["Pragma"] = "no-cache"
    return response


def _granted(client: ServiceClient, asked: str) -> dict[str, Any]:
    given = scopes.granted(asked.split(), client.scopes)
    if not given:
        raise Refused("invalid_scope", "scope")
    _token, text = clients.make_token(client, scopes=given, lifetime=LIFETIME, by=None)
    return {
        "access_token": text,
        "token_type": "bearer",
        "expires_in": int(LIFETIME.total_seconds()),
        "scope": " ".join(given),
    }


def _proved(form: Mapping[str, str]) -> ServiceClient:
    """The client that signed the assertion. Raises `Refused`."""
    if form.get("grant_type") != "client_credentials":
        raise Refused("unsupported_grant_type", "grant_type")
    assertion = form.get("client_assertion", "")
    if form.get("client_assertion_type") != ASSERTION or not assertion:
        raise Refused("invalid_client", "no_assertion")
    try:
        header = jwt.get_unverified_header(assertion)
        claimed = jwt.decode(assertion, options={"verify_signature": False})
        client = _client(claimed.get("iss"))
        claims = _verified(assertion, header, client)
    except (jwt.PyJWTError, ValueError, TypeError) as problem:
        raise Refused("invalid_client", type(problem).__name__) from None
    _use_once(client, claims)
    return client


def _client(issuer: Any) -> ServiceClient:
    try:
        key = UUID(issuer)
    except (ValueError, TypeError, AttributeError):
        raise Refused("invalid_client", "unknown") from None
    found = ServiceClient.objects.select_related("user").filter(pk=key, user__is_active=True).first()
    if found is None:
        raise Refused("invalid_client", "unknown")
    return found


def _verified(assertion: str, header: Mapping[str, Any], client: ServiceClient) -> dict[str, Any]:
    """The claims, if a key of the client signed them for us. Raises `Refused`, or as PyJWT does."""
    key = next((one for one in client.jwks.get("keys", ()) if one["kid"] == header.get("kid")), None)
    if key is None or header.get("alg") != keys.algorithm(key):
        raise Refused("invalid_client", "key")
    claims: dict[str, Any] = jwt.decode(
        assertion,
        keys.public_key(key),
        algorithms=[keys.algorithm(key)],
        audience=token_url(),
        issuer=str(client.pk),
        options={"require": ["iss", "sub", "aud", "exp", "jti"]},
    )
    if claims["sub"] != claims["iss"]:
        raise Refused("invalid_client", "subject")
    if claims["exp"] - time.time() > LONGEST_ASSERTION_S:
        raise Refused("invalid_client", "lives_too_long")
    return claims


def _use_once(client: ServiceClient, claims: Mapping[str, Any]) -> None:
    """Raises `Refused` if this assertion was used before. Kept until it could not be used anyway."""
    digest = hashlib.sha256(str(claims["jti"]).encode()).hexdigest()
    if not cache.add(f"smart-jti:{client.pk}:{digest}", True, timeout=LONGEST_ASSERTION_S + 60):
        raise Refused("invalid_client", "replayed")
