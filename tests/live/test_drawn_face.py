"""The picture itself: that it shows what the pose says, in planes an encoder takes as they are."""

import av
import numpy as np
import numpy.typing as npt
import pytest

from conversations.drawing.brush import ink, mix
from conversations.drawing.people import PEOPLE
from conversations.drawing.picture import Region
from conversations.drawing.portrait import Portrait
from conversations.live.events import Floor, Phoneme
from conversations.live.pose import Pose
from conversations.live.visemes import SHAPES, Mouth, Viseme
from conversations.providers.drawn_face import APPEARANCES, ORB, DrawnFace

SIZE = 360


def planes(frame: av.VideoFrame) -> tuple[npt.NDArray[np.int_], ...]:
    return tuple(
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width].astype(int)
        for plane in frame.planes
    )


def luma(appearance: str, pose: Pose) -> npt.NDArray[np.int_]:
    portrait = Portrait(PEOPLE[appearance], SIZE)
    portrait.paint(pose)
    return portrait.picture.luma.astype(int)


def window(pixels: npt.NDArray[np.int_], left: float, top: float, right: float, bottom: float) -> npt.NDArray[np.int_]:
    """By the drawing's own units."""
    scale = len(pixels) / 1000
    return pixels[int(top * scale) : int(bottom * scale), int(left * scale) : int(right * scale)]


@pytest.mark.parametrize("appearance", APPEARANCES)
def test_a_frame_is_yuv420p_of_the_size_asked_for(appearance: str):
    frame = DrawnFace(appearance, SIZE).draw(0.5)
    assert (frame.format.name, frame.width, frame.height) == ("yuv420p", SIZE, SIZE)
    y, cb, cr = planes(frame)
    assert y.min() >= 16
    assert y.max() <= 235
    assert y.std() > 15
    assert np.ptp(cb) > 5
    assert np.ptp(cr) > 5


def test_the_planes_are_the_colours_that_were_painted():
    """Against swscale: the picture as R'G'B', converted by FFmpeg, gives the same planes."""
    face = DrawnFace("ines", SIZE)
    frame = face.draw(0.5)
    rgb = face.picture.rgb()
    for ours, theirs in zip(
        planes(frame), planes(av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(format="yuv420p")), strict=True
    ):
        assert np.abs(ours - theirs).mean() < 1.0


def test_ink_is_studio_range_bt601():
    assert ink("#000000") == 0xFF108080
    assert ink("#ffffff") == 0xFFEB8080
    assert ink("#ff0000") == 0xFF515AF0
    assert mix("#000000", "#ff8040", 0.5) == "#804020"


@pytest.mark.parametrize("appearance", PEOPLE)
def test_eyes_close_when_it_blinks(appearance: str):
    eyes = PEOPLE[appearance].eyes
    box = (500 - eyes.apart - 14, eyes.height - 11, 500 - eyes.apart + 14, eyes.height + 1)
    opened, shut = (window(luma(appearance, Pose(blink=blink)), *box) for blink in (0.0, 1.0))
    assert opened.std() > 3 * shut.std()


@pytest.mark.parametrize("appearance", PEOPLE)
def test_the_mouth_is_dark_inside_when_open_and_the_chin_drops(appearance: str):
    lips = PEOPLE[appearance].lips
    box = (480, lips.height + 8, 520, lips.height + 28)
    closed, opened = (luma(appearance, Pose(mouth=Mouth(open=amount))) for amount in (0.0, 1.0))
    assert window(opened, *box).mean() < window(closed, *box).mean() - 15
    chin = PEOPLE[appearance].skull.chin
    edge = (470, chin - 15, 530, chin + 40)
    assert np.abs(window(opened, *edge) - window(closed, *edge)).mean() > 2


@pytest.mark.parametrize("appearance", PEOPLE)
def test_every_mouth_shape_can_be_told_from_every_other(appearance: str):
    lips = PEOPLE[appearance].lips
    box = (500 - 75, lips.height - 30, 500 + 75, lips.height + 60)
    shown = {viseme: window(luma(appearance, Pose(mouth=SHAPES[viseme].mouth)), *box) for viseme in Viseme}
    for one in Viseme:
        for other in Viseme:
            if one < other:
                assert np.abs(shown[one] - shown[other]).mean() > 0.4, (one, other)


