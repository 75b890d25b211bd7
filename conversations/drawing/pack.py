"""A person, packed for the patient's browser: what is painted once as images, what moves as numbers.

`manage.py pack_faces` writes the packs; `static/conversations/face/` draws them. Nothing in a pack is made by hand.
"""

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from conversations.drawing.appearance import Appearance
from conversations.drawing.layers import Layer, layers_of
from conversations.drawing.picture import Pixels
from conversations.drawing.portrait import BREATH, features, grid_of
from conversations.drawing.puppet import Field, Grid, Puppet
from conversations.drawing.scribe import Scribe, unknown_pose
from conversations.drawing.terms import Script
from conversations.live.pose import PARTS

FOLDER = Path(__file__).parents[1] / "static" / "conversations" / "face" / "people"
SIZE = 720  # of the images' side, in pixels
_QUALITY = 92


def pack(who: Appearance, size: int = SIZE) -> dict[str, Any]:
    """What `face/drawing.js` needs beside the images, as JSON has it. Lengths are in the drawing's units."""
    layers = layers_of(who, size)
    scale = size / 1000
    grid = grid_of(layers, scale)
    script = Script()
    scribe = Scribe(script)
    pose = unknown_pose(script)
    written = [scribe.write(feature) for feature in features(who)]
    motions = Puppet(who, grid).motions(pose)
    return {
        "name": who.name,
        "size": size,
        "parts": PARTS,
        "grid": _grid(grid),
        "motions": [[script.number(amount), _packed(across), _packed(down)] for amount, across, down in motions],
        "features": [[*each.anchor, each.reach, each.steps] for each in written],
        "ops": scribe.ops,
        "shapes": scribe.shapes,
        "lines": script.lines,
        "breath": BREATH,
        "head": _place(layers.head, scale),
        "clothes": _place(layers.clothes, scale),
    }


def images(who: Appearance, size: int = SIZE) -> dict[str, bytes]:
    """WebP files by name."""
    layers = layers_of(who, size)
    parts = {"room": layers.room, "head": layers.head.pixels, "clothes": layers.clothes.pixels}
    return {name: _webp(pixels) for name, pixels in parts.items()}


def write(who: Appearance, folder: Path) -> None:
    place = folder / who.name
    place.mkdir(parents=True, exist_ok=True)
    (place / "pack.json").write_text(json.dumps(pack(who), separators=(",", ":")) + "\n")
    for name, image in images(who).items():
        (place / f"{name}.webp").write_bytes(image)


def colours(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Y'CbCr with alpha, premultiplied, as R'G'B' with alpha, not premultiplied."""
    alpha = pixels[..., 3:].astype(np.float32) / 255
    share = np.maximum(alpha, 1 / 255)
    luma, cb, cr = (pixels[..., channel].astype(np.float32) / share[..., 0] for channel in range(3))
    bright = 1.164383 * (luma - 16)
    mixed = [
        bright + 1.596027 * (cr - 128),
        bright - 0.391762 * (cb - 128) - 0.812968 * (cr - 128),
        bright + 2.017232 * (cb - 128),
        255 * alpha[..., 0],
    ]
    return np.asarray(np.clip(np.round(np.stack(mixed, axis=-1)), 0, 255), np.uint8)


def _webp(pixels: Pixels) -> bytes:
    rgba = colours(pixels)
    done, encoded = cv2.imencode(".webp", rgba[..., [2, 1, 0, 3]], [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    if not done:
        raise RuntimeError("OpenCV could not write WebP")
    return encoded.tobytes()


def _grid(grid: Grid) -> dict[str, float]:
    edges = {"left": grid.left, "top": grid.top, "right": grid.right, "bottom": grid.bottom}
    return {**edges, "columns": grid.columns, "rows": grid.rows}


def _place(layer: Layer, scale: float) -> list[float]:
    """Left, top, right, bottom."""
    return [edge / scale for edge in (layer.left, layer.top, layer.right, layer.bottom)]


def _packed(field: Field | None) -> list[Any] | None:
    """The value of one step, and the steps as 16-bit numbers, little-endian, in base64."""
    if field is None:
        return None
    step = float(np.abs(field).max()) / 32767
    steps = np.round(field / step).astype("<i2")
    return [step, base64.b64encode(steps.tobytes()).decode()]
