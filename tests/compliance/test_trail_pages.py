"""The officer reads the trail: filters, order, pages, proof; nobody else may."""

import datetime
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compliance import audit, consent, keyring, sealing, trail
from compliance.models import AuditEvent, Purpose
from compliance.trail import Filters
from tests import cast

pytestmark = pytest.mark.django_db

LOOKED = audit.action("test.transcript_read", "{actor} read the transcript of {patient}'s call", "R")
CHANGED = audit.action("test.plan_changed", "{actor} changed the plan of {patient}", "U")
TRAIL = "/compliance/trail/"


@pytest.fixture(autouse=True)
def keys(settings, tmp_path):
    settings.AUDIT_SIGNING_KEY_PATH = tmp_path / "key"
    settings.AUDIT_WITNESS_DIR = tmp_path / "witness"


@pytest.fixture
def officer():
    return cast.signed_in(cast.officer())


def act(user, what=LOOKED, patient=None, **more):
    with audit.acting_as(audit.Actor(f"user:{user.pk}", "10.0.0.7")):
        audit.record(what, patient_id=(patient or cast.maria()).pk, **more)


def text(response):
    return response.content.decode()


def test_the_trail_says_in_a_sentence_who_did_what(officer):
    act(cast.dr_osei())
    page = text(officer.get(TRAIL))
    assert "Abena Osei read the transcript of Maria L.&#x27;s call" in page
    assert "Lindqvist" not in page


def test_looking_at_the_trail_is_in_the_trail(officer):
    officer.get(TRAIL)
    event = AuditEvent.objects.get(action="audit.read")
    assert event.actor == f"user:{cast.officer().pk}"


@pytest.mark.parametrize("user", [cast.dr_osei, cast.admin, cast.stranger])
@pytest.mark.parametrize("name", ["trail", "proof", "consents"])
def test_nobody_else_reads_it(user, name):
    someone = user()
    assert cast.signed_in(someone).get(reverse(f"compliance:{name}")).status_code == 403
    refused = AuditEvent.objects.get(action="access.refused")
    assert (refused.outcome, refused.actor) == ("refused", f"user:{someone.pk}")


@pytest.mark.parametrize("name", ["trail", "proof", "consents"])
def test_nobody_without_an_account_reads_it(name):
    url = reverse(f"compliance:{name}")
    assert Client().get(url).url == f"/sign-in/?next={url}"
    assert cast.as_patient(cast.maria()).get(url).status_code == 302


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"action": "test.plan_changed"}, 1),
        ({"kind": "U", "patient": "maria"}, 1),
        ({"outcome": "refused"}, 1),
        ({"patient": "maria"}, 3),
        ({"actor": "stranger"}, 1),
        ({"subject": "session:1"}, 1),
        ({"since": "2000-01-01", "until": "2000-01-02"}, 0),
        ({"action": "no such"}, 0),
    ],
)
def test_filters(query, expected):
    act(cast.dr_osei())
    act(cast.dr_osei(), CHANGED)
    act(cast.stranger(), outcome="refused", subject="session:1")
    act(cast.nurse_lind(), patient=cast.another_patient())
    named = {"maria": str(cast.maria().pk), "stranger": f"user:{cast.stranger().pk}"}
    filters = Filters.read({name: named.get(value, value) for name, value in query.items()})
    assert trail.select(filters).count() == expected


def test_a_day_begins_and_ends_at_midnight(settings):
    act(cast.dr_osei())
    today = timezone.localdate()
    tomorrow = today + datetime.timedelta(days=1)
    assert trail.select(Filters(since=today, until=today)).count() == 1
    assert trail.select(Filters(since=tomorrow)).count() == 0


