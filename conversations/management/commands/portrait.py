"""Draws the assistant for people to judge: sheets of every situation and mouth shape, and short clips that speak."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from django.core.management.base import BaseCommand

from conversations.drawing.people import PEOPLE
from conversations.drawing.portrait import Portrait
from conversations.drawing.sheets import FLOORS, FPS, situations_row, visemes_row, write_clip, write_sheet
from conversations.live.events import Floor
from conversations.live.expression import Situation
from conversations.providers.drawn_face import APPEARANCES, DrawnFace
from conversations.providers.espeak import EspeakVoice

_SAYS = {
    False: "Hello Maria. Thank you for telling me. Your papers say to keep the bandage dry for two days.",
    True: "I am sorry you are going through that. Please sit down. I am asking a nurse to join us now.",
}
_LISTENS_S, _THINKS_S = 3.0, 1.2


class Command(BaseCommand):
    help = "Write sheets (PNG) and clips (MP4) of the assistant's face."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = [each.value for each in Situation]
        parser.add_argument("--situation", choices=[*names, "all"], default="all", help="what to show (default: all)")
        parser.add_argument("--who", choices=[*APPEARANCES, "all"], default="all", help="whom to show (default: all)")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
        parser.add_argument("--size", type=int, default=720, help="side of the picture in pixels (default: 720)")
        parser.add_argument("--no-clips", action="store_true", help="sheets only")

    def handle(self, **options: Any) -> None:
        out, size = options["out"], options["size"]
        out.mkdir(parents=True, exist_ok=True)
        asked, who = options["situation"], options["who"]
        situations = list(Situation) if asked == "all" else [Situation(asked)]
        names = list(APPEARANCES) if who == "all" else [who]
        portraits = [Portrait(PEOPLE[name], size) for name in names if name in PEOPLE]
        if portraits:
            write_sheet([situations_row(each, situations, 300) for each in portraits], out / "situations.png")
            write_sheet([visemes_row(each, 140) for each in portraits], out / "visemes.png")
        if not options["no_clips"]:
            for name in names:
                self._clips(name, size, situations, out)
        self.stdout.write(f"Written to {out}.")

    def _clips(self, name: str, size: int, situations: list[Situation], out: Path) -> None:
        """One clip for calm, one for worry, if a situation of that kind was asked for."""
        for worried in sorted({FLOORS[each][1] > 0 for each in situations}):
            sound = EspeakVoice().render(_SAYS[worried])
            starts_s = _LISTENS_S + _THINKS_S
            frames = _story(DrawnFace(name, size), sound.phonemes, sound.duration_s, concern=float(worried))
            write_clip(frames, sound, starts_s, out / f"{name}-{'worried' if worried else 'calm'}.mp4")


def _story(face: DrawnFace, phonemes: Any, lasts_s: float, *, concern: float) -> Iterator[av.VideoFrame]:
    """Listens, nods, thinks, speaks, listens again."""
    starts_s = _LISTENS_S + _THINKS_S
    cues = [
        (0.0, Floor.LISTENING, 0.0, False),
        (1.4, Floor.LISTENING, concern, True),
        (_LISTENS_S, Floor.THINKING, concern, False),
        (starts_s - 0.1, Floor.SPEAKING, concern, False),
        (starts_s + lasts_s, Floor.LISTENING, concern / 2, False),
    ]
    face.say(phonemes, starts_s)
    for index in range(int((starts_s + lasts_s + 1.5) * FPS)):
        at_s = index / FPS
        while cues and cues[0][0] <= at_s:
            when_s, floor, worry, nod = cues.pop(0)
            face.attend(floor, when_s, concern=worry, nod=nod)
        yield face.draw(at_s)
