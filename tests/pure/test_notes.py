"""Signed tree heads in C2SP's formats: what we sign verifies, what was altered does not."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import notes
from compliance.errors import NoteBroken
from compliance.notes import COSIGNATURE, Checkpoint, Verifier

LOG = Ed25519PrivateKey.from_private_bytes(b"l" * 32)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
NAME = "clinic.example/audit"
VERIFIER = notes.verifier_of(NAME, LOG)
CHECKPOINT = Checkpoint(NAME, 20852163, b"r" * 32)


def test_a_checkpoint_reads_as_the_specification_says():
    assert notes.sign(CHECKPOINT, NAME, LOG).split("\n")[:4] == [
        "clinic.example/audit",
        "20852163",
        base64.b64encode(b"r" * 32).decode(),
        "",
    ]
    assert notes.sign(CHECKPOINT, NAME, LOG).endswith("\n")
    assert notes.verify(notes.sign(CHECKPOINT, NAME, LOG), VERIFIER) == CHECKPOINT


def test_a_known_verifier_key_is_parsed():
    """The example key of golang.org/x/mod/sumdb/note, which C2SP's signed-note grew out of."""
    line = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert str(Verifier.parse(line)) == line


def test_a_known_note_verifies():
    """The example note of golang.org/x/mod/sumdb/note."""
    verifier = Verifier.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = (
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    signature = notes._signature(f"{text}\n{line}", verifier)
    notes._check(verifier, signature, text.encode())


def test_a_public_key_that_does_not_fit_its_hash_is_refused():
    line = str(VERIFIER)
    with pytest.raises(NoteBroken):
        Verifier.parse(line.replace(VERIFIER.key_id.hex(), "00000000"))
    for broken in ("", "name", "name+00", "name+00000000+!!", "name+00000000+"):
        with pytest.raises(NoteBroken):
            Verifier.parse(broken)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_altered_note_verifies(data):
    note = notes.sign(CHECKPOINT, NAME, LOG)
    at = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.characters(codec="utf-8"))
    altered = note[:at] + other + note[at + 1 :]
    if altered == note:
        return
    try:
        found = notes.verify(altered, VERIFIER)
    except NoteBroken:
        return
    assert found == CHECKPOINT  # only the padding bits of base64, or the line's end, may differ unseen


def test_another_key_under_the_same_name_is_refused():
    with pytest.raises(NoteBroken):
        notes.verify(notes.sign(CHECKPOINT, NAME, WITNESS), VERIFIER)


def test_lines_smuggled_behind_the_root_are_refused():
    """The signature covers the checkpoint only, so a note with more text is not what was signed."""
    note = notes.sign(CHECKPOINT, NAME, LOG)
    with pytest.raises(NoteBroken):
        notes.verify(note.replace("\n\n", "\nsmuggled\n\n", 1), VERIFIER)


def test_a_cosignature_binds_the_time():
    line = notes.cosign(CHECKPOINT, "witness.example", WITNESS, 1_700_000_000)
    verifier = notes.verifier_of("witness.example", WITNESS, COSIGNATURE)
    assert notes.verify_cosignature(CHECKPOINT, line, verifier) == 1_700_000_000
    with pytest.raises(NoteBroken):
        notes.verify_cosignature(Checkpoint(NAME, 5, b"r" * 32), line, verifier)
    blob = bytearray(base64.b64decode(line.split(" ")[2]))
    blob[11] ^= 1  # the last byte of the time
    forged = f"— witness.example {base64.b64encode(bytes(blob)).decode()}\n"
    with pytest.raises(NoteBroken):
        notes.verify_cosignature(CHECKPOINT, forged, verifier)
