"""The consent ledger: a purpose at a time, default off, taken back as easily as given, provable for ever."""

import ast
import datetime
import re
import threading
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connections, transaction
from django.test import TestCase
from fhir.resources.R4B.consent import Consent
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from compliance import audit, consent, fhir
from compliance.consent_texts import CURRENT, PUBLISHED
from compliance.errors import ConsentMissing
from compliance.models import AuditEvent, ConsentEntry, Purpose

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parent.parent.parent
purposes = st.sampled_from(list(Purpose))


def test_nothing_is_consented_to_until_somebody_says_yes():
    maria = uuid4()
    assert consent.granted(maria) == frozenset()
    for purpose in Purpose:
        with pytest.raises(ConsentMissing):
            consent.require(maria, purpose)


def test_a_yes_is_to_one_purpose_in_certain_words_and_is_audited():
    maria = uuid4()
    with audit.acting_as(audit.Actor(f"patient:{maria}", "10.0.0.3")):
        consent.grant(maria, [Purpose.VOICE], language="de-CH")
    consent.require(maria, Purpose.VOICE)
    with pytest.raises(ConsentMissing):
        consent.require(maria, Purpose.RECORDING)
    entry = ConsentEntry.objects.get()
    assert (entry.text_version, entry.language, entry.method) == (CURRENT, "de", "page")
    assert consent.text_of(entry.text_sha256) == PUBLISHED[CURRENT]["de"][Purpose.VOICE]
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.detail["purpose"]) == ("consent.granted", f"patient:{maria}", "voice")


def test_taking_back_is_a_row_of_its_own_and_counts_at_once():
    maria = uuid4()
    consent.grant(maria, [Purpose.VOICE, Purpose.MEMORY])
    consent.withdraw(maria, Purpose.VOICE)
    assert consent.granted(maria) == {Purpose.MEMORY}
    assert list(ConsentEntry.objects.order_by("number").values_list("granted", flat=True)) == [True, True, False]


def test_the_order_is_the_ledgers_not_the_clocks(monkeypatch):
    maria = uuid4()
    consent.grant(maria, [Purpose.VOICE])
    yesterday = consent.timezone.now() - datetime.timedelta(days=1)
    monkeypatch.setattr(consent.timezone, "now", lambda: yesterday)
    consent.withdraw(maria, Purpose.VOICE)
    assert consent.granted(maria) == frozenset()


def test_words_that_did_not_name_a_use_do_not_allow_it():
    maria = uuid4()
    consent.grant(maria, [Purpose.EXTERNAL_MODEL])
    entry = ConsentEntry.objects.get(patient_id=maria)
    assert consent.granted_since(maria, Purpose.EXTERNAL_MODEL, entry.text_version)
    assert not consent.granted_since(maria, Purpose.EXTERNAL_MODEL, "2099-01")
    consent.withdraw(maria, Purpose.EXTERNAL_MODEL)
    assert not consent.granted_since(maria, Purpose.EXTERNAL_MODEL, entry.text_version)


def test_whoever_listens_hears_of_a_withdrawal_after_the_commit(django_capture_on_commit_callbacks, monkeypatch):
    heard, maria = [], uuid4()
    monkeypatch.setattr(consent, "_listeners", [])
    consent.when_withdrawn(lambda *what: heard.append(what))
    with django_capture_on_commit_callbacks(execute=True):
        consent.withdraw(maria, Purpose.AI_CALL)
        assert heard == []
    assert heard == [(maria, Purpose.AI_CALL)]


def test_without_an_audit_entry_there_is_no_consent(monkeypatch):
    def broken(*_args):
        raise audit.DatabaseError

    monkeypatch.setattr(audit, "_insert", broken)
    with pytest.raises(audit.AuditUnavailable), transaction.atomic():
        consent.grant(uuid4(), [Purpose.VOICE])
    assert not ConsentEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_the_later_commit_counts():
    """A withdrawal waits for a grant under way, so that its number, and its word, is the last."""
    maria, granting, go = uuid4(), threading.Event(), threading.Event()

    def slowly():
        with transaction.atomic():
            consent.grant(maria, [Purpose.VOICE])
            granting.set()
            go.wait(10)
        connections.close_all()

    def withdraw():
        consent.withdraw(maria, Purpose.VOICE)
        connections.close_all()

    one, two = threading.Thread(target=slowly), threading.Thread(target=withdraw)
    one.start()
    granting.wait(10)
    two.start()
    two.join(0.3)
    assert two.is_alive()
    go.set()
    one.join()
    two.join()
    assert consent.granted(maria) == frozenset()


