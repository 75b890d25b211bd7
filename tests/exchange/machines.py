"""The cast of machines: another system for each role, with a token of its own."""

import datetime
import json
from typing import Any

from django.test import Client

from clinic.models import CareTeam
from compliance.access import Role
from conversations.exchange import clients, scopes
from conversations.exchange.models import ApiToken, ServiceClient
from tests import cast

DAY = datetime.timedelta(days=1)


def client_of(role: Role, *teams: CareTeam, held: list[str] | None = None) -> ServiceClient:
    return clients.register(
        name=f"{role} system", purpose="", role=role, teams=teams, scopes=held or list(scopes.ALL), by=cast.admin()
    )


def token_for(client: ServiceClient, held: list[str] | None = None) -> tuple[ApiToken, str]:
    return clients.make_token(client, scopes=held or list(scopes.ALL), lifetime=DAY, by=cast.admin())


class Machine:
    """Talks to the API with a token, as a program would."""

    def __init__(self, token: str) -> None:
        self.http = Client(headers={"authorization": f"Bearer {token}"})

    def ask(self, verb: str, path: str, body: Any = None, **headers: str) -> Any:
        send = getattr(self.http, verb)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None:
            return send(f"/api/v1{path}", headers=told)
        return send(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=told)


def machine(role: Role, *teams: CareTeam, held: list[str] | None = None) -> Machine:
    return Machine(token_for(client_of(role, *teams), held)[1])


def admins() -> Machine:
    return machine(Role.ADMIN)


def clinicians() -> Machine:
    """Of Maria's team."""
    return machine(Role.CLINICIAN, cast.orthopaedics())


def strangers() -> Machine:
    """Of another team."""
    return machine(Role.CLINICIAN, cast.cardiology())


def officers() -> Machine:
    return machine(Role.OFFICER)
