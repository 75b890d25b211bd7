"""The ears and the voice of a call, as the settings choose them: ours, with what the clinic added in front.

Called by `conversations.equipment`. What is imported here late costs memory that a call without it can do without.
"""

import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.conf import settings

from clinic import senses
from compliance import consent
from compliance.consent_texts import VOICE_NAMED_SINCE
from compliance.models import Purpose
from conversations.database import once_in_a_thread
from conversations.live.ports import Transcriber, Voice
from conversations.providers.consented import Permission
from conversations.providers.rereading import RereadingTranscriber
from conversations.providers.steady import SteadyTranscriber, SteadyVoice
from conversations.providers.timed_voice import TimedVoice

if TYPE_CHECKING:
    from conversations.providers.faster_whisper_reader import FasterWhisper
    from conversations.providers.piper_voice import PiperVoice

logger = logging.getLogger(__name__)

Loaded = TypeVar("Loaded")


def warm() -> None:
    """Load what is added on the machine, in the process of the call: these libraries start threads."""
    if settings.EARS.kind == senses.WHISPER:
        _whisper(settings.EARS.folder)
    if settings.VOICE.kind == senses.PIPER:
        _piper(settings.VOICE.folder)


def transcriber(patient_id: UUID, embedded: Transcriber, *, outside: bool) -> Transcriber:
    """What listens to this patient. `outside`: they agree to services outside as the call begins; asked again later."""
    chosen = settings.EARS
    if chosen.kind == senses.WHISPER:
        whisper = _whisper(chosen.folder)
        return SteadyTranscriber(RereadingTranscriber(whisper.read), embedded) if whisper else embedded

    def agrees() -> bool:
        return once_in_a_thread(lambda: consent.granted_since(patient_id, Purpose.EXTERNAL_MODEL, VOICE_NAMED_SINCE))

    if not chosen.outside or not outside:
        return embedded
    permission = Permission(agrees)
    if chosen.kind == senses.PIPECAT:
        from conversations.providers.pipecat_services import PipecatTranscriber, service

        processor = _loaded("EARS", lambda: service(chosen.service, chosen.api_key, chosen.options))
        return SteadyTranscriber(PipecatTranscriber(processor), embedded, permission) if processor else embedded
    from conversations.providers.openai_transcriber import OpenAiTranscriber

    reader = OpenAiTranscriber(base_url=chosen.base_url, api_key=chosen.api_key, model=chosen.model)
    return SteadyTranscriber(RereadingTranscriber(reader.read), embedded, permission)


def voice(patient_id: UUID, embedded: Voice, *, outside: bool) -> Voice:
    """What speaks to this patient. `outside` as for `transcriber`."""
    chosen = settings.VOICE
    if chosen.kind == senses.PIPER:
        piper = _piper(chosen.folder)
        return SteadyVoice(TimedVoice(piper), embedded) if piper else embedded

    def agrees() -> bool:
        return once_in_a_thread(lambda: Purpose.EXTERNAL_MODEL in consent.granted(patient_id))

    if not chosen.outside or not outside:
        return embedded
    permission = Permission(agrees)
    if chosen.kind == senses.PIPECAT:
        from conversations.providers.pipecat_services import PipecatVoice, service

        processor = _loaded("VOICE", lambda: service(chosen.service, chosen.api_key, chosen.options))
        spoken = PipecatVoice(processor, rate_hz=chosen.rate_hz) if processor else None
        return SteadyVoice(TimedVoice(spoken), embedded, permission) if spoken else embedded
    from conversations.providers.openai_voice import OpenAiVoice

    speaker = OpenAiVoice(
        base_url=chosen.base_url,
        api_key=chosen.api_key,
        model=chosen.model,
        voice=chosen.voice,
        rate_hz=chosen.rate_hz,
    )
    return SteadyVoice(TimedVoice(speaker), embedded, permission)


@cache
def _whisper(folder: Path) -> "FasterWhisper | None":
    from conversations.providers.faster_whisper_reader import FasterWhisper

    return _loaded("EARS", lambda: FasterWhisper(folder))


@cache
def _piper(folder: Path) -> "PiperVoice | None":
    from conversations.providers.piper_voice import PiperVoice

    return _loaded("VOICE", lambda: PiperVoice(folder))


def _loaded(setting: str, load: Callable[[], Loaded]) -> Loaded | None:
    """A model that cannot be read must not keep patients from calling."""
    try:
        return load()
    except Exception as problem:
        logger.error("what %s names cannot be loaded, calls do with the embedded one: %s", setting, problem)
        return None