def test_a_ledger_is_valid_fhir_and_only_the_last_yes_is_active():
    maria = uuid4()
    consent.grant(maria, [Purpose.VOICE, Purpose.AI_CALL])
    consent.withdraw(maria, Purpose.VOICE)
    consent.grant(maria, [Purpose.VOICE])
    found = [Consent.model_validate(one) for one in fhir.consents(ConsentEntry.objects.order_by("number"))]
    assert [one.status for one in found] == ["inactive", "active", "inactive", "active"]
    assert [one.provision.type for one in found] == ["permit", "permit", "deny", "permit"]
    assert found[0].policyRule.text == PUBLISHED[CURRENT]["en"][Purpose.VOICE]


# -- texts ------------------------------------------------------------------------------
FINGERPRINTS = {
    "2026-11/en/ai_call": "fe4699d22c452663",
    "2026-11/en/voice": "d49e6aa870e13f4b",
    "2026-11/en/perception": "e2b26bbbff0de82c",
    "2026-11/en/recording": "4cd913f74f7c10bc",
    "2026-11/en/memory": "73267a7cbb7bf2b3",
    "2026-11/en/external_model": "0c2a17094b3c98f9",
    "2026-11/en/sharing": "a2388dd54f2d88ef",
    "2026-11/es/ai_call": "22e382b7ab6651b6",
    "2026-11/es/voice": "1a941c54e5e6edc4",
    "2026-11/es/perception": "e213765c2407f1b5",
    "2026-11/es/recording": "5eb6f7cba39d0563",
    "2026-11/es/memory": "188ba155824e710c",
    "2026-11/es/external_model": "d63f0083e5689f05",
    "2026-11/es/sharing": "5ee1ecc0f3a2c401",
    "2026-11/de/ai_call": "04a2b6d0ef1f318b",
    "2026-11/de/voice": "72b05f41ce7688be",
    "2026-11/de/perception": "3fec2d686b7b55e3",
    "2026-11/de/recording": "cedc1d1df428c267",
    "2026-11/de/memory": "29c1b856a73873cb",
    "2026-11/de/external_model": "9cd71280321c696f",
    "2026-11/de/sharing": "3594d87a2e6d8a8d",
    "2026-12/en/ai_call": "fe4699d22c452663",
    "2026-12/en/voice": "d49e6aa870e13f4b",
    "2026-12/en/perception": "d4ed1ddcfd5e849a",
    "2026-12/en/recording": "4cd913f74f7c10bc",
    "2026-12/en/memory": "73267a7cbb7bf2b3",
    "2026-12/en/external_model": "0c2a17094b3c98f9",
    "2026-12/en/sharing": "a2388dd54f2d88ef",
    "2026-12/en/pictures": "1da78f613bc687da",
    "2026-12/es/ai_call": "22e382b7ab6651b6",
    "2026-12/es/voice": "1a941c54e5e6edc4",
    "2026-12/es/perception": "13c40818456dc627",
    "2026-12/es/recording": "5eb6f7cba39d0563",
    "2026-12/es/memory": "188ba155824e710c",
    "2026-12/es/external_model": "d63f0083e5689f05",
    "2026-12/es/sharing": "5ee1ecc0f3a2c401",
    "2026-12/es/pictures": "2947c4e9e78ea44a",
    "2026-12/de/ai_call": "04a2b6d0ef1f318b",
    "2026-12/de/voice": "72b05f41ce7688be",
    "2026-12/de/perception": "c9542b347c1bb7b0",
    "2026-12/de/recording": "cedc1d1df428c267",
    "2026-12/de/memory": "29c1b856a73873cb",
    "2026-12/de/external_model": "9cd71280321c696f",
    "2026-12/de/sharing": "3594d87a2e6d8a8d",
    "2026-12/de/pictures": "0285787027a5affd",
    "2027-01/en/ai_call": "fe4699d22c452663",
    "2027-01/en/voice": "d49e6aa870e13f4b",
    "2027-01/en/perception": "d4ed1ddcfd5e849a",
    "2027-01/en/recording": "4cd913f74f7c10bc",
    "2027-01/en/memory": "73267a7cbb7bf2b3",
    "2027-01/en/external_model": "80d1d21ef19ab407",
    "2027-01/en/sharing": "a2388dd54f2d88ef",
    "2027-01/en/pictures": "1da78f613bc687da",
    "2027-01/es/ai_call": "22e382b7ab6651b6",
    "2027-01/es/voice": "1a941c54e5e6edc4",
    "2027-01/es/perception": "13c40818456dc627",
    "2027-01/es/recording": "5eb6f7cba39d0563",
    "2027-01/es/memory": "188ba155824e710c",
    "2027-01/es/external_model": "3499823d50541c8c",
    "2027-01/es/sharing": "5ee1ecc0f3a2c401",
    "2027-01/es/pictures": "2947c4e9e78ea44a",
    "2027-01/de/ai_call": "04a2b6d0ef1f318b",
    "2027-01/de/voice": "72b05f41ce7688be",
    "2027-01/de/perception": "c9542b347c1bb7b0",
    "2027-01/de/recording": "cedc1d1df428c267",
    "2027-01/de/memory": "29c1b856a73873cb",
    "2027-01/de/external_model": "260b4af12c17169b",
    "2027-01/de/sharing": "3594d87a2e6d8a8d",
    "2027-01/de/pictures": "0285787027a5affd",
    "2027-02/en/ai_call": "fe4699d22c452663",
    "2027-02/en/voice": "d49e6aa870e13f4b",
    "2027-02/en/perception": "82aeb67726a4d286",
    "2027-02/en/recording": "4cd913f74f7c10bc",
    "2027-02/en/memory": "73267a7cbb7bf2b3",
    "2027-02/en/external_model": "80d1d21ef19ab407",
    "2027-02/en/sharing": "a2388dd54f2d88ef",
    "2027-02/en/pictures": "1da78f613bc687da",
    "2027-02/es/ai_call": "22e382b7ab6651b6",
    "2027-02/es/voice": "1a941c54e5e6edc4",
    "2027-02/es/perception": "4817438ebcc68429",
    "2027-02/es/recording": "5eb6f7cba39d0563",
    "2027-02/es/memory": "188ba155824e710c",
    "2027-02/es/external_model": "3499823d50541c8c",
    "2027-02/es/sharing": "5ee1ecc0f3a2c401",
    "2027-02/es/pictures": "2947c4e9e78ea44a",
    "2027-02/de/ai_call": "04a2b6d0ef1f318b",
    "2027-02/de/voice": "72b05f41ce7688be",
    "2027-02/de/perception": "743b50427cadc8ad",
    "2027-02/de/recording": "cedc1d1df428c267",
    "2027-02/de/memory": "29c1b856a73873cb",
    "2027-02/de/external_model": "260b4af12c17169b",
    "2027-02/de/sharing": "3594d87a2e6d8a8d",
    "2027-02/de/pictures": "0285787027a5affd",
}


