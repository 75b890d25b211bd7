"""What is understood from discharge papers: the plan that guards a conversation, with each item's place."""

from pathlib import Path

import pytest

from clinic.discharge_plan import DischargePlan, Severity
from knowledge.extraction import pdf, plain
from knowledge.understanding import merged, propose

SAMPLES = Path(__file__).resolve().parents[2] / "knowledge" / "samples"


def plan_of(text: str) -> DischargePlan:
    return propose("doc", list(plain.read(text)))


@pytest.fixture(scope="module")
def hip() -> DischargePlan:
    document = pdf.open_document((SAMPLES / "hip_replacement.pdf").read_bytes(), max_pages=500)
    return propose("doc", list(pdf.read(document)))


def names(items) -> list[str]:
    return [item.name.casefold() for item in items]


def test_a_table_of_medicines_becomes_medicines(hip):
    oxycodone = hip.medicines[0]
    assert (oxycodone.name, oxycodone.dose, oxycodone.route) == ("Oxycodone", "5 mg tablet, 1 tablet", "by mouth")
    assert (oxycodone.times, oxycodone.reason) == ("Every 6 hours as needed", "Strong pain")
    assert names(hip.medicines) == ["oxycodone", "acetaminophen (tylenol)", "apixaban (eliquis)", "docusate (colace)"]


def test_what_is_normal_is_known_with_its_degree_and_its_last_day(hip):
    known = {item.name.casefold(): (item.at_most, item.until_day) for item in hip.expected_symptoms}
    assert known["pain in your right hip"] == ("moderate", 14)
    assert known["swelling of your right leg and ankle"] == ("moderate", 42)
    assert known["numbness around the scar"] == ("mild", None)
    assert known["constipation while you take oxycodone"] == ("mild", None)


def test_warning_signs_come_one_by_one_with_what_to_do(hip):
    flags = {flag.name.casefold(): flag for flag in hip.red_flags}
    assert flags["chest pain"].severity is Severity.EMERGENCY
    assert flags["chest pain"].action == "Call 911 right away"
    assert flags["redness in your calf"].severity is Severity.URGENT
    assert flags["redness in your calf"].action == "Call us at 555-0100, day or night"
    assert "wound that is red, hot, swollen, or leaking pus" in flags
    assert not set(flags) & set(names(hip.expected_symptoms))


def test_every_item_points_to_the_words_it_was_read_from(hip):
    document = pdf.open_document((SAMPLES / "hip_replacement.pdf").read_bytes(), max_pages=500)
    pages = {page.number: page.text for page in pdf.read(document)}
    for item in (*hip.medicines, *hip.expected_symptoms, *hip.red_flags, *hip.instructions):
        words = pages[item.source.page][item.source.start : item.source.end]
        first = (getattr(item, "name", "") or item.text).split()[0]
        assert first.casefold() in words.casefold()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Take furosemide (Lasix) 40 mg by mouth every morning.", ("furosemide (Lasix)", "40 mg", "every morning")),
        ("You may take Tylenol 650 mg every 6 hours.", ("Tylenol", "650 mg", "every 6 hours")),
        ("Medicines:\n1. Amoxicillin 500 mg PO TID\n2. Rest.", ("Amoxicillin", "500 mg", "TID")),
        ("Inject insulin glargine 20 units under the skin at bedtime.", ("insulin", "20 units", "at bedtime")),
        ("Apply mupirocin to your skin twice a day for 5 days.", ("mupirocin", "", "twice a day for 5 days")),
    ],
)
def test_a_medicine_in_a_sentence(text, expected):
    (medicine,) = plan_of(text).medicines
    assert (medicine.name, medicine.dose, medicine.times) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Do not take ibuprofen 400 mg.",
        "STOP taking lisinopril 10 mg once a day.",
        "If you miss a dose of apixaban 5 mg, take it as soon as you remember.",
        "ALLERGIES\n\nPenicillin 500 mg",
    ],
)
def test_what_is_not_an_order_is_no_medicine(text):
    assert plan_of(text).medicines == ()


