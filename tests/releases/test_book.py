"""A release from draft to rollback: who may do what, whom it reaches, and that calls run what their release says."""

import datetime

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from clinic import escalations
from clinic.discharge_plan import Severity
from clinic.models import OutboxEntry
from compliance import consent
from compliance.models import AuditEvent
from conversations import protocol_book, protocols, sessions
from conversations.errors import ReleaseRefused
from conversations.models import CallMeasure, Release, Rollout, Session, TurnTiming
from conversations.releases import assignment, book, installed, measured, watching
from conversations.releases.bundle import Bundle, hindrances
from conversations.sessions import Claim
from conversations.tasks import watch_rollout
from tests import cast

pytestmark = pytest.mark.django_db


def signed(**changes) -> Release:
    release = book.draft({"limits.turn_s": 7.0, **changes}, "try it", cast.admin())
    book.sign(release, cast.dr_osei())
    release.refresh_from_db()
    return release


def in_use(**changes) -> Release:
    rollout = book.roll_out(signed(**changes), 50)
    book.complete(rollout)
    return rollout.release


def reaching(rollout: Rollout, percent: int = 95) -> Rollout:
    """Maria is among those it reaches."""
    Rollout.objects.filter(pk=rollout.pk).update(percent=100 if percent == 95 else percent)
    rollout.refresh_from_db()
    return rollout


def call(release: Release | None, *, wait_ms: int = 300, minutes_ago: int = 0, **measure) -> Session:
    """One ended call of Maria's."""
    ended = timezone.now() - datetime.timedelta(minutes=minutes_ago)
    session = Session.objects.create(
        patient=cast.maria(), release=release, state="ended", joined_at=ended, ended_at=ended, epoch=1
    )
    CallMeasure.objects.create(session=session, **{"turns": 10, "sentences": 20, **measure})
    for turn in (1, 2, 3):
        stages = dict.fromkeys(("decided_ms", "sentence_ms", "sound_ready_ms", "on_wire_ms"), wait_ms)
        TurnTiming.objects.create(session=session, turn=turn, at=ended, version="1", host="h", **stages)
    return session


def done(action: str) -> AuditEvent:
    return AuditEvent.objects.get(action=action)


