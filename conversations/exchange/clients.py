"""Other systems and their tokens: registered, changed, closed; tokens made, shown once, revoked, checked."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from clinic.models import CareTeam, User
from compliance import audit
from conversations.exchange import scopes as known_scopes
from conversations.exchange.errors import TokenRefused
from conversations.exchange.models import ApiToken, ServiceClient

REGISTERED = audit.action("client.registered", "{actor} let another system in", "C")
CHANGED = audit.action("client.changed", "{actor} changed what another system may do", "U")
CLOSED = audit.action("client.closed", "{actor} shut another system out", "U")
TOKEN_MADE = audit.action("token.made", "{actor} made an access token", "C")
TOKEN_REVOKED = audit.action("token.revoked", "{actor} revoked an access token", "U")
TOKEN_REFUSED = audit.action("token.refused", "Somebody was refused with an access token", "E")

PREFIX = "aft_"  # so that scanners of leaked secrets know what they found
NOTED_EVERY = timedelta(minutes=1)  # how exactly `used_at` is kept


def register(
    *, name: str, purpose: str, role: str, teams: Iterable[CareTeam], scopes: Iterable[str], by: User
) -> ServiceClient:
    with transaction.atomic():
        username = f"service-{slugify(name)[:60]}-{secrets.token_hex(3)}"
        user = User(username=username, first_name=name[:150], role=role, is_service=True)
        user.set_unusable_password()
        user.save()
        user.care_teams.set(teams)
        client = ServiceClient.objects.create(user=user, purpose=purpose, scopes=known_scopes.known(scopes), made_by=by)
        audit.record(REGISTERED, subject=_subject(client), detail={"role": role, "scopes": " ".join(client.scopes)})
    return client


def change(
    client: ServiceClient,
    *,
    purpose: str,
    role: str,
    teams: Iterable[CareTeam],
    scopes: Iterable[str],
    jwks: Mapping[str, Any],
) -> None:
    """Holds for tokens that exist, too: they keep no more than the client may still have."""
    with transaction.atomic():
        client.user.role = role
        client.user.save(update_fields=["role"])
        client.user.care_teams.set(teams)
        client.purpose, client.scopes, client.jwks = purpose, known_scopes.known(scopes), dict(jwks)
        client.save(update_fields=["purpose", "scopes", "jwks"])
        detail: dict[str, str | int] = {
            "role": role,
            "scopes": " ".join(client.scopes),
            "keys": len(jwks.get("keys", ())),
        }
        audit.record(CHANGED, subject=_subject(client), detail=detail)


def close(client: ServiceClient) -> None:
    """Shut it out for good: none of its tokens opens anything any more."""
    with transaction.atomic():
        if User.objects.filter(pk=client.user_id, is_active=True).update(is_active=False):
            client.tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
            audit.record(CLOSED, subject=_subject(client))


def make_token(
    client: ServiceClient, *, scopes: Iterable[str], lifetime: timedelta, by: User | None
) -> tuple[ApiToken, str]:
    """A token and its text, which is shown once. It holds no scope that the client does not."""
    text = PREFIX + secrets.token_urlsafe(32)
    held = [scope for scope in known_scopes.known(scopes) if scope in client.scopes or _covered(scope, client)]
    with transaction.atomic():
        token = ApiToken.objects.create(
            client=client,
            token_sha256=_digest(text),
            last_four=text[-4:],
            scopes=held,
            made_by=by,
            expires_at=timezone.now() + lifetime,
        )
        audit.record(TOKEN_MADE, subject=f"token:{token.pk}", detail={"scopes": " ".join(held)})
    return token, text


def revoke(token: ApiToken) -> None:
    """Useless from now on. Revoking twice changes nothing."""
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            audit.record(TOKEN_REVOKED, subject=f"token:{token.pk}")


def token_of(authorization: str) -> ApiToken:
    """The token that an `Authorization` header brings. Raises `TokenRefused`."""
    scheme, _space, given = authorization.partition(" ")
    if scheme.lower() != "bearer" or not given:
        raise TokenRefused
    now = timezone.now()
    found = ApiToken.objects.select_related("client__user").filter(token_sha256=_digest(given.strip())).first()
    if found is None or found.revoked_at or found.expires_at <= now or not found.client.user.is_active:
        raise TokenRefused
    _note_use(found, now)
    return found


def scopes_of(token: ApiToken) -> list[str]:
    """What the token may do now: what it was made for, as far as its client still may."""
    return [scope for scope in token.scopes if scope in token.client.scopes or _covered(scope, token.client)]


def _covered(scope: str, client: ServiceClient) -> bool:
    """Whether a FHIR scope is part of the wildcard that the client holds."""
    return scope in known_scopes.FHIR and "system/*.rs" in client.scopes


def _note_use(token: ApiToken, now: datetime) -> None:
    if token.used_at is None or now - token.used_at > NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)


def _subject(client: ServiceClient) -> str:
    return f"client:{client.pk}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
