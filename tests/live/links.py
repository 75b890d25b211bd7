"""The call's end of a connection, with a voice and no picture, on loopback."""

from collections.abc import Callable
from typing import Any

from conversations.live.audio_in import AudioIn
from conversations.live.guest import Camera
from conversations.live.link import Ice, Link
from conversations.live.out import Out, VoiceTrack


def link_of(
    out: Out, *, on_message: Callable[[Any], None] = lambda _: None, on_state: Callable[[str], None] = lambda _: None
) -> Link:
    return Link(
        audio_in=AudioIn(),
        camera=Camera(),
        voice=lambda: VoiceTrack(out),
        picture=lambda: None,
        ice=Ice(addresses=["127.0.0.1"]),
        on_message=on_message,
        on_state=on_state,
        began_s=out.began_s,
    )
