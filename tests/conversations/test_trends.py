"""What calls found out, over time, on the patient's page."""

import datetime

import pytest
from django.utils import timezone

from conversations import trends
from conversations.models import ObjectiveRecord, Session
from tests import cast


def said(value: object, kind: str = "number") -> dict[str, object]:
    return {"value": value, "type": kind, "quote": "", "turn": 1}


def call(day: int, **variables: dict[str, object]) -> trends.Call:
    return trends.Call(str(day), datetime.date(2026, 6, day), variables)


def test_numbers_become_lines_the_best_known_first_and_words_do_not():
    calls = [call(9, pain=said(3), rescue_use=said(2)), call(2, pain=said(7), feeling=said("fine", "text"))]
    pain, inhaler = trends.trends(calls)
    assert [(point.on.day, point.value) for point in pain.points] == [(2, 7.0), (9, 3.0)]
    assert (pain.name, inhaler.name) == ("pain", "rescue_use")


def test_a_yes_is_no_number_but_no_weight_gained_is_none():
    up = said(True, "yes_no")
    assert trends.numbers({"weight_up": up, "pounds_up": said(4)}) == {"pounds_up": 4.0}
    assert trends.numbers({"weight_up": said(False, "yes_no")}) == {"pounds_up": 0.0}


@pytest.mark.parametrize(
    ("variables", "percent"),
    [
        ({}, None),
        ({"has_medicines": said(True, "yes_no"), "medicine_trouble": said(False, "yes_no")}, 100),
        ({"has_medicines": said(False, "yes_no"), "medicine_trouble": said(False, "yes_no")}, 50),
        ({"teach_back_aspirin": said("understood", "teach_back"), "has_medicines": said(True, "yes_no")}, 100),
        ({"a": said("understood", "teach_back"), "b": said("not understood: dose", "teach_back")}, 50),
    ],
)
def test_adherence_is_the_share_of_answers_that_were_in_order(variables, percent):
    assert trends.adherence(variables) == percent


@pytest.mark.django_db
def test_the_patients_page_draws_it_with_a_table_beside_and_says_so_when_there_is_nothing():
    maria, osei = cast.maria(), cast.signed_in(cast.dr_osei())
    assert "No numbers yet" in osei.get(f"/patients/{maria.pk}/").content.decode()
    for days_ago, pain in ((6, 7), (1, 3)):
        joined = timezone.now() - datetime.timedelta(days=days_ago)
        session = Session.objects.create(patient=maria, state="ended", joined_at=joined)
        ObjectiveRecord.objects.create(session=session, name="health_status", variables={"pain": said(pain)})
    page = osei.get(f"/patients/{maria.pk}/").content.decode()
    assert page.count("<circle") == 2
    assert "From 7 on" in page
    assert f'href="/call/{session.pk}/transcript/"' in page or f"{session.pk}" in page
    assert "style=" not in page
    assert "Over time" not in cast.signed_in(cast.admin()).get(f"/patients/{maria.pk}/").content.decode()
