"""What a browser draws the face from: made of the drawing itself, and up to date with it."""

import base64
import hashlib
import json
from typing import Any

import cv2
import numpy as np
import pytest

from conversations.drawing import pack
from conversations.drawing.layers import layers_of
from conversations.drawing.people import PEOPLE
from conversations.drawing.terms import Script, least, most, sine


def field(packed: list[Any] | None) -> Any:
    return None if packed is None else packed[0] * np.frombuffer(base64.b64decode(packed[1]), "<i2").astype(float)


@pytest.mark.parametrize("name", PEOPLE)
def test_the_packs_are_what_the_drawing_says_now(name: str) -> None:
    """If this fails, the drawing was changed: run `manage.py pack_faces`."""
    kept = json.loads((pack.FOLDER / name / "pack.json").read_text())
    now = json.loads(json.dumps(pack.pack(PEOPLE[name])))
    for (amount, *fields), (amount_now, *fields_now) in zip(kept.pop("motions"), now.pop("motions"), strict=True):
        assert amount == amount_now
        for one, other in zip(map(field, fields), map(field, fields_now), strict=True):
            assert (one is None) == (other is None)
            assert one is None or np.abs(one - other).max() < 0.02
    assert kept == now
    layers = layers_of(PEOPLE[name], pack.SIZE)
    for part, pixels in (("room", layers.room), ("head", layers.head.pixels), ("clothes", layers.clothes.pixels)):
        image = cv2.imread(str(pack.FOLDER / name / f"{part}.webp"), cv2.IMREAD_UNCHANGED)
        seen = pixels[..., 3] > 250
        painted = pack.colours(pixels)[..., 2::-1]
        assert np.abs(image[..., :3].astype(int) - painted.astype(int))[seen].mean() < 3


def test_arithmetic_is_written_down_with_every_branch():
    script = Script()
    x = script.name("x")

    def work():
        y = most(0.0, 2 * x - 1) / 4
        if y > 0.5:
            return [script.number(y)]
        return [script.number(least(x, sine(x))), script.number(-x)]

    condition, then, otherwise = script.branches(work)
    assert script.lines[condition][0] == "-"
    assert [script.lines[line][0] for line in then] == ["/"]
    assert [script.lines[line][0] for line in otherwise] == ["min", "-"]
    assert (most(1, 2), least(1, 2), sine(0)) == (2, 1, 0)


def test_a_number_that_is_not_known_cannot_be_used_as_if_it_were() -> None:
    unknown: Any = Script().name("x")
    with pytest.raises(TypeError, match="not known"):
        float(unknown)
    with pytest.raises(TypeError, match="compare it"):
        bool(unknown)


def test_canvaskit_is_what_was_vendored() -> None:
    folder = pack.FOLDER.parents[1] / "vendor" / "canvaskit"
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        expected, name = line.split()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected, name
