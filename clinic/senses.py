"""Which ears and which voice calls have: read strictly from the environment by `clinic.settings`.

A service outside is refused unless something covers the patient data sent to it and it stays where data has to stay;
a package or a folder that is missing stops the start rather than the first call.
"""

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from clinic import environment

EMBEDDED, OPENAI, WHISPER, PIPER, PIPECAT = "embedded", "openai", "faster-whisper", "piper", "pipecat"
PACKAGES = {
    WHISPER: ("faster_whisper", "faster-whisper"),
    PIPER: ("piper", "piper-tts"),
    PIPECAT: ("pipecat", "pipecat-ai"),
}


@dataclass(frozen=True)
class Provider:
    """`service` is a Pipecat class as "module:Class"; `options` are further arguments for it."""

    kind: str = EMBEDDED
    base_url: str = ""
    api_key: str = ""
    model: str = ""
    voice: str = ""
    rate_hz: int = 24_000
    covered_by: str = "none"
    region: str = ""
    folder: Path = field(default_factory=Path)
    service: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def outside(self) -> bool:
        """Whether patient data leaves our processes, and the patient is asked."""
        return self.kind in {OPENAI, PIPECAT}

    @property
    def name(self) -> str:
        """What a release and the record of processing call it."""
        told = (self.kind, self.model, self.voice, self.service, self.folder.name)
        return " ".join(part for part in told if part)


def ears(residency: Sequence[str]) -> Provider:
    """`EARS` and `STT_…`. Raises `ImproperlyConfigured`."""
    kind = environment.choice("EARS", EMBEDDED, {EMBEDDED, OPENAI, WHISPER, PIPECAT})
    return _read("EARS", kind, "STT", "the transcription service", residency)


def voice(residency: Sequence[str]) -> Provider:
    """`VOICE` and `TTS_…`. Raises `ImproperlyConfigured`."""
    kind = environment.choice("VOICE", EMBEDDED, {EMBEDDED, OPENAI, PIPER, PIPECAT})
    return _read("VOICE", kind, "TTS", "the speech service", residency)


def _read(chosen_by: str, kind: str, prefix: str, what: str, residency: Sequence[str]) -> Provider:
    provider = Provider(
        kind=kind,
        base_url=environment.text(f"{prefix}_BASE_URL", ""),
        api_key=environment.text(f"{prefix}_API_KEY", ""),
        model=environment.text(f"{prefix}_MODEL", ""),
        voice=environment.text("TTS_VOICE", "") if prefix == "TTS" else "",
        rate_hz=environment.integer("TTS_RATE_HZ", 24_000, at_least=8_000, at_most=48_000) if prefix == "TTS" else 0,
        covered_by=environment.choice(f"{prefix}_COVERED_BY", "none", {"none", "baa", "self-hosted"}),
        region=environment.text(f"{prefix}_REGION", ""),
        folder=Path(environment.text(f"{prefix}_FOLDER", "")),
        service=environment.text(f"{prefix}_SERVICE", ""),
        options=_options(f"{prefix}_OPTIONS"),
    )
    _check(provider, chosen_by, prefix)
    if provider.outside:
        refuse_uncovered(prefix, what, provider.covered_by, provider.region, residency)
    elif provider.base_url or provider.service:
        raise ImproperlyConfigured(
            f"{prefix}_BASE_URL or {prefix}_SERVICE is set, but {chosen_by} is {kind}: "
            f"set {chosen_by} to {OPENAI} or {PIPECAT}, or remove it."
        )
    return provider


def _check(provider: Provider, chosen_by: str, prefix: str) -> None:
    """What this kind cannot do without is there."""
    package, installed_as = PACKAGES.get(provider.kind, ("", ""))
    if package and importlib.util.find_spec(package) is None:
        raise ImproperlyConfigured(
            f"{chosen_by}={provider.kind} needs a package that is not installed: pip install {installed_as}"
        )
    match provider.kind:
        case "openai":
            _check_endpoint(provider, chosen_by, prefix)
        case "faster-whisper":
            _check_files(provider.folder, f"{prefix}_FOLDER", ("model.bin", "tokenizer.json"))
        case "piper":
            _check_files(provider.folder, f"{prefix}_FOLDER", ("*.onnx", "*.onnx.json"))
        case "pipecat" if provider.service.count(":") != 1:
            raise ImproperlyConfigured(
                f"{prefix}_SERVICE must name a Pipecat service: pipecat.services.deepgram.stt:DeepgramSTTService, say."
            )


def _check_endpoint(provider: Provider, chosen_by: str, prefix: str) -> None:
    needed = [f"{prefix}_BASE_URL", f"{prefix}_MODEL", *(["TTS_VOICE"] if prefix == "TTS" else [])]
    given = (provider.base_url, provider.model, *([provider.voice] if prefix == "TTS" else []))
    missing = [name for name, value in zip(needed, given, strict=True) if not value]
    if missing:
        raise ImproperlyConfigured(f"{chosen_by}=openai needs {' and '.join(missing)}.")
    if urlsplit(provider.base_url).scheme not in {"http", "https"}:
        raise ImproperlyConfigured(f"{prefix}_BASE_URL must begin with https:// (or http:// inside your own network).")


def _check_files(folder: Path, name: str, files: Sequence[str]) -> None:
    missing = [file for file in files if not folder.is_dir() or not any(folder.glob(file))]
    if missing:
        raise ImproperlyConfigured(f"{name} is {str(folder)!r}; it must be a folder with {' and '.join(missing)}.")


def _options(name: str) -> dict[str, Any]:
    try:
        options = json.loads(environment.text(name, "{}"))
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise ImproperlyConfigured(f'{name} must be a JSON object, such as {{"sample_rate": 24000}}.')
    return options


def refuse_uncovered(prefix: str, what: str, covered_by: str, region: str, residency: Sequence[str]) -> None:
    """Raises `ImproperlyConfigured` unless patient data may go to `what`, "the model"."""
    if covered_by == "none":
        raise ImproperlyConfigured(
            f"{what} is outside, but nothing covers the patient data sent to it: "
            f"set {prefix}_COVERED_BY to baa or self-hosted, or do without it."
        )
    if residency and region not in residency:
        raise ImproperlyConfigured(
            f"Patient data has to stay in {', '.join(residency)} (DATA_RESIDENCY), and {what} is in "
            f"{region or 'a region that nobody named'}: set {prefix}_REGION to where its provider processes, "
            "choose one that runs there, or do without it."
        )