def test_a_release_holds_everything_a_call_runs_with_and_never_changes():
    release = book.draft({"limits.turn_s": 7.0}, "shorter turns", cast.admin())
    assert {"model.name", "prompt.sha256", "guardrails.sha256", "voice.name", "software.sha256"} <= release.parts.keys()
    assert "protocol.after_surgery" in release.parts
    assert release.digest == Bundle(release.parts).digest
    assert done("release.drafted").detail == {"sha256": release.digest}
    for change in ({"parts": {}}, {"note": "other"}, {"digest": "0" * 64}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Release.objects.filter(pk=release.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        release.delete()


def test_the_same_release_is_not_made_twice():
    book.draft({"limits.turn_s": 7.0}, "shorter turns", cast.admin())
    with pytest.raises(ReleaseRefused, match="exactly this"):
        book.draft({"limits.turn_s": 7.0}, "again", cast.admin())


def test_a_clinician_signs_and_nobody_else_and_once():
    release = book.draft({"limits.turn_s": 7.0}, "shorter turns", cast.admin())
    with pytest.raises(ReleaseRefused, match="clinician"):
        book.sign(release, cast.admin())
    book.sign(release, cast.dr_osei())
    assert done("release.signed").subject == f"release:{release.pk}"
    with pytest.raises(ReleaseRefused):
        book.sign(release, cast.stranger())
    with pytest.raises(DatabaseError), transaction.atomic():
        Release.objects.filter(pk=release.pk).update(signed_by=cast.stranger())


def test_nothing_unsigned_reaches_a_patient_and_one_at_a_time():
    with pytest.raises(ReleaseRefused, match="sign"):
        book.roll_out(book.draft({"limits.turn_s": 7.5}, "unsigned", cast.admin()), 10)
    book.roll_out(signed(), 10)
    with pytest.raises(ReleaseRefused, match="Another"):
        book.roll_out(signed(**{"limits.turn_s": 6.0}), 10)
    assert done("release.rolled_out").detail == {"percent": 10, "teams": 0}


@pytest.mark.parametrize("percent", [0, 100, -1])
def test_a_rollout_leaves_someone_to_compare_with(percent):
    with pytest.raises(ReleaseRefused, match="between"):
        book.roll_out(signed(), percent)


def test_a_rollout_reaches_its_teams_only_and_keeps_patients_where_they_are():
    rollout = reaching(book.roll_out(signed(), 50, [cast.orthopaedics()]))
    assert assignment.assign(cast.maria()) == rollout.release
    assert assignment.assign(cast.another_patient()) is None
    assert {assignment.assign(cast.maria()) for _ in range(5)} == {rollout.release}


def test_a_new_call_records_its_release():
    consent.grant(cast.maria().pk, consent.NEEDED_FOR_A_CALL)
    release = in_use()
    assert sessions.open_for(cast.maria().pk).release == release


def test_every_old_release_can_be_started_again():
    """The shipped protocols, an edited one that was replaced since, and what is installed."""
    edited = protocols.from_json({**protocols.to_json(protocols.load("copd")), "title": "COPD, gently"})
    published = protocol_book.publish(protocol_book.draft(edited, cast.admin()))
    releases = [in_use(), in_use(**{"limits.turn_s": 6.0}), signed(**{"decoding.temperature": 0.0})]
    protocol_book.publish(protocol_book.draft(protocols.load("copd"), cast.admin()))
    for release in releases:
        session = Session.objects.create(patient=cast.another_patient(), release=release)
        Rollout.objects.filter(state="complete").update(state="replaced")
        Rollout.objects.create(release=release, percent=50, limits={}, started_at=timezone.now(), state="complete")
        choice = assignment.for_call(session.pk)
        assert choice.release == release
        assert choice.bundle.digest == release.digest
        assert choice.protocols["copd"].title == "COPD, gently"
        assert choice.protocols["copd"].version == published.version


def test_a_release_of_other_software_gives_way_and_the_trail_says_so():
    release = in_use()
    Rollout.objects.all().delete()
    parts = {**release.parts, "software.sha256": "another build"}
    foreign = Release.objects.create(
        digest="f" * 64, software=Bundle(parts).software, parts=parts, note="", made_by=cast.admin()
    )
    Rollout.objects.create(release=foreign, percent=1, limits={}, started_at=timezone.now(), state="complete")
    session = Session.objects.create(patient=cast.maria(), release=foreign)
    choice = assignment.for_call(session.pk)
    session.refresh_from_db()
    assert (choice.release, session.release) == (None, None)
    assert choice.bundle == installed.bundle()
    assert done("release.not_started").reason == "software"
    assert hindrances(Bundle(foreign.parts), installed.ground()) == ["software"]


def test_a_call_for_other_software_is_left_to_its_hosts_for_a_moment_only():
    release = in_use()
    parts = {**release.parts, "software.sha256": "another build"}
    foreign = Release.objects.create(
        digest="f" * 64, software=Bundle(parts).software, parts=parts, note="", made_by=cast.admin()
    )
    session = Session.objects.create(patient=cast.maria(), release=foreign, wanted_at=timezone.now())
    assert sessions.claim("host-1") is None
    Session.objects.filter(pk=session.pk).update(wanted_at=timezone.now() - sessions.FOREIGN_AFTER)
    assert sessions.claim("host-1") is not None


def test_taking_back_moves_waiting_calls_tells_outside_and_is_not_started_again():
    base = in_use()
    rollout = reaching(book.roll_out(signed(**{"limits.turn_s": 6.0}), 50))
    waiting = Session.objects.create(patient=cast.maria(), release=rollout.release)
    live = Session.objects.create(patient=cast.maria(), release=rollout.release, state="live")
    book.roll_back(rollout, "person")
    waiting.refresh_from_db()
    live.refresh_from_db()
    assert (waiting.release, live.release) == (base, rollout.release)
    assert assignment.assign(cast.maria()) == base
    assert assignment.for_call(live.pk).release == base  # its process died: the new one runs what is in use
    assert done("release.rolled_back").detail["reason"] == "person"
    assert OutboxEntry.objects.filter(topic="release.rolled_back").exists()
    with pytest.raises(ReleaseRefused, match="over"):
        book.roll_back(rollout, "person")


def test_taking_back_what_everyone_has_restores_what_they_had():
    first, second = in_use(), in_use(**{"limits.turn_s": 6.0})
    assert assignment.in_use() == second
    book.roll_back(Rollout.objects.get(release=second), "person")
    assert assignment.in_use() == first
    book.roll_back(Rollout.objects.get(release=first), "person")
    assert assignment.in_use() is None


def test_what_a_dialogue_counts_is_kept_with_its_call():
    session = Session.objects.create(patient=cast.maria(), host="h", epoch=1, state="live")
    held = Claim(session.pk, session.patient_id, 1)
    sessions.keep_dialogue(held, {"state": {"turn": 4}, "gate": {"passed": 9, "stopped": 1}, "left_out": 2})
    kept = CallMeasure.objects.get(session=session)
    assert (kept.turns, kept.sentences, kept.stopped, kept.failed_turns) == (4, 10, 1, 2)


def test_calls_are_read_as_the_gates_want_them():
    release = signed()
    rollout = book.roll_out(release, 50)
    broken = call(release, wait_ms=800, stopped=5, failed_turns=1)
    escalations.escalate(
        patient_id=cast.maria().pk,
        session_id=broken.pk,
        turn=1,
        rule="emergency.chest_pain",
        severity=Severity.EMERGENCY,
        quote="my chest",
    )
    call(None, rating=5)
    Rollout.objects.update(started_at=timezone.now() - datetime.timedelta(hours=1))
    candidate, control = sorted(measured.during(Rollout.objects.get()), key=lambda each: not each.candidate)
    assert (candidate.median_ms, candidate.stopped_share, candidate.failed, candidate.escalated) == (
        800,
        0.25,
        True,
        True,
    )
    assert (control.median_ms, control.failed, control.escalated, control.rating) == (300, False, False, 5)
    assert rollout.limits["known"] == 0


def test_a_slow_release_is_taken_back_by_itself_and_a_fine_one_is_not():
    """Through Celery's door, which beat opens every fifteen seconds."""
    for number in range(20):
        call(None, wait_ms=290 + number, minutes_ago=90)
    rollout = book.roll_out(signed(), 50)
    assert rollout.limits["median_ms"] < 310
    for number in range(24):
        call(None, wait_ms=290 + number % 10)
        call(rollout.release, wait_ms=280 + number % 10)
    assert not watch_rollout()
    for _ in range(24):
        call(None)
        call(rollout.release, wait_ms=600)
    assert watch_rollout()
    rollout.refresh_from_db()
    assert (rollout.state, rollout.reason) == ("rolled_back", "slow")
    told = done("release.rolled_back")
    assert told.actor == "system:release-gates"
    assert told.detail["candidate_bad"] == 24
    assert not watching.watch()


def test_an_overspent_error_budget_lets_only_what_mends_it_be_rolled_out():
    release = signed()
    call(None, minutes_ago=60 * 24 * 31, turns=5000, failed_turns=5000)  # too long ago to count
    call(None, turns=5000, failed_turns=25)
    assert [one.is_overspent for one in measured.budgets(timezone.now())] == [False, False]
    call(None, turns=100, failed_turns=2)
    with pytest.raises(ReleaseRefused, match="error budget"):
        book.roll_out(release, 5)
    assert not Rollout.objects.exists()
    book.roll_out(release, 5, mends_what_spent_the_budget=True)
    assert done("release.rolled_out").detail == {"percent": 5, "teams": 0, "budget_overspent": "failed"}


def test_slow_answers_spend_a_budget_of_their_own():
    call(None, wait_ms=1201)
    call(None, wait_ms=1200)
    found = {one.promise.name: (one.bad, one.turns) for one in measured.budgets(timezone.now())}
    assert found["slow"] == (3, 6)
