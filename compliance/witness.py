"""The witness: a separate process and key that signs only a tree which continues what it saw before.

Whoever owns the database can rewrite the log and every hash in it, but not what
the witness remembers. Its state is one file, written before the signature leaves.
"""

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from compliance import merkle, notes
from compliance.errors import TreeRewritten


@dataclass
class Witness:
    """`log` is the public key whose checkpoints are witnessed; `state` the file that remembers."""

    name: str
    key: Ed25519PrivateKey
    log: notes.Verifier
    state: Path

    def seen(self) -> notes.Checkpoint | None:
        """The largest tree this witness signed."""
        return remembered(self.state)

    def cosign(self, note: str, proof: list[bytes], at_s: int) -> str:
        """A cosignature of the checkpoint in `note`.

        `proof` shows that it continues `seen()`. Raises `NoteBroken` if the log did not
        sign it, `TreeRewritten` if it is smaller, or not a continuation.
        """
        checkpoint = notes.verify(note, self.log)
        seen = self.seen()
        if seen:
            _refuse_unless_continued(seen, checkpoint, proof)
        self._remember(checkpoint)
        return notes.cosign(checkpoint, self.name, self.key, at_s)

    def _remember(self, checkpoint: notes.Checkpoint) -> None:
        self.state.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = self.state.with_suffix(".half")
        told = {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": base64.b64encode(checkpoint.root).decode(),
        }
        with half.open("w") as target:
            json.dump(told, target)
            target.flush()
            os.fsync(target.fileno())
        half.replace(self.state)


def remembered(state: Path) -> notes.Checkpoint | None:
    """What a witness's file says it saw last."""
    if not state.exists():
        return None
    told = json.loads(state.read_text())
    return notes.Checkpoint(told["origin"], told["size"], base64.b64decode(told["root"]))


def _refuse_unless_continued(seen: notes.Checkpoint, now: notes.Checkpoint, proof: list[bytes]) -> None:
    if now.size < seen.size:
        raise TreeRewritten(
            f"the log has {now.size} entries, but {seen.size} were witnessed: it was cut or rolled back"
        )
    if not merkle.continues(seen.size, now.size, seen.root, now.root, proof):
        raise TreeRewritten(f"the log of {now.size} entries does not continue the {seen.size} that were witnessed")
