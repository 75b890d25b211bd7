"""The rules that judge a patient's words."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from clinic import reference
from clinic.discharge_plan import EMPTY, DischargePlan, ExpectedSymptom, RedFlag, Severity
from conversations.evaluation import guardrails as evaluation
from conversations.guardrails import handbook, lexicon, likeness, rules
from conversations.guardrails.guard import Asked, Guard
from conversations.live.dialogue import Finding, Verdict
from conversations.live.events import Expecting, Words
from knowledge import embeddings

DATA = Path(__file__).parent / "data"
SAYINGS = yaml.safe_load(likeness.WRITTEN.read_text())
EXAMPLES: dict[str, dict[str, Any]] = yaml.safe_load((DATA / "rules.yaml").read_text())
EVERYDAY = DATA / "everyday.jsonl"
LAY = DATA / "lay.jsonl"  # idioms, understatement and mishearings of people of 75, written without the lexicon at hand
UNHEARD = DATA / "unheard.jsonl"  # wording that neither the lexicon nor the sayings hold, and chat
TWINS = DATA / "twins.jsonl"  # a harmless sentence, and one in nearly the same words that is not


def plan(example: dict[str, Any]) -> DischargePlan:
    def fields(item: Any) -> dict[str, Any]:
        return {"name": item} if isinstance(item, str) else dict(item)

    flags = [fields(item) for item in example.get("red_flags", ())]
    return DischargePlan(
        expected_symptoms=tuple(ExpectedSymptom(**fields(item)) for item in example.get("expected_symptoms", ())),
        red_flags=tuple(RedFlag(**{**flag, "severity": Severity(flag.get("severity", "urgent"))}) for flag in flags),
    )


@pytest.mark.parametrize("rule", sorted(rules.declared()))
def test_every_rule_has_an_example_that_it_applies_to(rule):
    example = EXAMPLES[rule]
    asked_back = example.get("asked_back")
    finding = Finding(asked_back, "emergency.chest_pain", Verdict.ASK_BACK, "") if asked_back else None
    guard = Guard(plan(example), example.get("day"), embeddings.embed)
    assessment = guard.assess(Words(0, example["says"], True), Asked(asked_back=finding))
    found = {f.rule: f.verdict for f in assessment.findings}
    assert rule in found
    assert found[rule] is rules.declared()[rule].verdict


def test_no_example_is_of_a_rule_that_is_gone():
    assert set(EXAMPLES) == set(rules.declared())


def test_every_rule_is_documented():
    page = (reference.FOLDER / "guardrails.md").read_text()
    assert page == handbook.page(), "run `make docs`"


def test_everyday_words_are_understood():
    figures = evaluation.evaluate([EVERYDAY]).figures
    assert figures["cases"] >= 400
    assert figures["sensitivity"] >= 0.98
    assert figures["emergency_sensitivity"] == 1.0
    assert figures["specificity"] >= 0.97


def test_the_words_of_the_old_are_understood():
    figures = evaluation.evaluate([LAY]).figures
    assert figures["cases"] >= 400
    assert figures["sensitivity"] >= 0.95
    assert figures["emergency_sensitivity"] >= 0.95


def test_wording_that_nobody_wrote_down_is_mostly_passed_on_and_chat_is_not():
    figures = evaluation.evaluate([UNHEARD]).figures
    assert figures["sensitivity"] >= 0.85
    assert figures["specificity"] >= 0.97


def test_the_unheard_wording_is_not_among_the_sayings():
    said = {text.casefold().strip(".") for texts in SAYINGS.values() for text in texts}
    cases = [json.loads(line) for line in UNHEARD.read_text().splitlines()]
    assert not [case["utterance"] for case in cases if case["utterance"].casefold() in said]


def test_the_vectors_are_of_the_sayings_as_written():
    assert likeness.learnt_from() == likeness.digest(), "run `manage.py learn_sayings`"
    assert set(SAYINGS) - {likeness.HARMLESS} <= lexicon.names()


LIKENED = Guard(DischargePlan(expected_symptoms=(ExpectedSymptom("back pain", "moderate"),)), 3, embeddings.embed)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("my back has got a hitch in it something fierce", "plan.expected"),
        ("I've been hugging the sink with my insides coming up", "symptom.alike"),
        ("my left arm is dangling like it belongs to somebody else", "emergency.stroke_signs"),
    ],
)
def test_what_is_like_a_saying_is_judged_by_the_plan_as_well(said, rule):
    finding = LIKENED.assess(Words(0, said, True)).findings[0]
    assert finding.rule == rule
    assert finding.plan_excerpt


@pytest.mark.parametrize(
    "said",
    ["I can lift my arm just fine now", "Can I lift my arm yet?", "No, I never had my arm hanging there", "If my arm"],
)
def test_good_news_questions_and_denials_are_like_nothing(said):
    assert LIKENED.assess(Words(0, said, True)).verdict in (Verdict.NONE, Verdict.NOTE)


def test_what_is_being_recited_is_like_nothing():
    said = Words(0, "the one that makes my insides come up", True)
    assert LIKENED.assess(said, Asked("What is it for?", reciting=True)).verdict is Verdict.NONE


def test_what_might_be_is_told_from_what_is():
    figures = evaluation.evaluate([TWINS]).figures
    assert figures["cases"] >= 240
    assert figures["sensitivity"] == 1.0
    assert figures["emergency_sensitivity"] == 1.0
    assert figures["specificity"] >= 0.98


def test_each_harmless_sentence_has_its_twin():
    pairs: dict[int, set[str]] = {}
    for line in TWINS.read_text().splitlines():
        case = json.loads(line)
        pairs.setdefault(case["pair"], set()).add("harmless" if case["expect"] == "none" else "dangerous")
    assert all(both == {"harmless", "dangerous"} for both in pairs.values())


def test_the_everyday_set_is_broad_and_says_why():
    cases = [json.loads(line) for line in EVERYDAY.read_text().splitlines()]
    assert len({case["concept"] for case in cases}) >= 60
    assert all(case["why"] for case in cases)


def test_the_lexicon_knows_hundreds_of_concepts():
    assert len(lexicon.concepts()) >= 130
    assert len(lexicon.names()) >= 500


MARIA = Guard(DischargePlan(expected_symptoms=(ExpectedSymptom("incision pain", "moderate"),)), day=3)


def verdict(text: str, asked: Asked = Asked(), confidence: float = 1.0, *, final: bool = True) -> Verdict:  # noqa: B008
    return MARIA.assess(Words(0, text, final, confidence), asked).verdict


def test_an_alarm_need_not_wait_for_the_end_of_the_sentence():
    assert verdict("I have this pain in my chest and it", final=False) is Verdict.EMERGENCY


def test_the_last_words_of_a_partial_transcript_may_still_turn():
    assert verdict("chest pain", final=False) is Verdict.NONE


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Nope.", Verdict.NONE),
        ("No, not that I know of", Verdict.NONE),
        ("Yes.", Verdict.ESCALATE),
        ("A little bit", Verdict.ESCALATE),
        ("Not sure, maybe", Verdict.ESCALATE),
        ("Not sure, maybe a bit", Verdict.ESCALATE),
    ],
)
def test_an_answer_is_read_in_the_light_of_the_question(answer, expected):
    assert verdict(answer, Asked("Have you had a fever?", "fever", Expecting.YES_NO)) is expected


def test_a_mishearing_of_a_warning_sign_is_asked_back():
    assert verdict("I have chest pain", confidence=0.4) is Verdict.ASK_BACK


CHEST_PAIN = Finding("chest pain", "emergency.chest_pain", Verdict.ASK_BACK, "chess pain")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Yes", Verdict.EMERGENCY),
        ("Yes, chest pain", Verdict.EMERGENCY),
        ("No, I said best day", Verdict.NONE),
        ("What?", Verdict.ESCALATE),
        ("the cat is on the table", Verdict.ESCALATE),
    ],
)
def test_only_a_clear_no_lets_a_warning_sign_go(answer, expected):
    assert verdict(answer, Asked(asked_back=CHEST_PAIN)) is expected


def test_a_low_confidence_yes_to_asking_back_counts():
    assert verdict("yes", Asked(asked_back=CHEST_PAIN), confidence=0.3) is Verdict.EMERGENCY


def test_an_unknown_new_something_in_the_body_is_passed_on():
    """What a recogniser makes of "a new pain in my chest" on a bad line."""
    for heard in ("I have a new pend in my chest.", "I have a new painting in my chest."):
        assert Guard(EMPTY).assess(Words(0, heard, True)).verdict is Verdict.ESCALATE
    assert Guard(EMPTY).assess(Words(0, "I have a new car.", True)).verdict is Verdict.NONE


def test_typed_words_are_never_misheard():
    words = Words(0, "I have chest pain", True, 0.1, source="typed")
    assert MARIA.assess(words).verdict is Verdict.EMERGENCY


def test_no_plan_makes_an_emergency_less():
    expects_it = Guard(DischargePlan(expected_symptoms=(ExpectedSymptom("chest pain", "severe"),)))
    assert expects_it.assess(Words(0, "a bit of chest pain", True)).verdict is Verdict.EMERGENCY


def test_the_plans_line_comes_with_the_finding():
    finding = MARIA.assess(Words(0, "my incision hurts like hell, nine out of ten", True)).findings[0]
    assert finding.rule == "plan.worse_than_expected"
    assert finding.plan_excerpt == "Expected: incision pain, at most moderate"


@pytest.mark.parametrize(
    "junk", ["", "   ", "....", "😀😀", "\n\n", "a" * 20_000, "no " * 3_000, "İstanbul ßẞ", "\x00\x01"]
)
def test_junk_is_survived(junk):
    assert Guard(EMPTY).assess(Words(0, junk, True)).verdict in (Verdict.NONE, Verdict.NOTE, Verdict.ESCALATE)
