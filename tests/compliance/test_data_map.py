"""Every stored field is classified, and the record of processing activities says so."""

import pytest
from django.core.management import call_command

from compliance import data_map, personal
from compliance.data_map import About, Description, Kind


def test_every_field_is_described_and_what_must_be_sealed_is():
    assert data_map.shortcomings() == [], "describe new tables and fields in your app's data_map.py"


@pytest.mark.parametrize("table", [one.label for one in personal.tables()])
def test_every_table_about_patients_can_be_followed_to_the_patient(table):
    """Otherwise export and erasure would miss it."""
    assert personal.path_to_patient(data_map.descriptions()[table].model)


def test_a_field_nobody_classified_is_found():
    forgotten = Description("clinic.Escalation", About.PATIENT, "x", fields={"cause": Kind.REFERENCE}, why_kept="x")
    faults = dict(data_map._faults(forgotten))
    assert faults["quote"] == "is not classified"
    assert "severity" not in faults  # has choices
    assert "raised_at" not in faults


def test_words_of_a_patient_in_a_plain_column_are_found():
    careless = Description("clinic.Escalation", About.PATIENT, "x", fields={"rule": Kind.WORDS}, why_kept="x")
    assert "is not sealed" in dict(data_map._faults(careless))["rule"]


def test_a_table_without_retention_and_a_field_that_is_gone_are_found():
    faults = dict(data_map._faults(Description("clinic.Plan", About.PATIENT, "x", fields={"gone": Kind.CODE})))
    assert faults["*"] == "has no retention"
    assert "no such field" in faults["gone"]


def test_nothing_is_described_twice():
    with pytest.raises(ValueError, match="twice"):
        data_map.describe("clinic.Plan", About.PATIENT, "again")


def test_the_record_of_processing_activities_names_every_table_and_measure(capsys):
    call_command("data_map")
    told = capsys.readouterr().out
    assert "Art. 30" in told
    for label in data_map.descriptions():
        assert label in told
    assert "AES-256-GCM" in told
    assert "10 years" in told
