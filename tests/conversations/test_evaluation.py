"""`manage.py evaluate`: what it prints, and how it takes bad input."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from conversations.evaluation import assertions, injection
from conversations.management.commands import evaluate

DATA = Path(__file__).parent / "data"


def run(kind: str, *paths: Path, **options: object) -> tuple[str, dict[str, float]]:
    out = StringIO()
    call_command("evaluate", kind, *map(str, paths), stdout=out, **options)
    lines = out.getvalue().strip().splitlines()
    return "\n".join(lines[:-1]), json.loads(lines[-1])


def test_it_prints_a_table_and_then_one_line_of_figures(tmp_path):
    cases = tmp_path / "cases.jsonl"
    cases.write_text(
        '{"utterance": "I have a rash", "expect": "escalate"}\n{"utterance": "No rash.", "expect": "none"}\n'
    )
    table, figures = run("guardrails", cases, out=tmp_path / "figures.json")
    assert "sensitivity" in table
    assert figures["sensitivity"] == 1.0
    assert figures["specificity"] == 1.0
    assert json.loads((tmp_path / "figures.json").read_text()) == figures


def test_a_wrong_verdict_is_shown(tmp_path):
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"utterance": "No rash.", "expect": "escalate"}\n')
    table, figures = run("guardrails", cases)
    assert figures["sensitivity"] == 0.0
    assert "expected escalate, got none: No rash." in table


def test_a_plan_and_a_question_may_come_with_a_case(tmp_path):
    cases = tmp_path / "cases.jsonl"
    case = {
        "utterance": "A little.",
        "question": "Any nausea?",
        "plan": {"expected_symptoms": ["nausea"]},
        "expect": "none",
    }
    cases.write_text(json.dumps(case))
    assert run("guardrails", cases)[1]["specificity"] == 1.0


@pytest.mark.parametrize("line", ['{"utterance": "x"}', "{", "[]"])
def test_a_bad_line_is_named(tmp_path, line):
    cases = tmp_path / "cases.jsonl"
    cases.write_text(f'{{"utterance": "fine", "expect": "none"}}\n{line}\n')
    with pytest.raises(CommandError, match="line 2"):
        run("guardrails", cases)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.jsonl"):
        run("guardrails", tmp_path / "nowhere.jsonl")


def test_every_kind_is_documented():
    page = (Path("docs") / "reference" / "evaluation.md").read_text()
    assert [kind for kind in evaluate.kinds() if f"## {kind}" not in page] == []


CLINICAL = [
    ("fever", "Denies FEVER or chills.", True, "recent"),
    ("chills", "No fever, CHILLS, or sweats.", True, "recent"),
    ("edema", "There is no EDEMA but the calf is tender.", True, "recent"),
    ("tender", "There is no edema but the calf is TENDER.", False, "recent"),
    ("pneumonia", "History of PNEUMONIA in 2019.", False, "historical"),
    ("Hypertension", "HYPERTENSION.", False, "historical"),
    ("bleeding", "Call if there is any BLEEDING.", False, "not particular"),
    ("redness", "Return to the emergency room for REDNESS or pus.", False, "not particular"),
    ("cough", "She has a dry COUGH.", False, "recent"),
    ("nausea", "The NAUSEA has resolved.", True, "recent"),
    ("alcohol", "Denies ALCOHOL.", True, "historical"),
]


@pytest.mark.parametrize(("concept", "text", "negated", "temporality"), CLINICAL)
def test_clinicians_sentences_are_read_in_context(tmp_path, concept, text, negated, temporality):
    case = {"concept": concept, "text": text, "negated": negated, "temporality": temporality}
    found = assertions.read(concept, text)
    assert found == assertions.truth(case)


def test_orders_change_nothing():
    figures = injection.evaluate([DATA / "injections.jsonl"]).figures
    assert figures["cases"] == 15
    assert figures["changed_spoken"] == 0.0
    assert figures["changed_as_document"] == 0.0
