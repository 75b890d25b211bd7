"""What calls measure: numbers for the administrator and for Prometheus, and nobody's words in any of it."""

import datetime
import re

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from clinic import escalations
from clinic.discharge_plan import Severity
from conversations import sessions, telemetry
from conversations.models import LinkReport, Session, TurnTiming
from conversations.sessions import Claim
from tests import cast

pytestmark = pytest.mark.django_db
TIMING = {"turn": 1, "decided_ms": 210, "sentence_ms": 230, "sound_ready_ms": 260, "on_wire_ms": 300}


@pytest.fixture(autouse=True)
def _fresh_groups() -> None:
    telemetry.group_of.cache_clear()


def a_call() -> Claim:
    session = Session.objects.create(patient=cast.maria(), host="host-1", epoch=1, state=Session.State.LIVE)
    return Claim(session.pk, session.patient_id, 1)


def turns(claim: Claim, *on_wire_ms: int) -> None:
    for number, whole in enumerate(on_wire_ms, start=1):
        telemetry.keep_turn(claim, {**TIMING, "turn": number, "on_wire_ms": whole})


def test_a_turn_is_kept_once_with_its_group_and_without_a_name() -> None:
    claim = a_call()
    telemetry.keep_turn(claim, TIMING)
    telemetry.keep_turn(claim, {**TIMING, "on_wire_ms": 9999})
    kept = TurnTiming.objects.get()
    assert (kept.on_wire_ms, kept.host, kept.language, kept.version) == (300, "host-1", "en", "0.1.0")
    assert kept.age_band in {"60–69", "70–79"}


def test_quantiles_are_those_of_the_rows() -> None:
    turns(a_call(), *range(100, 1101, 10))
    whole = telemetry.spreads(telemetry.since(datetime.timedelta(hours=1)))[-1]
    assert (whole.count, whole.p50, whole.p95, whole.p99) == (101, 600, 1050, 1090)


def test_hours_and_groups_are_told_apart() -> None:
    claim = a_call()
    turns(claim, 300, 500)
    TurnTiming.objects.filter(turn=1).update(at=timezone.now() - datetime.timedelta(hours=3), language="es")
    rows = telemetry.since(datetime.timedelta(days=1))
    assert [hour.spread.p50 for hour in telemetry.by_hour(rows)] == [300, 500]
    assert [(each.name, each.p50) for each in telemetry.by_group(rows, "language")] == [("en", 500), ("es", 300)]
    assert [(each.name, each.count) for each in telemetry.by_group(rows, "release")] == [("–", 2)]


@pytest.mark.parametrize("nonsense", ["soon", None, True, float("nan"), float("inf"), 1e12, {"a": 1}])
def test_a_browser_is_not_believed_everything(nonsense: object) -> None:
    telemetry.keep_report(a_call(), {"round_trip_ms": nonsense, "jitter_ms": 4, "unknown": 1})
    report = LinkReport.objects.get()
    assert (report.round_trip_ms, report.jitter_ms) == (None, 4)


def test_a_report_of_nothing_is_not_kept() -> None:
    telemetry.keep_report(a_call(), {"round_trip_ms": "x"})
    assert not LinkReport.objects.exists()


@pytest.mark.parametrize(("after_ms", "heard_ms"), [(84.6, 385), (0, 300), (-1, None), (1e9, None), ("soon", None)])
def test_the_page_tells_when_a_reply_was_heard(after_ms: object, heard_ms: int | None) -> None:
    claim = a_call()
    telemetry.keep_turn(claim, TIMING)
    telemetry.keep_heard(claim, 1, after_ms)
    telemetry.keep_heard(claim, 7, 10)  # no such turn
    assert TurnTiming.objects.get().heard_ms == heard_ms


def test_stages_that_few_turns_have_are_counted_by_themselves() -> None:
    claim = a_call()
    turns(claim, 300, 500)
    telemetry.keep_turn(claim, {**TIMING, "turn": 3, "token_ms": 222, "gate_ms": 4})
    spreads = {one.name: one for one in telemetry.spreads(telemetry.since(datetime.timedelta(hours=1)))}
    assert (spreads["on_wire_ms"].count, spreads["token_ms"].count, spreads["token_ms"].p95) == (3, 1, 222)
    assert "heard_ms" not in spreads


def test_it_is_counted_how_often_we_are_cut_off_and_put_right() -> None:
    claim = a_call()
    said = [
        (1, "assistant", "speech", False), (1, "assistant", "speech", True), (2, "assistant", "speech", False),
        (1, "patient", "speech", False), (2, "patient", "corrected", False), (3, "patient", "typed", False),
    ]  # fmt: skip
    for turn, speaker, source, cut in said:
        sessions.keep_utterance(
            claim, turn=turn, speaker=speaker, text="x", position_ms=0, citation=None, source=source, interrupted=cut
        )
    found = telemetry.talk(datetime.timedelta(hours=1))
    assert found == telemetry.Talk(replies=2, cut_off=1, spoken=1, corrected=1)
    assert (found.cut_off_percent, found.corrected_percent) == (50, 100)
    assert telemetry.Talk(0, 0, 0, 0).cut_off_percent == 0


def test_the_administrator_sees_quantiles_and_each_call() -> None:
    claim = a_call()
    turns(claim, 300, 500, 900)
    page = cast.signed_in(cast.admin()).get("/dashboards/").content.decode()
    assert "<polyline" in page
    assert "host-1" in page
    assert "Lindqvist" not in page
    call = cast.signed_in(cast.admin()).get(f"/dashboards/calls/{claim.session_id}/").content.decode()
    assert "Turn 3: 900 ms" in call


def test_before_the_first_call_the_dashboard_says_so() -> None:
    assert "No turns yet" in cast.signed_in(cast.admin()).get("/dashboards/").content.decode()


def test_prometheus_reads_calls_turns_and_escalations() -> None:
    turns(a_call(), 300, 500)
    escalations.escalate(
        patient_id=cast.maria().pk,
        session_id=None,
        turn=1,
        rule="emergency.chest_pain",
        severity=Severity.EMERGENCY,
        quote="the canary sings in my chest",
    )
    told = Client().get("/metrics").content.decode()
    assert 'aftercare_calls{host="host-1",state="live"} 1.0' in told
    assert 'aftercare_turn_milliseconds{quantile="0.5",stage="on_wire"} 400.0' in told
    assert 'aftercare_escalations_waiting{severity="emergency"} 1.0' in told
    assert "aftercare_turns_total 2.0" in told
    assert not re.search("canary|Lindqvist|chest", told)


def test_metrics_need_their_token() -> None:
    with override_settings(METRICS_TOKEN="open-sesame-0123456789"):
        assert Client().get("/metrics").status_code == 404
        assert Client().get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
        right = {"Authorization": "Bearer open-sesame-0123456789"}
        assert Client().get("/metrics", headers=right).status_code == 200


@override_settings(DEMO=False, METRICS_TOKEN="")
def test_production_without_a_token_has_no_metrics() -> None:
    assert Client().get("/metrics").status_code == 404


def test_forgetting_a_call_forgets_what_it_measured() -> None:
    claim = a_call()
    turns(claim, 300)
    telemetry.keep_report(claim, {"jitter_ms": 4})
    Session.objects.filter(pk=claim.session_id).delete()
    assert not TurnTiming.objects.exists()
    assert not LinkReport.objects.exists()
