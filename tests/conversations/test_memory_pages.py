"""What is remembered can be seen and put right: by the patient, by her clinician, and by nobody else."""

import pytest

from compliance import consent
from compliance.errors import ConsentMissing
from compliance.models import AuditEvent, Purpose
from conversations import progress
from conversations.models import MemoryFact
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def fact() -> MemoryFact:
    maria = cast.maria()
    consent.grant(maria.pk, [Purpose.MEMORY])
    return remembers("the metformin tablets are hard to swallow")


def remembers(text: str, kind: str = "medicine", topic: str = "metformin") -> MemoryFact:
    learned = progress.learn(cast.maria().pk, kind=kind, topic=topic, text=text, quote="canary words")
    assert learned
    return learned


def audited(code: str) -> int:
    return AuditEvent.objects.filter(action=code).count()


def test_maria_sees_and_corrects_what_is_remembered(fact):
    maria = cast.as_patient(cast.maria())
    assert "hard to swallow" in maria.get("/memory/").content.decode()
    assert maria.post(f"/memory/{fact.pk}/correct/", {"text": "they go down well now"}).status_code == 302
    assert [one.text for one in progress.remembered(cast.maria().pk)] == ["they go down well now"]
    assert (audited("memory.read"), audited("memory.corrected")) == (1, 1)
    assert MemoryFact.objects.get(pk=fact.pk).state == "corrected"


def test_an_empty_correction_says_what_to_do(fact):
    page = cast.as_patient(cast.maria()).post(f"/memory/{fact.pk}/correct/", {"text": " "})
    assert page.status_code == 422
    assert "Write what is right" in page.content.decode()


def test_maria_removes_what_she_likes(fact):
    cast.as_patient(cast.maria()).post(f"/memory/{fact.pk}/forget/")
    assert not progress.remembered(cast.maria().pk)
    assert audited("memory.forgotten") == 1


def test_two_answers_are_both_kept_until_one_is_said_to_be_right(fact):
    yes, no = (remembers(text, "answer", "home.help") for text in ("yes", "no"))
    maria = cast.as_patient(cast.maria())
    assert maria.get("/memory/").content.decode().count("Which is right?") == 2
    maria.post(f"/memory/{yes.pk}/settle/")
    assert {one.pk for one in progress.remembered(cast.maria().pk)} == {fact.pk, yes.pk}
    assert MemoryFact.objects.get(pk=no.pk).state == "corrected"
    assert audited("memory.settled") == 1


def test_without_consent_nothing_is_corrected_only_removed(fact):
    consent.withdraw(cast.maria().pk, Purpose.MEMORY)
    with pytest.raises(ConsentMissing):
        progress.correct(fact, text="anything")
    maria = cast.as_patient(cast.maria())
    maria.post(f"/memory/{fact.pk}/correct/", {"text": "anything"})
    assert progress.remembered(cast.maria().pk).get().text == fact.text
    maria.post(f"/memory/{fact.pk}/forget/")
    assert not progress.remembered(cast.maria().pk)


def test_her_clinician_corrects_it_by_name(fact):
    osei = cast.signed_in(cast.dr_osei())
    url = f"/patients/{cast.maria().pk}/memory/{fact.pk}/"
    assert "canary words" in osei.get(url).content.decode()
    osei.post(url, {"text": "takes them crushed in apple sauce"})
    right = progress.remembered(cast.maria().pk).get()
    assert (right.text, right.corrected_by) == ("takes them crushed in apple sauce", cast.dr_osei())
    assert "apple sauce" in osei.get(f"/patients/{cast.maria().pk}/").content.decode()


def test_nobody_else_touches_it(fact):
    url = f"/patients/{cast.maria().pk}/memory/{fact.pk}/"
    assert cast.signed_in(cast.stranger()).post(f"{url}forget/").status_code == 403
    assert cast.as_patient(cast.another_patient()).post(f"/memory/{fact.pk}/forget/").status_code == 404
    assert progress.remembered(cast.maria().pk).exists()
