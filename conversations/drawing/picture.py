"""A picture kept as Y'CbCr pixels and as the planes a video frame is made of."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import skia

cv2.setNumThreads(1)  # one call keeps to one core, and waits for no other

Pixels = npt.NDArray[np.uint8]  # (height, width, 4): Y', Cb, Cr, alpha, premultiplied
Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Region:
    """A rectangle of pixels, even at every edge so that chroma fits."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, left: float, top: float, right: float, bottom: float, size: int) -> "Region":
        """The smallest one inside the picture that holds these edges."""
        return cls(
            max(0, int(left) & ~1),
            max(0, int(top) & ~1),
            min(size, (int(right) + 2) & ~1),
            min(size, (int(bottom) + 2) & ~1),
        )

    def joined(self, other: "Region") -> "Region":
        """The smallest one that holds both."""
        return Region(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def meets(self, other: "Region") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    @property
    def window(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


class Picture:
    """A square picture. `luma` is (size, size); `cb` and `cr` are half of that each way."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self.size = int(pixels.shape[0])
        half = self.size // 2
        self.canvas = canvas_over(pixels)
        self.luma: Plane = np.empty((self.size, self.size), np.uint8)
        self.cb: Plane = np.empty((half, half), np.uint8)
        self.cr: Plane = np.empty((half, half), np.uint8)
        self.publish(Region(0, 0, self.size, self.size))

    def publish(self, region: Region) -> None:
        """Brings the planes up to date: luma as it is, chroma averaged over two by two pixels."""
        pixels = self.pixels[region.window]
        cv2.extractChannel(pixels, 0, self.luma[region.window])
        height, width = pixels.shape[:2]
        half = cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        rows, columns = (slice(edge.start // 2, edge.stop // 2) for edge in region.window)
        cv2.extractChannel(half, 1, self.cb[rows, columns])
        cv2.extractChannel(half, 2, self.cr[rows, columns])

    def rgb(self) -> npt.NDArray[np.uint8]:
        """As R'G'B', (size, size, 3), for sheets. Video never passes here."""
        luma = 1.164383 * (self.pixels[..., 0].astype(np.float32) - 16)
        cb, cr = (self.pixels[..., channel].astype(np.float32) - 128 for channel in (1, 2))
        mixed = np.stack([luma + 1.596027 * cr, luma - 0.391762 * cb - 0.812968 * cr, luma + 2.017232 * cb], axis=-1)
        return np.asarray(np.clip(np.round(mixed), 0, 255), np.uint8)


def canvas_over(pixels: Pixels) -> Any:
    """A canvas that paints into an array."""
    height, width = pixels.shape[:2]
    info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
    return skia.Canvas.MakeRasterDirect(info, pixels, width * 4)


def image_of(pixels: Pixels) -> Any:
    """An image that shows an array, without a copy."""
    return skia.Image.fromarray(pixels, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType, copy=False)
