"""Every address × every visitor × every verb: whoever is not meant to come in stays out, sees nothing, and is noted.

The addresses come from the URL map, so a page that is forgotten here cannot exist:
a view that does not say whom it is for fails the first test.
"""

import datetime
import tempfile
from functools import partialmethod
from pathlib import Path
from unittest import mock
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import DatabaseError
from django.test import Client, TestCase, override_settings
from django.urls import get_resolver, reverse
from django.utils import timezone

from clinic import call_backs, escalations, follow_ups
from clinic import sockets as clinic_sockets
from clinic.discharge_plan import Severity
from clinic.models import Invitation, OnCallShift, ShownPicture, WebhookEndpoint
from clinic.webhooks import deliveries
from compliance import audit, break_glass, files, rights
from compliance.access import Role
from compliance.models import AuditEvent
from conversations import protocol_book, protocols
from conversations import sockets as conversation_sockets
from conversations.exchange import clients
from conversations.models import MemoryFact, Release, Rollout, Session
from knowledge.models import Document, Leaflet
from tests import cast

CANARIES = ("lindqvist", "hip replacement", "canary")
VERBS = ("get", "head", "post", "put", "patch", "delete", "options")
VISITORS = ("nobody", "maria", "another_patient", "dr_osei", "stranger", "officer", "admin")
ROLES = {"dr_osei": Role.CLINICIAN, "stranger": Role.CLINICIAN, "officer": Role.OFFICER, "admin": Role.ADMIN}
PATIENTS = ("maria", "another_patient")
# What each part of an address stands for here: something of Maria's wherever it can be.
CARE = {"document_id", "invitation_id", "follow_up_id"}
CALLS = {"escalation_id", "call_back_id", "session_id", "picture_id", "fact_id"}
RIGHTS = {"request_id", "hold_id", "glass_id"}
MARIAS = {"patient_id"} | CARE | CALLS | RIGHTS


def routes(resolver=None, prefix="", space=""):
    for part in (resolver or get_resolver()).url_patterns:
        if hasattr(part, "url_patterns"):
            yield from routes(
                part, prefix + str(part.pattern), f"{space}{part.namespace}:" if part.namespace else space
            )
        else:
            yield f"{space}{part.name}", part


EVERYWHERE = dict(routes())
# Other systems come with a token: tests/exchange/test_access.py walks their operations.
ROUTES = {name: part for name, part in EVERYWHERE.items() if getattr(part.callback, "audience", "") != "machine"}
MACHINES = {name: part for name, part in EVERYWHERE.items() if name not in ROUTES}


def belongings():
    """One of everything that an address may name, Maria's wherever possible."""
    maria = cast.maria()
    hers = {"patient_id": maria.pk, **_of_her_care(maria), **_of_her_calls(maria), **_of_her_rights(maria)}
    assert set(hers) == MARIAS, "what is Maria's must be known as hers, or strangers are never tried on it"
    return {
        **hers,
        **_of_the_ward(maria),
        **_of_the_library(),
        **_of_other_systems(),
        **a_rollout(),
        "event_id": AuditEvent.objects.latest("id").pk,
        "form": "csv",
        "number": 1,
        "pk": 1,
        "token": "guessed",
    }


def _of_her_care(maria):
    document = Document.objects.create(
        patient=maria,
        title="canary papers",
        kind="txt",
        sha256="0" * 64,
        bytes=1,
        uploaded_by=cast.admin(),
        state="approved",
    )
    document.file_id = files.seal_file(maria.pk, "canary.txt", b"the canary")
    document.save()
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    return {
        "document_id": document.pk,
        "invitation_id": Invitation.objects.create(patient=maria, token_sha256="0" * 64, expires_at=tomorrow).pk,
        "follow_up_id": follow_ups.plan_for(maria)[0].pk,
    }


def _of_her_calls(maria):
    raised = escalations.escalate(
        patient_id=maria.pk,
        session_id=None,
        turn=1,
        rule="chest_pain",
        severity=Severity.URGENT,
        quote="the canary sings in my chest",
    )
    photo, now = files.seal_file(maria.pk, "canary.jpg", b"the canary"), timezone.now()
    return {
        "escalation_id": raised.pk,
        "call_back_id": call_backs.promise(raised, now + datetime.timedelta(hours=1), cast.dr_osei()).pk,
        "session_id": Session.objects.create(patient=maria).pk,
        "picture_id": ShownPicture.objects.create(escalation=raised, patient=maria, file_id=photo, shown_at=now).pk,
        "fact_id": MemoryFact.objects.create(
            patient=maria, kind="home", topic="home.help", text="the canary helps", learned_at=now
        ).pk,
    }


def _of_her_rights(maria):
    return {
        "request_id": rights.ask("erasure", maria.pk, cast.officer(), "patient_asked").pk,
        "hold_id": rights.place_hold(maria.pk, cast.officer(), "case 1").pk,
        "glass_id": break_glass.break_glass(cast.nurse_lind(), maria.pk, "she collapsed in our waiting room").pk,
    }