def test_the_gaze_moves_the_iris():
    left, right = (luma("ines", Pose(gaze_x=gaze)) for gaze in (-0.8, 0.8))
    box = (500 - 64 - 30, 425, 500 - 64 + 30, 438)

    def darkest(pixels: npt.NDArray[np.int_]) -> float:
        across = window(pixels, *box).mean(axis=0)
        return float(np.average(np.arange(len(across)), weights=(across.max() - across) ** 2))

    assert darkest(right) - darkest(left) > 2


def test_a_turned_head_moves_the_nose_more_than_the_crown():
    straight, turned = (luma("ines", Pose(yaw=yaw)) for yaw in (0.0, 0.9))
    nose, crown = (430, 490, 570, 540), (430, 190, 570, 240)
    assert _shift(straight, turned, nose) > _shift(straight, turned, crown) >= 0


def _shift(before: npt.NDArray[np.int_], after: npt.NDArray[np.int_], box: tuple[float, float, float, float]) -> int:
    """Pixels to the right by which a strip has moved."""
    a, b = (window(pixels, *box).astype(float) for pixels in (before, after))
    scores = {step: np.abs(b[:, 20:-20] - np.roll(a, step, axis=1)[:, 20:-20]).mean() for step in range(-6, 16)}
    return min(scores, key=lambda step: scores[step])


def test_drawing_the_same_moment_again_changes_nothing_and_frames_are_their_own():
    face = DrawnFace("ines", SIZE)
    first = face.draw(1.0)
    kept = planes(first)[0].copy()
    face.say([Phoneme("ɑː", 0.0, 1.0)], 1.0)
    face.draw(1.5)
    assert np.array_equal(planes(first)[0], kept)
    again = DrawnFace("ines", SIZE)
    assert np.array_equal(planes(again.draw(1.0))[0], kept)
    assert again.draw(1.001) is again.draw(1.0)


def test_what_is_redrawn_in_part_is_what_would_be_drawn_whole():
    """After a hundred frames of talk, the kept picture is the picture drawn afresh."""
    talked = DrawnFace("ines", SIZE)
    talked.attend(Floor.SPEAKING, 0.0)
    talked.say([Phoneme(symbol, i * 0.1, i * 0.1 + 0.1) for i, symbol in enumerate("pɑtimuvɔs" * 2)], 0.2)
    for index in range(100):
        last = talked.draw(index / 40)
    portrait = Portrait(PEOPLE["ines"], SIZE)
    portrait.paint(talked._countenance.pose(99 / 40))
    assert np.abs(planes(last)[0] - portrait.picture.luma.astype(int)).mean() < 0.15


def test_only_what_moved_is_redrawn(monkeypatch: pytest.MonkeyPatch):
    portrait = Portrait(PEOPLE["ines"], SIZE)
    portrait.paint(Pose())
    drawn: list[Region] = []
    monkeypatch.setattr(portrait.picture, "publish", drawn.append)
    head = portrait._layers.head
    assert portrait.paint(Pose(mouth=Mouth(open=0.6)))
    [jaw] = drawn
    assert jaw.top > head.top + 0.3 * (head.bottom - head.top)
    assert portrait.paint(Pose(mouth=Mouth(open=0.6), yaw=0.5))
    assert drawn[-1].top < head.top + 0.1 * (head.bottom - head.top)
    assert not portrait.paint(Pose(mouth=Mouth(open=0.6), yaw=0.501))
    drawn.clear()
    assert portrait.paint(Pose(mouth=Mouth(open=0.6), yaw=0.501, breath=0.24))
    assert drawn[-1].top > head.top + 0.7 * (head.bottom - head.top)  # the shoulders


def test_the_orb_swells_with_the_voice_and_has_no_face():
    orb = DrawnFace(ORB, SIZE)
    quiet = planes(orb.draw(0.0))[0]
    orb.attend(Floor.SPEAKING, 0.0)
    orb.say([Phoneme("ɑː", 0.0, 1.0)], 0.0)
    loud = planes(orb.draw(0.5))[0]
    assert np.abs(loud - quiet).max() > 15
    flipped = quiet[:, ::-1]
    assert np.abs(quiet - flipped).mean() < 8


def test_an_unknown_name_says_who_there_is():
    with pytest.raises(ValueError, match="choose one of ines"):
        DrawnFace("nobody", SIZE)


@pytest.mark.parametrize("size", [0, 63, 361])
def test_odd_and_tiny_sizes_are_refused(size: int):
    with pytest.raises(ValueError, match="even"):
        DrawnFace("ines", size)
