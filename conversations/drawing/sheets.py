"""Sheets and clips to judge the face by: every appearance, situation and mouth shape side by side."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from conversations.drawing.portrait import Portrait
from conversations.live.events import Floor, Sound
from conversations.live.expression import BEHAVIOURS, Situation
from conversations.live.pose import Pose
from conversations.live.visemes import SHAPES, Mouth, Viseme

Image = npt.NDArray[np.uint8]  # (height, width, 3), R'G'B'
Box = tuple[float, float, float, float]

FIGURE: Box = (140, 110, 860, 830)
MOUTH: Box = (385, 490, 615, 690)
FPS = 30

FLOORS = {
    Situation.LISTENING: (Floor.LISTENING, 0.0),
    Situation.WORRIED_LISTENING: (Floor.LISTENING, 1.0),
    Situation.THINKING: (Floor.THINKING, 0.0),
    Situation.WORRIED_THINKING: (Floor.THINKING, 1.0),
    Situation.SPEAKING: (Floor.SPEAKING, 0.0),
    Situation.SERIOUS_SPEAKING: (Floor.SPEAKING, 1.0),
}


def pose_in(situation: Situation, mouth: Mouth | None = None) -> Pose:
    """Where the face comes to rest in a situation."""
    row = BEHAVIOURS[situation]
    return Pose(
        mouth=mouth or Mouth(),
        smile=row.smile,
        brow_inner=row.brow_inner,
        brow_outer=row.brow_outer,
        brow_knit=row.brow_knit,
        squint=row.squint,
        lean=row.lean,
        pitch=row.pitch,
        roll_deg=row.roll_deg,
        gaze_x=row.away,
        gaze_y=-0.3 * row.away,
        yaw=0.3 * row.away,
    )


def situations_row(portrait: Portrait, situations: Sequence[Situation], side: int) -> list[Image]:
    said = {Situation.SPEAKING: Viseme.MID, Situation.SERIOUS_SPEAKING: Viseme.WIDE}
    mouths = [SHAPES[said[each]].mouth if each in said else None for each in situations]
    return [shown(portrait, pose_in(each, mouth), FIGURE, side) for each, mouth in zip(situations, mouths, strict=True)]


def visemes_row(portrait: Portrait, side: int) -> list[Image]:
    return [shown(portrait, Pose(mouth=SHAPES[viseme].mouth, smile=0.1), MOUTH, side) for viseme in Viseme]


def shown(portrait: Portrait, pose: Pose, box: Box, side: int) -> Image:
    """A cutting of the portrait in a pose, `side` pixels wide."""
    portrait.paint(pose)
    scale = portrait.picture.size / 1000
    left, top, right, bottom = (round(edge * scale) for edge in box)
    cutting = portrait.picture.rgb()[top:bottom, left:right]
    height = round(side * (bottom - top) / (right - left))
    return np.asarray(cv2.resize(cutting, (side, height), interpolation=cv2.INTER_AREA), np.uint8)


def write_sheet(rows: Sequence[Sequence[Image]], path: Path, gap: int = 8) -> None:
    height, width = rows[0][0].shape[:2]
    down, across = len(rows), max(len(row) for row in rows)
    sheet = np.full((down * (height + gap) + gap, across * (width + gap) + gap, 3), (251, 248, 243), np.uint8)
    for row, tiles in enumerate(rows):
        for column, tile in enumerate(tiles):
            top, left = gap + row * (height + gap), gap + column * (width + gap)
            sheet[top : top + height, left : left + width] = tile
    cv2.imwrite(str(path), np.ascontiguousarray(sheet[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def write_clip(frames: Iterator[av.VideoFrame], sound: Sound, starts_s: float, path: Path) -> None:
    """An mp4 of the frames, at `FPS`, with the sound heard from `starts_s`."""
    silence = np.zeros(round(starts_s * sound.rate_hz), np.int16)
    heard = np.concatenate([silence, sound.samples]).reshape(1, -1)
    with av.open(str(path), "w") as container:
        pictures = None
        voice = container.add_stream("aac", rate=sound.rate_hz)
        for index, frame in enumerate(frames):
            if pictures is None:
                pictures = container.add_stream("libx264", rate=FPS, options={"crf": "20"})
                pictures.width, pictures.height, pictures.pix_fmt = frame.width, frame.height, "yuv420p"
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(pictures.encode(frame))
        spoken = av.AudioFrame.from_ndarray(heard, format="s16", layout="mono")
        spoken.sample_rate, spoken.pts = sound.rate_hz, 0
        container.mux(voice.encode(spoken))
        container.mux(voice.encode(None))
        if pictures is not None:
            container.mux(pictures.encode(None))
