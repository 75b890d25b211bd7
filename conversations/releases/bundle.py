"""What a release is made of, as plain parts: hashed, compared, and checked against what is installed. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Part = str | int | float

# Parts that come with the software and cannot be chosen. Only software with the same ones can run the release.
SOFTWARE = ("software.", "guardrails.", "voice.", "turns.")


@dataclass(frozen=True)
class Bundle:
    """`parts` by dotted name: `model.name`, `decoding.temperature`, `prompt.version`, `protocol.after_surgery` …"""

    parts: Mapping[str, Part]

    @property
    def digest(self) -> str:
        """SHA-256 of the parts as canonical JSON."""
        return _digest(self.parts)

    @property
    def software(self) -> str:
        """SHA-256 of the parts that only software with the same ones can run."""
        return _digest({name: part for name, part in self.parts.items() if name.startswith(SOFTWARE)})

    @property
    def model(self) -> str:
        """The language model; empty where calls go by protocol alone."""
        return str(self.parts["model.name"])

    @property
    def prompt(self) -> str:
        return str(self.parts["prompt.version"])

    @property
    def temperature(self) -> float:
        return float(self.parts["decoding.temperature"])

    @property
    def max_tokens(self) -> int:
        return int(self.parts["decoding.max_tokens"])

    @property
    def first_sentence_s(self) -> float:
        return float(self.parts["limits.first_sentence_s"])

    @property
    def turn_s(self) -> float:
        return float(self.parts["limits.turn_s"])

    @property
    def protocols(self) -> dict[str, str]:
        """Name → SHA-256 of the protocol."""
        mark = "protocol."
        return {name.removeprefix(mark): str(part) for name, part in self.parts.items() if name.startswith(mark)}

    def with_parts(self, changes: Mapping[str, Part]) -> "Bundle":
        """Raises `KeyError` for a part that does not exist, or that nobody can choose."""
        for name in changes:
            if name not in self.parts or name.startswith(SOFTWARE):
                raise KeyError(name)
        return Bundle({**self.parts, **changes})


@dataclass(frozen=True)
class Difference:
    """One part in two bundles; None where a bundle has no such part."""

    name: str
    before: Part | None
    after: Part | None


def differences(before: Bundle, after: Bundle) -> list[Difference]:
    names = sorted({*before.parts, *after.parts})
    both = (Difference(name, before.parts.get(name), after.parts.get(name)) for name in names)
    return [each for each in both if each.before != each.after]


@dataclass(frozen=True)
class Ground:
    """What a bundle would have to run on. `prompts` and `protocols` are the SHA-256 of what is at hand."""

    software: str
    prompts: Mapping[str, str]
    protocols: frozenset[str]
    model_server: bool


def hindrances(bundle: Bundle, ground: Ground) -> Sequence[str]:
    """Why the bundle cannot be started here, as codes; empty if it can."""
    found = []
    if bundle.software != ground.software:
        found.append("software")
    if ground.prompts.get(bundle.prompt) != bundle.parts["prompt.sha256"]:
        found.append("prompt")
    if not set(bundle.protocols.values()) <= ground.protocols:
        found.append("protocol")
    if bundle.model and not ground.model_server:
        found.append("model")
    return found


def _digest(parts: Mapping[str, Part]) -> str:
    canonical = json.dumps(dict(parts), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