def _of_the_ward(maria):
    now = timezone.now()
    until = now + datetime.timedelta(hours=8)
    shift = OnCallShift.objects.create(
        team=maria.care_team, tier=1, user=cast.nurse_lind(), starts_at=now, ends_at=until
    )
    return {"user_id": cast.nurse_lind().pk, "team_id": maria.care_team_id, "shift_id": shift.pk}


def _of_the_library():
    leaflet = Leaflet.objects.create(
        title="canary leaflet", kind="txt", sha256="1" * 64, bytes=1, original=b"x", uploaded_by=cast.admin()
    )
    draft = protocol_book.draft(protocols.load("copd"), cast.admin())
    return {"leaflet_id": leaflet.pk, "version_id": draft.pk, "name": "copd"}


def _of_other_systems():
    """Another system, its token, and an endpoint for webhooks."""
    machine = clients.register(name="ehr", purpose="", role=Role.ADMIN, teams=[], scopes=[], by=cast.admin())
    token, _text = clients.make_token(machine, scopes=[], lifetime=datetime.timedelta(days=1), by=cast.admin())
    endpoint = WebhookEndpoint.objects.create(url="https://hooks.example/", secret="whsec_AAAA")
    return {
        "client_id": machine.pk,
        "token_id": token.pk,
        "endpoint_id": endpoint.pk,
        "delivery_id": deliveries.test(endpoint).pk,
        "elsewhere": "Patient/a/b",
    }


def a_rollout():
    """Rows only: drafting a release reads every protocol, which ninety pages need not."""
    parts = {"prompt.sha256": "", "prompt.version": "v1", "model.name": ""}
    release = Release.objects.create(digest="0" * 64, software="", parts=parts, note="", made_by=cast.admin())
    rollout = Rollout.objects.create(release=release, percent=5, limits={}, started_at=timezone.now())
    return {"release_id": release.pk, "rollout_id": rollout.pk}


def client_of(visitor):
    if visitor == "nobody":
        return Client(raise_request_exception=False)
    person = getattr(cast, visitor)()
    client = cast.as_patient(person) if visitor in PATIENTS else cast.signed_in(person)
    client.raise_request_exception = False
    return client


def is_meant(visitor, view):
    """Whether the page is for people like this visitor at all."""
    if view.audience == "public":
        return True
    if visitor in PATIENTS:
        return view.audience in ("patient", "shared")
    return visitor in ROLES and ROLES[visitor] in view.roles


def may_enter(visitor, view, names):
    """… and for this very one, who asks for something of Maria's."""
    if not is_meant(visitor, view):
        return False
    others = any(name in MARIAS for name in names)
    return not (others and view.audience != "public" and visitor in ("stranger", "another_patient"))


def address(name, part, things):
    names = list(part.pattern.converters)
    missing = [key for key in names if key not in things]
    assert not missing, f"tell tests/compliance/test_matrix.py what {missing} in {name} stands for"
    return names, reverse(name, kwargs={key: things[key] for key in names})


@pytest.mark.parametrize("name", EVERYWHERE)
def test_every_page_says_whom_it_is_for(name):
    view = EVERYWHERE[name].callback
    assert getattr(view, "audience", None) in {"public", "patient", "staff", "shared", "machine"}, (
        f"mark the view of {name} with compliance.access: public, patient_only, staff_only or role_required"
    )
    assert view.audience in {"public", "patient"} or view.roles


class TestEveryAddress(TestCase):
    """All of Maria's belongings are made once; each address is tried in a transaction of its own."""

    databases = {"default", "keys"}

    @classmethod
    def setUpTestData(cls):
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.enterClassContext(override_settings(SEALED_FILES_DIR=folder))
        cls.things = belongings()
        cls.cookies = {visitor: client_of(visitor).session.session_key for visitor in VISITORS}

    def client_of(self, visitor):
        client = Client(raise_request_exception=False)
        if visitor != "nobody":
            client.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[visitor]
        return client

    def assert_refused(self, visitor, url):
        """By every verb; nothing of Maria is in the answer, and the officer can read of it."""
        client = self.client_of(visitor)
        for verb in VERBS:
            before = AuditEvent.objects.latest("id").pk
            response = getattr(client, verb)(url)
            told = f"{visitor} {verb} {url}: {response.status_code}"
            assert is_refusal(response), told
            body = response.content.decode(errors="replace").casefold()
            assert not [word for word in CANARIES if word in body], told
            if response.status_code in (403, 404):
                assert AuditEvent.objects.filter(id__gt=before, outcome="refused").count() == 1, told

    def nobody_enters_who_is_not_meant_to(self, name):
        view = ROUTES[name].callback
        names, url = address(name, ROUTES[name], self.things)
        for visitor in VISITORS:
            if not may_enter(visitor, view, names):
                self.assert_refused(visitor, url)

    def nobody_reaches_marias_by_naming_a_patient_of_their_own(self, name):
        _names, url = address(name, ROUTES[name], {**self.things, "patient_id": cast.another_patient().pk})
        self.assert_refused("stranger", url)

    def it_breaks_for_nobody_who_may_enter(self, name):
        view = ROUTES[name].callback
        names, url = address(name, ROUTES[name], self.things)
        for visitor in VISITORS:
            if may_enter(visitor, view, names):
                before = AuditEvent.objects.latest("id").pk
                response = self.client_of(visitor).get(url)
                told = f"{visitor} get {url}: {response.status_code}"
                assert response.status_code < 500, told
                assert "no-store" in response.headers["Cache-Control"]
                if visitor in ROLES and _names_maria(response):
                    assert AuditEvent.objects.filter(id__gt=before).exists(), f"{told}: nobody will know who saw it"
                    self.assert_closed_without_audit(visitor, url)

    def assert_closed_without_audit(self, visitor, url):
        """What cannot be written down is not shown."""
        with mock.patch.object(audit, "_insert", side_effect=DatabaseError):
            response = self.client_of(visitor).get(url)
        assert response.status_code == 503, f"{visitor} get {url} without an audit trail: {response.status_code}"
        assert not _names_maria(response)

    def test_a_browser_opens_nothing_that_is_for_other_systems(self):
        """Neither signed in nor invited: only a token counts."""
        assert MACHINES
        for name, part in MACHINES.items():
            url = reverse(name, kwargs={key: uuid4() for key in part.pattern.converters})
            for visitor in VISITORS:
                client = self.client_of(visitor)
                for verb in ("get", "post"):
                    assert getattr(client, verb)(url).status_code == 401, f"{verb} {url}"


