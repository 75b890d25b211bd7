"""Protocols: those that ship, what is wrong with a bad one, and the versions of a clinic."""

from dataclasses import replace

import pytest

from compliance.models import AuditEvent
from conversations import conditions, objectives, protocol_book, protocols
from conversations.guardrails import lexicon
from conversations.models import ProtocolVersion
from conversations.objectives import Answer, Progress
from conversations.protocols import BadProtocol
from tests import cast

RED = ("health_status", "medicines", "appointments", "home", "if_a_problem")


@pytest.mark.parametrize("name", sorted(protocols.shipped()))
def test_shipped_protocols_follow_red_and_can_be_used(name):
    protocol = protocols.load(name)
    assert protocols.faults(protocol) == []
    names = [objective.objective_name for objective in protocol.objectives]
    assert [one for one in RED if one not in names] == []
    asked_about = {v.about for o in protocol.objectives for v in o.output_variables if v.about}
    assert asked_about <= lexicon.names()


def test_there_is_one_for_each_of_the_four():
    assert set(protocols.shipped()) == {"after_surgery", "heart_failure", "copd", "diabetes"}


@pytest.mark.parametrize("name", sorted(protocols.shipped()))
def test_yaml_comes_back_as_it_went(name):
    protocol = protocols.load(name)
    assert protocols.parse(protocols.dump(protocol)) == protocol


@pytest.mark.parametrize(
    ("diagnosis", "name"),
    [
        ("Right hip replacement", "after_surgery"),
        ("Heart failure", "heart_failure"),
        ("COPD exacerbation", "copd"),
        ("Type 2 diabetes", "diabetes"),
        ("Something else", "after_surgery"),
    ],
)
def test_the_diagnosis_chooses(diagnosis, name):
    assert protocols.choose(diagnosis, protocols.shipped()).name == name


SURGERY = protocols.to_json(protocols.load("after_surgery"))


def changed(**changes: object) -> dict[str, object]:
    return {**SURGERY, **changes}


def objective(**changes: object) -> dict[str, object]:
    variable = {"name": "x", "type": "yes_no", "ask": "Well?"}
    return {"objective_name": "one", "objective_prompt": "p", "output_variables": [variable], **changes}


def asking(kind: str) -> dict[str, object]:
    return objective(output_variables=[{"name": "x", "type": kind, "ask": "?"}])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "starts with a name"),
        (changed(objectives=[]), "at least one objective"),
        (changed(greeting="Good day."), "say that it is an AI"),
        (changed(objectives=[objective(objective_name="has spaces")]), "no spaces"),
        (changed(objectives=[objective(), objective()]), "Two objectives are named"),
        (changed(objectives=[objective(next_required_objectives=["gone"])]), 'leads to "gone"'),
        (changed(objectives=[objective(confirmation_mode="maybe")]), "confirmation_mode"),
        (changed(objectives=[objective(output_variables=[])]), "asks nothing"),
        (
            changed(objectives=[objective(output_variables=[{"name": "x", "type": "choice", "ask": "?"}])]),
            "two options",
        ),
        (changed(objectives=[objective(output_variables=[{"name": "x", "type": "mood", "ask": "?"}])]), "mood"),
        (changed(objectives=[objective(next_conditional_objectives={"one": "pain ~ 3"})]), "is not a condition"),
        (changed(objectives=[objective(next_conditional_objectives={"one": "pain >= 3"})]), "nothing asks"),
        (changed(surprise=1), "surprise"),
    ],
)
def test_a_bad_protocol_says_what_to_change(data, says):
    with pytest.raises(BadProtocol, match=says):
        protocols.from_json(data)


def test_what_is_no_yaml_is_refused():
    with pytest.raises(BadProtocol, match="not YAML"):
        protocols.parse("{")


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("pain >= 4", {"pain": 5.0}, True),
        ("pain >= 4", {"pain": 3.0}, False),
        ("pain >= 4", {}, False),
        ("fever is yes", {"fever": True}, True),
        ("fever is not yes", {"fever": False}, True),
        ("colour is green", {"colour": "Green"}, True),
        ("pain >= 4 and fever is yes", {"pain": 5.0, "fever": False}, False),
        ("pain >= 4 or fever is yes", {"pain": 5.0, "fever": False}, True),
    ],
)
def test_conditions(condition, values, expected):
    assert conditions.holds(condition, values) is expected


def test_a_conditional_objective_comes_only_if_its_condition_holds():
    protocol = protocols.from_json(
        changed(
            objectives=[
                objective(next_conditional_objectives={"two": "x is yes"}),
                objective(objective_name="two", output_variables=[{"name": "y", "type": "yes_no", "ask": "And?"}]),
            ]
        )
    )
    no = Progress().with_answer("one.x", Answer(False, "no", 1))
    yes = Progress().with_answer("one.x", Answer(True, "yes", 1))
    assert objectives.next_question(protocol.objectives, no) is None
    question = objectives.next_question(protocol.objectives, yes)
    assert question is not None
    assert question.key == "two.y"


@pytest.mark.django_db
class TestVersions:
    def test_a_draft_changes_nothing_until_it_is_published(self):
        edited = replace(protocols.load("copd"), title="COPD at Riverside")
        draft = protocol_book.draft(edited, cast.admin())
        assert protocol_book.in_use()["copd"].title == "COPD"
        protocol_book.publish(draft)
        assert protocol_book.in_use()["copd"].title == "COPD at Riverside"
        assert protocol_book.in_use()["copd"].version == 2
        actions = AuditEvent.objects.values_list("action", flat=True)
        assert {"protocol.drafted", "protocol.published"} <= set(actions)

    def test_a_published_version_is_never_changed(self):
        draft = protocol_book.draft(protocols.load("copd"), cast.admin())
        protocol_book.publish(draft)
        with pytest.raises(protocol_book.NotADraft):
            protocol_book.publish(draft)
        with pytest.raises(protocol_book.NotADraft):
            protocol_book.drop(draft)

    def test_the_next_version_retires_the_one_before(self):
        for _ in range(2):
            protocol_book.publish(protocol_book.draft(protocols.load("copd"), cast.admin()))
        states = ProtocolVersion.objects.order_by("version").values_list("state", flat=True)
        assert list(states) == ["retired", "published"]

    def test_the_patients_diagnosis_chooses(self):
        assert protocol_book.for_patient(cast.maria()).name == "after_surgery"
        assert protocol_book.for_patient(cast.another_patient()).name == "heart_failure"