@pytest.mark.parametrize("sort", trail.COLUMNS)
@pytest.mark.parametrize("up", [True, False])
def test_every_order_shows_every_entry_once_over_pages(sort, up):
    for number in range(23):
        user = [cast.dr_osei, cast.nurse_lind, cast.stranger][number % 3]()
        patient = [cast.maria, cast.another_patient][number % 2]()
        act(user, [LOOKED, CHANGED][number % 2], patient, outcome=["ok", "refused"][number // 12])
    audit.record(trail.audit.declared()["audit.read"])  # about no patient
    filters, seen = Filters(sort=sort, up=up), []
    while True:
        page = trail.page(filters, size=5)
        seen += [line.event for line in page.lines]
        if not page.next:
            break
        filters = Filters.read({"sort": sort, "up": "1" if up else "", "after": page.next})
    assert len(seen) == AuditEvent.objects.count() == len({event.pk for event in seen})
    keys = [event.key for event in seen]
    assert keys == sorted(keys, reverse=not up)


@pytest.mark.parametrize("sort", trail.COLUMNS)
@pytest.mark.parametrize("after", ["x", "bm9wZQ==", "WyJhIiwgIngiXQ==", "WyJhIiwgMV0=", "\x00", "é"])
def test_a_broken_address_shows_the_trail_all_the_same(officer, sort, after):
    query = {"after": after, "since": "never", "patient": "x", "sort": sort, "actor": "user:x"}
    assert officer.get(TRAIL, query).status_code == 200


def test_a_name_is_searched_by_post_and_never_in_an_address(officer):
    maria = cast.maria()
    response = officer.post(f"{TRAIL}find/", {"words": "lindqv"})
    assert response.url == f"{TRAIL}patient/{maria.pk}/"
    assert officer.get(f"{TRAIL}find/?words=lindqv").status_code == 405
    assert "by that name" in text(officer.post(f"{TRAIL}find/", {"words": "nobody at all"}))
    several = text(officer.post(f"{TRAIL}find/", {"words": "consent"}))
    assert "gave consent for" in several


def test_who_looked_names_everybody_who_did(officer):
    act(cast.dr_osei())
    act(cast.dr_osei())
    act(cast.stranger(), outcome="refused")
    act(cast.nurse_lind(), patient=cast.another_patient())
    page = text(officer.get(f"{TRAIL}patient/{cast.maria().pk}/"))
    assert "Abena Osei" in page
    assert "Viktor Hale" in page
    assert "Karin Lind" not in page
    assert AuditEvent.objects.filter(action="audit.who_looked", patient_id=cast.maria().pk).exists()


def test_an_erased_patient_keeps_their_trail_without_their_name(officer):
    act(cast.dr_osei())
    keyring.destroy(cast.maria().pk)
    page = text(officer.get(TRAIL))
    assert "Maria" not in page
    assert "an erased patient" in page


def test_the_proof_of_an_entry_is_one_click_away(officer):
    act(cast.dr_osei())
    event = AuditEvent.objects.get(action="test.transcript_read")
    url = reverse("compliance:proof_of_entry", args=[event.pk])
    assert url in text(officer.get(TRAIL))
    assert "waits for its seal" in text(officer.get(url))
    sealing.seal()
    page = text(officer.get(url))
    assert "This entry is what was sealed" in page
    assert "aftercare.local/audit" in page
    assert officer.get(reverse("compliance:proof_of_entry", args=[10**9])).status_code == 404


def test_the_proof_of_a_changed_entry_says_so(officer):
    from django.db import connection

    act(cast.dr_osei())
    event = AuditEvent.objects.get(action="test.transcript_read")
    sealing.seal()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE compliance_auditevent DISABLE TRIGGER append_only")
        cursor.execute("UPDATE compliance_auditevent SET \"where\" = '' WHERE id = %s", [event.pk])
    page = text(officer.get(reverse("compliance:proof_of_entry", args=[event.pk])))
    assert "This entry is not what was sealed" in page


def test_the_status_page_says_whether_the_daily_verification_ran(officer):
    from compliance import trail_check

    url = reverse("compliance:proof")
    assert "Not verified yet" in text(officer.get(url))
    yesterday = timezone.now() - datetime.timedelta(hours=30)
    AuditEvent.objects.create(at=yesterday, action="test.plan_changed", actor="system:x")
    assert "did not run" in text(officer.get(url))
    act(cast.dr_osei())
    sealing.seal()
    trail_check.check_and_record()
    assert "Verified." in text(officer.get(url))


def test_asking_for_a_verification_is_audited(officer, monkeypatch):
    from compliance import tasks

    asked = []
    monkeypatch.setattr(tasks.verify, "delay", lambda: asked.append(True))
    assert officer.post(reverse("compliance:verify_now")).status_code == 302
    assert asked == [True]
    assert AuditEvent.objects.filter(action="audit.verification_asked").exists()


def test_the_consent_ledger_shows_the_words_that_were_agreed_to(officer):
    maria = cast.maria()
    consent.grant(maria.pk, [Purpose.AI_CALL], language="es")
    consent.withdraw(maria.pk, Purpose.AI_CALL)
    page = text(officer.get(reverse("compliance:consents")))
    assert "Acepto hablar por videollamada" in page
    assert "No longer" in page
    one = text(officer.get(reverse("compliance:consents_of_patient", args=[maria.pk])))
    assert "Maria L." in one
    assert officer.get(reverse("compliance:consents_of_patient", args=[uuid4()])).status_code == 404


def test_without_an_audit_trail_the_officer_sees_nothing(officer, monkeypatch):
    act(cast.dr_osei())

    def broken(*_args, **_kwargs):
        raise audit.DatabaseError("disk full")

    monkeypatch.setattr(audit, "_insert", broken)
    for name in ("trail", "proof", "consents"):
        response = officer.get(reverse(f"compliance:{name}"))
        assert response.status_code == 503
        assert "Maria" not in text(response)
