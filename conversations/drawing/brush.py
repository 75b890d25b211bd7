"""A brush that paints in luma and chroma.

Blending and gradients are affine in colour, and so is the step from R'G'B' to Y'CbCr
(ITU-R BT.601), so painting with Y', Cb, Cr in place of R, G, B gives the same picture, and a
frame needs no conversion: its planes are the channels. Only blend modes other than
"source over" would break this; none is used.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import skia

from conversations.drawing.curves import Curve, Point, Points, ribbon, tapered
from conversations.drawing.outline import Outline

Stop = tuple[float, str, float]  # place 0 to 1, colour, alpha


def ink(colour: str, alpha: float = 1.0) -> int:
    """A hex colour as the word Skia calls ARGB: alpha, Y', Cb, Cr, studio range."""
    return round(255 * alpha) << 24 | _luma_and_chroma(colour)


@lru_cache(maxsize=1024)
def _luma_and_chroma(colour: str) -> int:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    luma = 16 + 65.481 * red + 128.553 * green + 24.966 * blue
    cb = 128 - 37.797 * red - 74.203 * green + 112.0 * blue
    cr = 128 + 112.0 * red - 93.786 * green - 18.214 * blue
    return round(luma) << 16 | round(cb) << 8 | round(cr)


@lru_cache(maxsize=1024)
def mix(one: str, other: str, share: float) -> str:
    """A colour between two, `share` of the way to the other."""
    pairs = ((int(one[place : place + 2], 16), int(other[place : place + 2], 16)) for place in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


class Brush:
    def __init__(self, canvas: Any) -> None:
        self.canvas = canvas

    def fill(self, shape: Any, colour: str, alpha: float = 1.0, blur: float = 0.0) -> None:
        self.canvas.drawPath(path_of(shape), _paint(ink(colour, alpha), blur))

    def wash(self, shape: Any, start: Point, end: Point, stops: Sequence[Stop], blur: float = 0.0) -> None:
        """Fills with a linear gradient."""
        colours, places = _ramp(stops)
        shader = skia.GradientShader.MakeLinear([skia.Point(*start), skia.Point(*end)], colours, places)
        self.canvas.drawPath(path_of(shape), _paint(0xFF000000, blur, shader))

    def glow(self, shape: Any, centre: Point, radius: float, stops: Sequence[Stop], blur: float = 0.0) -> None:
        """Fills with a radial gradient."""
        colours, places = _ramp(stops)
        shader = skia.GradientShader.MakeRadial(skia.Point(*centre), radius, colours, places)
        self.canvas.drawPath(path_of(shape), _paint(0xFF000000, blur, shader))

    def stroke(
        self, points: Points, width: float, colour: str, alpha: float = 1.0, *, blur: float = 0.0, **ends: float
    ) -> None:
        """A tapered line."""
        self.fill(tapered(points, width, **ends), colour, alpha, blur)  # type: ignore[arg-type]

    def ribbon(self, curve: Curve, widths: Any, colour: str, alpha: float = 1.0) -> None:
        self.fill(ribbon(curve, widths), colour, alpha)

    def line(self, path: Any, colour: str, width: float, lift: float = 0.0) -> None:
        """An even line along a path, moved down by `lift`."""
        paint = _paint(ink(colour), 0.0)
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(width)
        self.canvas.save()
        self.canvas.translate(0, lift)
        self.canvas.drawPath(path_of(path), paint)
        self.canvas.restore()

    @contextmanager
    def inside(self, shape: Any) -> Iterator[None]:
        self.canvas.save()
        self.canvas.clipPath(path_of(shape), True)
        try:
            yield
        finally:
            self.canvas.restore()

    @contextmanager
    def veil(self, alpha: float) -> Iterator[None]:
        """Paints a group, then lays it down at this strength."""
        self.canvas.saveLayerAlpha(None, round(255 * alpha))
        try:
            yield
        finally:
            self.canvas.restore()


def path_of(shape: Any) -> Any:
    """Skia's path of an `Outline` or of itself."""
    return shape.path() if isinstance(shape, Outline) else shape


def _paint(word: int, blur: float, shader: Any = None) -> Any:
    paint = skia.Paint(Color=word, AntiAlias=True, Dither=True)
    if blur:
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
    if shader is not None:
        paint.setShader(shader)
    return paint


def _ramp(stops: Sequence[Stop]) -> tuple[list[int], list[float]]:
    return [ink(colour, alpha) for _, colour, alpha in stops], [place for place, _, _ in stops]
