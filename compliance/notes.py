"""Signed notes, checkpoints and cosignatures, as C2SP writes them. Pure.

https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint, https://c2sp.org/tlog-cosignature:
any transparency-log tool can check ours.
"""

import base64
import struct
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from compliance.errors import NoteBroken

ED25519 = 0x01
COSIGNATURE = 0x04
_DASH = "— "  # an em dash and a space begin every signature line


@dataclass(frozen=True)
class Checkpoint:
    """So many leaves, and this root, of the log named `origin`."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class Verifier:
    """A public key under its name: `name+hash+key`, as signed notes publish it."""

    name: str
    algorithm: int
    key: bytes

    @property
    def key_id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.algorithm]) + self.key).decode()}"

    @classmethod
    def parse(cls, line: str) -> "Verifier":
        """Raises `NoteBroken`."""
        parts = line.strip().split("+", 2)
        if len(parts) != 3:
            raise NoteBroken("a public key reads name+hash+key")
        name, key_id, blob = parts[0], parts[1], _unbase64(parts[2])
        verifier = cls(name, blob[0] if blob else 0, blob[1:])
        if len(verifier.key) != 32 or verifier.key_id.hex() != key_id:
            raise NoteBroken(f"the public key of {name} does not fit its hash")
        return verifier


def verifier_of(name: str, key: Ed25519PrivateKey, algorithm: int = ED25519) -> Verifier:
    return Verifier(name, algorithm, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def sign(checkpoint: Checkpoint, name: str, key: Ed25519PrivateKey) -> str:
    """The checkpoint as a note with one signature."""
    text = checkpoint.text()
    return f"{text}\n{_line(verifier_of(name, key), key.sign(text.encode()))}"


def cosign(checkpoint: Checkpoint, name: str, key: Ed25519PrivateKey, at_s: int) -> str:
    """A witness's line under a checkpoint: it saw this tree, and nothing else of that size, at `at_s`."""
    signature = key.sign(_cosigned(checkpoint, at_s))
    return _line(verifier_of(name, key, COSIGNATURE), struct.pack(">Q", at_s) + signature)


def read(note: str) -> Checkpoint:
    """The checkpoint in a note, unverified. Raises `NoteBroken`."""
    text, _, _signatures = note.partition("\n\n")
    lines = text.split("\n")
    if len(lines) < 3 or not lines[1].isascii() or not lines[1].isdigit() or (len(lines[1]) > 1 and lines[1][0] == "0"):
        raise NoteBroken("a checkpoint has an origin, a size and a root")
    return Checkpoint(lines[0], int(lines[1]), _unbase64(lines[2]))


def verify(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note that `verifier` signed. Raises `NoteBroken`."""
    checkpoint = read(note)
    _check(verifier, _signature(note, verifier), checkpoint.text().encode(), note)
    return checkpoint


def verify_cosignature(checkpoint: Checkpoint, line: str, verifier: Verifier) -> int:
    """When the witness signed (Unix seconds). Raises `NoteBroken`."""
    blob = _signature(f"\n\n{line}", verifier)
    if len(blob) != 72:
        raise NoteBroken("a cosignature is a time and a signature")
    at_s = int(struct.unpack_from(">Q", blob)[0])
    _check(verifier, blob[8:], _cosigned(checkpoint, at_s))
    return at_s


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise NoteBroken("keys, roots and signatures are base64") from None


def _cosigned(checkpoint: Checkpoint, at_s: int) -> bytes:
    return f"cosignature/v1\ntime {at_s}\n{checkpoint.text()}".encode()


def _line(verifier: Verifier, signature: bytes) -> str:
    return f"{_DASH}{verifier.name} {base64.b64encode(verifier.key_id + signature).decode()}\n"


def _signature(note: str, verifier: Verifier) -> bytes:
    _, _, signatures = note.partition("\n\n")
    for line in signatures.splitlines():
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        if line.startswith(_DASH) and name == verifier.name:
            blob = _unbase64(encoded)
            if blob[:4] == verifier.key_id:
                return blob[4:]
    raise NoteBroken(f"{verifier.name} did not sign this")


def _check(verifier: Verifier, signature: bytes, signed: bytes, note: str | None = None) -> None:
    if note is not None and not note.startswith(signed.decode() + "\n"):
        raise NoteBroken("the note holds more than a checkpoint")
    try:
        Ed25519PublicKey.from_public_bytes(verifier.key).verify(signature, signed)
    except InvalidSignature:
        raise NoteBroken(f"the signature of {verifier.name} does not fit") from None
