"""The key ring: one key a patient, rotation while people read, erasure that holds in backups."""

import threading
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import TestCase
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from compliance import encryption, keyring
from compliance.blind_index import blind_index
from compliance.encryption import Place
from compliance.errors import KeyDestroyed, SealBroken
from compliance.key_providers import provider
from compliance.models import AuditEvent, PatientKey

pytestmark = pytest.mark.django_db
PLACE = Place("t", "c", "1")


@pytest.fixture(autouse=True)
def fresh(settings, tmp_path):
    settings.KEY_ENCRYPTION_KEY_PATH = tmp_path / "kek"
    provider.cache_clear()
    keyring.forget_cached()
    yield
    provider.cache_clear()
    keyring.forget_cached()


def test_each_patient_has_a_key_of_their_own_that_stays():
    maria, tomas = uuid4(), uuid4()
    key = keyring.key_for(maria)
    assert key.secret != keyring.key_for(tomas).secret
    keyring.forget_cached()
    assert keyring.key_for(maria) == key
    assert key.secret not in bytes(PatientKey.objects.get(patient_id=maria).wrapped)
    assert repr(key) == "DataKey(version=1)"


def test_a_wrapped_key_copied_to_another_patient_does_not_open():
    maria, tomas = uuid4(), uuid4()
    keyring.key_for(maria)
    keyring.key_for(tomas)
    stolen = PatientKey.objects.get(patient_id=maria).wrapped
    PatientKey.objects.filter(patient_id=tomas).update(wrapped=stolen)
    keyring.forget_cached()
    with pytest.raises(SealBroken):
        keyring.key_for(tomas)


def test_rotation_wraps_everything_again_and_the_old_key_can_go():
    patients = [uuid4() for _ in range(25)]
    sealed = {one: encryption.seal(b"x", keyring.key_for(one), PLACE) for one in patients}
    gone = uuid4()
    keyring.destroy(gone)
    call_command("rotate_keys", "--new")
    call_command("rotate_keys", "--forget-old")
    keyring.forget_cached()
    for one, value in sealed.items():
        assert encryption.open_sealed(value, keyring.key_for(one), PLACE) == b"x"
    names = set(PatientKey.objects.filter(destroyed_at=None).values_list("key_encryption_key", flat=True))
    assert names == {provider().current()}
    with pytest.raises(KeyDestroyed):
        keyring.key_for(gone)
    assert AuditEvent.objects.filter(action="keys.rotated", detail__keys=25).count() == 1


def test_old_keys_are_not_forgotten_while_something_needs_them():
    keyring.key_for(uuid4())
    provider().add()
    PatientKey.objects.update(wrapped=b"unreadable")
    with pytest.raises(SealBroken):
        call_command("rotate_keys", "--forget-old")


def test_only_a_key_file_can_be_told_to_make_a_key(monkeypatch):
    monkeypatch.setattr("compliance.management.commands.rotate_keys.provider", object)
    with pytest.raises(CommandError, match="key service"):
        call_command("rotate_keys", "--new")


@pytest.mark.django_db(transaction=True)
def test_nobody_notices_a_rotation():
    patients = [uuid4() for _ in range(60)]
    expected = {one: keyring.key_for(one) for one in patients}
    failures, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            for one in patients:
                keyring.forget_cached()
                try:
                    if keyring.key_for(one) != expected[one]:
                        failures.append(one)
                except Exception as problem:
                    failures.append(problem)
        connections.close_all()

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(3):
        provider().add()
        while keyring.rewrap(limit=7):
            pass
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []


def test_a_destroyed_key_is_never_made_again():
    maria = uuid4()
    sealed = encryption.seal(b"x", keyring.key_for(maria), PLACE)
    keyring.destroy(maria)
    for _ in range(2):
        with pytest.raises(KeyDestroyed):
            keyring.key_for(maria)
    assert keyring.is_destroyed(maria)
    assert bytes(PatientKey.objects.get(patient_id=maria).wrapped) == b""
    assert sealed
    never_seen = uuid4()
    keyring.destroy(never_seen)
    with pytest.raises(KeyDestroyed):
        keyring.key_for(never_seen)


def test_a_blind_index_finds_equal_values_and_tells_columns_apart():
    same = blind_index("clinic_patient", "email", "Maria@Example.org ")
    assert same == blind_index("clinic_patient", "email", "maria@example.org")
    assert same != blind_index("clinic_patient", "phone", "maria@example.org")
    assert same != blind_index("clinic_user", "email", "maria@example.org")
    assert len(same) == 16
    with pytest.raises(ValueError, match="too few"):
        blind_index("clinic_patient", "born", "1958-03-02")


class KeyRing(RuleBasedStateMachine):
    """Whatever the order of making, reading, rotating and destroying: a key is stable until destroyed, then gone."""

    def __init__(self):
        super().__init__()
        self.keys, self.gone, self.patients = {}, set(), [uuid4() for _ in range(4)]

    @rule(patient=st.integers(0, 3))
    def read(self, patient):
        one = self.patients[patient]
        if one in self.gone:
            with pytest.raises(KeyDestroyed):
                keyring.key_for(one)
        else:
            assert keyring.key_for(one) == self.keys.setdefault(one, keyring.key_for(one))

    @rule()
    def restart(self):
        keyring.forget_cached()

    @rule()
    def rotate(self):
        provider().add()
        while keyring.rewrap(limit=2):
            pass
        provider().keep_only_current()

    @rule(patient=st.integers(0, 3))
    def destroy(self, patient):
        keyring.destroy(self.patients[patient])
        self.gone.add(self.patients[patient])

    @invariant()
    def no_two_patients_share_a_key(self):
        secrets = [key.secret for key in self.keys.values()]
        assert len(set(secrets)) == len(secrets)


class TestKeyRing(TestCase):
    databases = {"default", "keys"}

    def test_any_order(self):
        few = settings(max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
        run_state_machine_as_test(KeyRing, settings=few)