def _names_maria(response):
    body = response.getvalue() if response.streaming else response.content
    return b"Lindqvist" in body or b"canary sings" in body or b"canary helps" in body


def _one_test_each(check, names):
    """A test of its own for each address, so that one that fails hides no other."""
    for name in names:
        setattr(TestEveryAddress, f"test_{check.__name__}[{name}]", partialmethod(check, name))


_one_test_each(TestEveryAddress.nobody_enters_who_is_not_meant_to, ROUTES)
_one_test_each(
    TestEveryAddress.it_breaks_for_nobody_who_may_enter, [name for name in ROUTES if name != "account_logout"]
)
_one_test_each(
    TestEveryAddress.nobody_reaches_marias_by_naming_a_patient_of_their_own,
    [
        name
        for name, part in ROUTES.items()
        if "patient_id" in (named := set(part.pattern.converters)) and named & MARIAS - {"patient_id"}
    ],
)


def is_refusal(response):
    to_sign_in = response.status_code == 302 and response.headers["Location"].startswith(settings.LOGIN_URL)
    return to_sign_in or response.status_code in (403, 404, 405)


# -- WebSockets ---------------------------------------------------------------
SOCKETS = {str(part.pattern): part for part in [*clinic_sockets.urlpatterns, *conversation_sockets.urlpatterns]}


def consumer_of(part):
    return part.callback.consumer_class


@pytest.mark.parametrize("pattern", SOCKETS)
def test_every_socket_says_whom_it_is_for(pattern):
    consumer = consumer_of(SOCKETS[pattern])
    assert consumer.audience in {"patient", "staff"}
    assert consumer.audience == "patient" or consumer.roles


async def knock(path, cookie, origin):
    """Connect and listen for a moment; what came, and the code of the close (None while open)."""
    from clinic.asgi import application

    headers = [(b"origin", origin.encode()), (b"host", b"127.0.0.1"), (b"cookie", f"sessionid={cookie}".encode())]
    socket = WebsocketCommunicator(application, path, headers=headers)
    connected, code = await socket.connect(timeout=5)
    heard = []
    if connected:
        code = None
        while True:
            message = await socket.receive_output(timeout=5)
            if message["type"] == "websocket.close":
                code = message["code"]
                break
            heard.append(message)
    return heard, code


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pattern", SOCKETS)
@pytest.mark.parametrize("visitor", VISITORS)
def test_nobody_connects_who_is_not_meant_to(pattern, visitor, settings, tmp_path):
    settings.SEALED_FILES_DIR = tmp_path / "files"
    consumer, things = consumer_of(SOCKETS[pattern]), belongings()
    names = list(SOCKETS[pattern].pattern.converters)
    if may_enter(visitor, consumer, names):
        return
    path = "/" + pattern
    for key, converter in SOCKETS[pattern].pattern.converters.items():
        path = path.replace(f"<{type(converter).__name__.removesuffix('Converter').lower()}:{key}>", str(things[key]))
    assert "<" not in path
    cookie = client_of(visitor).session.session_key or "none"
    before = AuditEvent.objects.latest("id").pk
    heard, code = async_to_sync(knock)(path, cookie, "http://127.0.0.1")
    assert heard == []
    assert code is not None
    if visitor in ROLES:
        assert AuditEvent.objects.filter(id__gt=before, outcome="refused").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pattern", SOCKETS)
def test_a_page_of_another_site_cannot_connect(pattern):
    path = "/" + pattern.replace("<uuid:session_id>", str(uuid4()))
    cookie = cast.signed_in(cast.dr_osei()).session.session_key
    heard, code = async_to_sync(knock)(path, cookie, "https://evil.example")
    assert (heard, code) == ([], 1000) or code is not None
    assert heard == []