@pytest.mark.parametrize(
    ("text", "name", "at_most"),
    [
        ("It is normal to have some swelling.", "swelling", "mild"),
        ("Bruising around the wound is common.", "bruising around the wound", "moderate"),
        ("You may feel tired for a few weeks.", "tired", "moderate"),
        ("Expect a cough for up to 3 weeks.", "cough", "moderate"),
        ("Fatigue may last for a month.", "fatigue", "moderate"),
        ("What to expect:\n- Mild nausea on the first day", "nausea", "mild"),
        ("A small amount of blood is normal today.", "small amount of blood", "mild"),
    ],
)
def test_ways_of_saying_that_something_is_normal(text, name, at_most):
    (symptom,) = plan_of(text).expected_symptoms
    assert (symptom.name.casefold(), symptom.at_most) == (name, at_most)


@pytest.mark.parametrize("text", ["Severe pain is not normal.", "You may have sex after 6 weeks.", "You may shower."])
def test_what_is_not_called_normal_is_not_expected(text):
    assert plan_of(text).expected_symptoms == ()


@pytest.mark.parametrize(
    ("text", "flags", "severity"),
    [
        ("Call us if you have a fever.", ["fever"], "urgent"),
        ("Call 911 for chest pain.", ["chest pain"], "emergency"),
        ("If you cannot urinate, call the clinic.", ["cannot urinate"], "urgent"),
        ("Go to the emergency room if you faint or cannot breathe.", ["faint", "cannot breathe"], "emergency"),
        ("Call your doctor if you have pain, redness or swelling in your calf.",
         ["pain in your calf", "redness in your calf", "swelling in your calf"], "urgent"),
        ("Get help right away if you\n- soak more than one pad an hour", ["soak more than one pad an hour"], "urgent"),
        ("Warning signs: Call your doctor or 911 for: confusion, coughing up blood, blue lips.",
         ["confusion", "coughing up blood", "blue lips"], "emergency"),
        ("Call if your sugar is below 70 or above 300.", ["your sugar is below 70 or above 300"], "urgent"),
    ],
)  # fmt: skip
def test_ways_of_saying_when_to_call(text, flags, severity):
    found = plan_of(text).red_flags
    assert names(found) == flags
    assert {flag.severity.value for flag in found} == {severity}


@pytest.mark.parametrize("text", ["Call us if you have questions.", "Call 555-0142 to change your appointment."])
def test_not_every_call_is_about_a_symptom(text):
    assert plan_of(text).red_flags == ()


def test_the_heart_failure_sample_is_understood():
    plan = plan_of((SAMPLES / "heart_failure.txt").read_text())
    assert names(plan.medicines)[0] == "furosemide (lasix)" and len(plan.medicines) == 5
    flags = {flag.name.casefold(): flag.severity.value for flag in plan.red_flags}
    assert flags["fainting"] == "emergency"
    assert flags["gain 3 pounds or more in one day, or 5 pounds in one week"] == "urgent"
    kinds = {item.kind for item in plan.instructions}
    assert {"diet", "activity", "appointment", "contact"} <= kinds


def test_a_second_document_adds_to_the_plan_and_a_new_version_replaces_its_own_part():
    first = propose("one", list(plain.read("Take aspirin 81 mg once a day. Call us if you have a fever.")))
    second = propose("two", list(plain.read("Take metformin 500 mg twice a day.")))
    both = merged(first, second)
    assert names(both.medicines) == ["aspirin", "metformin"] and names(both.red_flags) == ["fever"]
    renewed = merged(both, propose("three", list(plain.read("Take aspirin 162 mg once a day."))), without="one")
    assert [(item.name, item.dose) for item in renewed.medicines] == [("metformin", "500 mg"), ("aspirin", "162 mg")]
    assert renewed.red_flags == ()