def fingerprints():
    return {
        f"{version}/{language}/{purpose.value}": consent.Text(purpose, words, language, version).sha256[:16]
        for version, languages in PUBLISHED.items()
        for language, texts in languages.items()
        for purpose, words in texts.items()
    }


def test_a_published_text_is_never_edited():
    """People agreed to these words. New words are a new version in compliance/consent_texts.py."""
    assert {key: value for key, value in fingerprints().items() if key in FINGERPRINTS} == FINGERPRINTS
    assert set(fingerprints()) == set(FINGERPRINTS), "add the fingerprints of the new version here"


def test_every_language_has_every_text():
    assert set(PUBLISHED[CURRENT]) == {"en", "es", "de"}
    for texts in PUBLISHED[CURRENT].values():
        assert set(texts) == set(Purpose)


@pytest.mark.parametrize(("asked", "given"), [("en", "en"), ("es-MX", "es"), ("DE", "de"), ("fi", "en"), ("", "en")])
def test_a_language_we_do_not_have_falls_back_to_english(asked, given):
    assert consent.text(Purpose.VOICE, asked).language == given


# -- who asks ----------------------------------------------------------------------------
# What handles media, a model or memory, and the purpose that must be asked for in the same function.
SINKS = {
    "OpenAiModel": "EXTERNAL_MODEL",
    "OpenAiTranscriber": "EXTERNAL_MODEL",
    "OpenAiVoice": "EXTERNAL_MODEL",
    "PipecatTranscriber": "EXTERNAL_MODEL",
    "PipecatVoice": "EXTERNAL_MODEL",
    "Perception(": "PERCEPTION",
    "perception.allow(": "PERCEPTION",
    "_allow_noticing(": "PERCEPTION",
    "Noticed.objects.": "PERCEPTION",
    "ShownPicture.objects.create": "PICTURES",
    "MemoryFact.objects.create": "MEMORY",
    "Fact(": "MEMORY",
    "HandOver(": "NEEDED_FOR_A_CALL",
    "factory.build": "NEEDED_FOR_A_CALL",
    "Session.objects.create": "NEEDED_FOR_A_CALL",
}
ASKS = re.compile(r"consent\.(require|granted|granted_since)\(")
# These work on what was consented to when it was made, or handle nothing of a patient's.
ASKED_ELSEWHERE = {
    "conversations/switchboard.py:__init__": "brief asked; the hand-over ends with the call, which asks every second",
    "conversations/switchboard.py:_allow_noticing": "is told what was agreed to",
    "conversations/releases/shadow.py:_answers": "notices nothing: it has no sound and no picture",
    "conversations/noticed.py:remove_withdrawn": "removes what is no longer agreed to",
    "conversations/providers/openai_mind.py:OpenAiModel": "the adapter itself",
    "conversations/providers/openai_transcriber.py:OpenAiTranscriber": "the adapter itself",
    "conversations/providers/openai_voice.py:OpenAiVoice": "the adapter itself",
}


def functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{path.relative_to(ROOT)}:{node.name}", ast.unparse(node)


def product_code():
    for app in ("clinic", "knowledge", "conversations"):
        for path in sorted((ROOT / app).rglob("*.py")):
            parts = set(path.relative_to(ROOT).parts)
            if not parts & {
                "migrations",
                "evaluation",
                "simulation",
                "demo.py",
                "synthetic_patient.py",
                "load_demo.py",
            }:
                yield path


def test_whoever_handles_media_a_model_or_memory_asks_first():
    seen, careless = set(), []
    for path in product_code():
        for name, source in functions(path):
            for sink, purpose in SINKS.items():
                if sink in source:
                    seen.add(sink)
                    asks = ASKS.search(source) and purpose in source
                    if not asks and name not in ASKED_ELSEWHERE:
                        careless.append(f"{name} uses {sink} without asking for {purpose}")
    assert careless == []
    assert seen == set(SINKS), "a sink is gone or renamed: keep this list true"


def test_every_purpose_that_patients_are_asked_about_is_asked_for_somewhere(settings):
    """A choice that nothing obeys would be a lie; a choice that is offered later is found here."""
    obeyed = {Purpose[name] for name in SINKS.values() if name != "NEEDED_FOR_A_CALL"} | {*consent.NEEDED_FOR_A_CALL}
    assert {Purpose(name) for name in settings.CONSENT_PURPOSES} <= obeyed


OUTSIDE = {"openai", "httpx", "aiohttp", "requests", "urllib", "websockets", "grpc"}


def test_every_part_that_can_send_a_patients_words_out_is_on_that_list():
    """An adapter to an outside service that is added later is found here, whoever adds it."""
    senders = set()
    for path in sorted((ROOT / "conversations").rglob("*.py")):
        if {"management", "load", "synthetic_patient.py"} & set(path.parts):  # patients of code, with words of code
            continue
        tree = ast.parse(path.read_text())
        imported = {
            alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        imported |= {
            (node.module or "").partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        }
        if imported & OUTSIDE:
            senders |= {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert senders, "the search finds nothing any more: mend it"
    assert {name for name in senders if not name.startswith("_")} - set(SINKS) == set()


# -- any order ------------------------------------------------------------------------------
class Ledger(RuleBasedStateMachine):
    """Whatever is given and taken back, in any order: the ledger says what a set would say, and only ever grows."""

    def __init__(self):
        super().__init__()
        self.patients = [uuid4(), uuid4()]
        self.model = {one: set() for one in self.patients}
        self.rows = 0

    @rule(who=st.integers(0, 1), what=st.lists(purposes, unique=True, max_size=3))
    def give(self, who, what):
        consent.grant(self.patients[who], what)
        self.model[self.patients[who]] |= set(what)
        self.rows += len(what)

    @rule(who=st.integers(0, 1), what=purposes)
    def take_back(self, who, what):
        consent.withdraw(self.patients[who], what)
        self.model[self.patients[who]].discard(what)
        self.rows += 1

    @invariant()
    def agrees(self):
        for one, expected in self.model.items():
            assert consent.granted(one) == expected
        assert ConsentEntry.objects.filter(patient_id__in=self.patients).count() == self.rows
        assert AuditEvent.objects.filter(patient_id__in=self.patients).count() == self.rows


class TestLedger(TestCase):
    databases = {"default", "keys"}

    def test_any_order(self):
        few = settings(max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
        run_state_machine_as_test(Ledger, settings=few)
