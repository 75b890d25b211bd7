"""Whose face the patient's own browser may draw, and from what. Asked by the call page."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

DEFAULT = "ines"
FOLDER = "conversations/face/people"


def to_draw(choices: Mapping[str, object]) -> str:
    """Where the page finds the person of a session's choices; empty if the face is server video, or there is none."""
    name = str(choices.get("appearance", DEFAULT))
    if settings.CALL_FACE == "server" or settings.CALL_VIDEO_SIZE == 0 or choices.get("audio_only"):
        return ""
    if not name.isalpha() or not finders.find(f"{FOLDER}/{name}/pack.json"):  # the orb is not packed
        return ""
    return static(f"{FOLDER}/{name}/")
