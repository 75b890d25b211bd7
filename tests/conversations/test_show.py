"""Show me: a picture goes to the care team, sealed, because its patient sent it, and to no one and nothing else."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from clinic import escalations, pictures
from clinic.discharge_plan import Severity
from clinic.models import Escalation, OutboxEntry, ShownPicture
from compliance import consent, files, keyring
from compliance.errors import ConsentMissing, KeyDestroyed
from compliance.models import AuditEvent, Purpose
from conversations.models import Session
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.SEALED_FILES_DIR = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def maria():
    return cast.maria()


@pytest.fixture
def session(maria):
    return Session.objects.create(patient=maria)


def jpeg(width=640, height=480, **more):
    drawn = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(drawn, "JPEG", **more)
    return drawn.getvalue()


def send(maria, session, content=None, **fields):
    upload = SimpleUploadedFile("x.jpg", jpeg() if content is None else content, "image/jpeg")
    return cast.as_patient(maria).post(f"/call/{session.id}/show/", {"picture": upload, **fields})


def test_a_picture_becomes_a_question_that_her_clinician_opens(maria, session, folder):
    answer = send(maria, session, agree="1", about="my wound, it weeps")
    assert (answer.status_code, answer.json()["said"]) == (200, "Your care team has the picture.")
    raised = Escalation.objects.get()
    assert (raised.severity, raised.rule, raised.quote) == ("question", "picture.shown", "my wound, it weeps")

    shown = ShownPicture.objects.get()
    clinician = cast.signed_in(cast.dr_osei())
    page = clinician.get(f"/escalations/{raised.pk}/").content.decode()
    assert f"/pictures/{shown.pk}/" in page
    assert "my wound, it weeps" in page
    assert "The patient showed a picture" in page
    seen = clinician.get(f"/pictures/{shown.pk}/")
    assert seen.headers["Content-Type"] == "image/jpeg"
    assert "no-store" in seen.headers["Cache-Control"]
    assert Image.open(io.BytesIO(seen.content)).size == (640, 480)
    event = AuditEvent.objects.filter(action="picture.seen").get()
    assert (event.patient_id, event.actor) == (maria.pk, f"user:{cast.dr_osei().pk}")
    assert AuditEvent.objects.filter(action="picture.shown").count() == 1


def test_it_goes_beside_what_the_call_has_raised_already(maria, session):
    consent.grant(maria.pk, [Purpose.PICTURES])
    raised = escalations.escalate(
        patient_id=maria.pk,
        session_id=session.id,
        turn=2,
        rule="plan.not_expected",
        severity=Severity.URGENT,
        quote="it is red and warm",
    )
    send(maria, session)
    send(maria, session)
    assert Escalation.objects.get() == raised
    assert raised.pictures.count() == 2


def test_a_question_that_was_answered_stays_closed(maria, session):
    send(maria, session, agree="1")
    first = Escalation.objects.get()
    escalations.resolve(first, cast.dr_osei(), outcome="advised", note="")
    send(maria, session)
    assert Escalation.objects.exclude(pk=first.pk).get().state == "raised"
    first.refresh_from_db()
    assert (first.state, first.pictures.count()) == ("resolved", 1)


def test_without_her_yes_nothing_is_kept(maria, session, folder):
    assert send(maria, session).status_code == 403
    assert not ShownPicture.objects.exists()
    assert not Escalation.objects.exists()
    assert not folder.exists()
    with pytest.raises(ConsentMissing):
        pictures.show(maria.pk, session.id, jpeg())


def test_her_yes_is_in_the_ledger_once_and_can_be_taken_back(maria, session):
    send(maria, session, agree="1")
    send(maria, session, agree="1")
    assert AuditEvent.objects.filter(action="consent.granted").count() == 1
    consent.withdraw(maria.pk, Purpose.PICTURES)
    assert send(maria, session).status_code == 403


def test_strangers_neither_send_nor_see(maria, session):
    another = cast.another_patient()
    assert send(another, session, agree="1").status_code == 404
    send(maria, session, agree="1")
    shown = ShownPicture.objects.get()
    before = AuditEvent.objects.filter(outcome="refused").count()
    assert cast.signed_in(cast.stranger()).get(f"/pictures/{shown.pk}/").status_code == 403
    assert AuditEvent.objects.filter(outcome="refused").count() == before + 1
    assert AuditEvent.objects.filter(action="picture.seen").count() == 0


WRONG = {
    "nothing": b"",
    "text": b"<script>alert(1)</script>",
    "half a picture": jpeg()[:400],
    "another format": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "too many pixels": jpeg(6000, 5000, quality=5),
    "too many bytes": b"\xff\xd8" + bytes(pictures.MAX_BYTES),
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_what_is_no_picture_is_not_kept(maria, session, folder, content):
    answer = send(maria, session, content, agree="1")
    assert answer.status_code == 422
    assert "take it again" in answer.json()["said"]
    assert not Escalation.objects.exists()
    assert not folder.exists()


def test_place_time_and_device_are_left_out():
    exif = Image.Exif()
    exif[0x0110] = "Marias phone"
    exif[0x8825] = {1: "N", 2: (59.0, 19.0, 46.0)}
    cleaned = pictures.cleaned(jpeg(exif=exif.tobytes()))
    assert b"Marias phone" in jpeg(exif=exif.tobytes())
    assert b"Marias phone" not in cleaned
    assert not Image.open(io.BytesIO(cleaned)).getexif()


def test_a_large_picture_is_made_smaller():
    assert max(Image.open(io.BytesIO(pictures.cleaned(jpeg(4000, 3000)))).size) == pictures.LONGEST_SIDE


def test_it_is_sealed_on_disk_and_gone_with_her_key(maria, session, folder):
    send(maria, session, agree="1")
    shown = ShownPicture.objects.get()
    kept = (folder / str(maria.pk) / str(shown.file_id)).read_bytes()
    assert b"JFIF" not in kept
    keyring.destroy(maria.pk)
    with pytest.raises(KeyDestroyed):
        files.open_file(maria.pk, shown.file_id)


def test_a_refused_write_leaves_no_file(maria, session, folder, monkeypatch):
    consent.grant(maria.pk, [Purpose.PICTURES])

    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(escalations, "note_step", broken)
    with pytest.raises(RuntimeError):
        pictures.show(maria.pk, session.id, jpeg())
    assert list((folder / str(maria.pk)).iterdir()) == []


def test_no_picture_reaches_a_log_a_message_or_a_task(maria, session):
    send(maria, session, agree="1", about="canary on my knee")
    assert "canary" not in "".join(str(entry.payload) for entry in OutboxEntry.objects.all())
    assert "canary" not in "".join(str(event.detail) for event in AuditEvent.objects.all())
