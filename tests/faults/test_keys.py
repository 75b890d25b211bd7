"""The patients' keys die in the middle of work: nothing is shown, nothing is lost, and calls go on."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connections

from clinic import escalations, paging, servers
from clinic.discharge_plan import Severity
from clinic.embedded import KEYS_DATABASE, KEYS_ROLE, keys_data
from clinic.models import Escalation, PageAttempt
from compliance import keyring
from compliance.errors import KeyServiceUnavailable
from compliance.models import AuditEvent, PatientKey
from conversations import switchboard
from tests import cast
from tests.exchange import machines

pytestmark = pytest.mark.django_db(transaction=True)


class Keys:
    """A PostgreSQL of keys that may be killed: the one that all tests share must live."""

    def __init__(self, data: Path) -> None:
        self.folder = keys_data(data)
        self._data, self._running = data, ExitStack()

    def start(self) -> None:
        self._running.enter_context(servers.running_keys(self._data, durable=True))

    def die(self) -> None:
        """Without a goodbye."""
        os.kill(int((self.folder / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
        self.stop()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Alive, and answering nothing."""
        postmaster = (self.folder / "postmaster.pid").read_text().splitlines()[0]
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        stopped = [int(process_id) for process_id in (postmaster, *children)]
        for process_id in stopped:
            os.kill(process_id, signal.SIGSTOP)
        try:
            yield
        finally:
            for process_id in stopped:
                os.kill(process_id, signal.SIGCONT)

    def gone(self) -> None:
        """Dead for so long that no process remembers a key."""
        self.die()
        keyring.forget_cached()

    def back(self) -> None:
        """Running again, and no longer left alone for having been away."""
        self.start()
        keyring.forget_cached()

    def stop(self) -> None:
        self._running.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Keys]:
    with servers.scratch_folder() as data:
        server = Keys(data)
        server.start()
        servers.make_database(server.folder, KEYS_DATABASE, owner=KEYS_ROLE, user=KEYS_ROLE)
        yield server
        server.stop()


@pytest.fixture
def keys(server: Keys, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keys]:
    connection = connections["keys"]
    connection.close()
    for name, value in {"HOST": str(server.folder), "NAME": KEYS_DATABASE, "USER": KEYS_ROLE}.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    keyring.forget_cached()
    with connection.schema_editor() as editor:
        editor.create_model(PatientKey)
    yield server
    connection.close()
    server.stop()
    server.start()
    with connection.schema_editor() as editor:
        editor.delete_model(PatientKey)
    connection.close()
    keyring.forget_cached()


def test_while_the_keys_are_dead_pages_show_nothing_and_say_so_and_all_is_well_after(keys: Keys, redis_server: None):
    maria, doctor = cast.maria(), cast.signed_in(cast.dr_osei())
    page, api = f"/patients/{maria.pk}/", machines.clinicians()
    assert b"Lindqvist" in doctor.get(page).content
    raise_one(maria.pk)
    keys.gone()
    refused = doctor.get(page)
    assert (refused.status_code, refused["Retry-After"]) == (503, "60")
    assert b"keys cannot be reached" in refused.content
    assert b"Lindqvist" not in refused.content
    assert doctor.get("/queue/").status_code in (200, 503)
    problem = api.ask("get", f"/patients/{maria.pk}")
    assert (problem.status_code, problem.json()["code"]) == (503, "keys_unavailable")
    began_s = time.monotonic()
    assert doctor.get("/health/ready/").status_code == 503
    assert time.monotonic() - began_s < 1
    with pytest.raises(KeyServiceUnavailable):
        keyring.destroy(uuid4())
    paging.climb_due()
    paging.send_due()
    assert [page.state for page in PageAttempt.objects.all()] == ["sent"]  # who reads it waits for the keys
    keys.back()
    assert b"Lindqvist" in doctor.get(page).content
    assert api.ask("get", f"/patients/{maria.pk}").status_code == 200


def test_keys_that_hang_are_given_up(keys: Keys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keyring, "ANSWER_S", 0.5)
    maria = cast.maria()
    keyring.forget_cached()
    assert connections["keys"].connection, "an open connection is what hangs"
    began_s = time.monotonic()
    with keys.hanging(), pytest.raises(KeyServiceUnavailable):
        keyring.key_for(maria.pk)
    assert 0.4 < time.monotonic() - began_s < 3
    keyring.forget_cached()
    assert keyring.key_for(maria.pk)


def test_what_could_not_be_sealed_is_not_kept_either(keys: Keys):
    maria = cast.maria()
    keys.gone()
    entries = AuditEvent.objects.count()
    with pytest.raises(KeyServiceUnavailable):
        raise_one(maria.pk)
    assert not Escalation.objects.exists()
    assert AuditEvent.objects.count() == entries


def test_a_call_goes_on_with_the_keys_it_has(keys: Keys, monkeypatch: pytest.MonkeyPatch):
    maria = cast.maria()
    monkeypatch.setattr(keyring, "_held_s", keyring.CACHE_S)
    keyring.hold(switchboard.MAX_DURATION_S)
    keyring.key_for(maria.pk)
    keys.die()
    much_later(monkeypatch, keyring.CACHE_S + 1)
    switchboard._persist(lambda: raise_one(maria.pk))
    assert Escalation.objects.get().quote == "my chest hurts"
    much_later(monkeypatch, switchboard.MAX_DURATION_S)
    with pytest.raises(KeyServiceUnavailable):
        keyring.key_for(maria.pk)


def test_a_call_that_has_no_key_waits_for_the_keys_and_loses_nothing(keys: Keys, monkeypatch: pytest.MonkeyPatch):
    maria = cast.maria()
    keys.gone()
    waits: list[float] = []

    def back_after_the_second(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            keys.back()

    monkeypatch.setattr(switchboard, "time", SimpleNamespace(sleep=back_after_the_second))
    switchboard._persist(lambda: raise_one(maria.pk))
    assert Escalation.objects.get().quote == "my chest hurts"
    assert len(waits) == 2


def test_a_service_that_is_away_is_not_asked_for_every_key(keys: Keys):
    keys.gone()
    for _ in range(20):
        with pytest.raises(KeyServiceUnavailable) as last:
            keyring.key_for(uuid4())
    assert "a moment ago" in str(last.value)


def raise_one(patient_id):
    return escalations.escalate(
        patient_id=patient_id,
        session_id=uuid4(),
        turn=1,
        rule="chest_pain",
        severity=Severity.EMERGENCY,
        quote="my chest hurts",
    )


def much_later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The key ring's clock, and nobody else's, goes forward."""
    before = time.monotonic()
    monkeypatch.setattr(keyring, "time", SimpleNamespace(monotonic=lambda: before + seconds))
