"""Pictures of one face for a fake camera: as it is, looking to either side, eyes closed, mouth open, tilted, and gone.

The portrait is NASA's of Eileen Collins (S93-31571, in the public domain), as scikit-image distributes it; what it does
not show is made from it by moving its own pixels, so each is a face that a detector should read as what it is called.
"""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]

PORTRAIT = Path(__file__).parent / "data" / "face.jpg"
FRAMES = 40  # of one picture: 1.3 s at Chromium's 30 a second
CHIN_Y = 297
LASHES, MOUTH = (40, 45, 60), (30, 25, 60)

# fmt: off
EYES = (
    np.array([(258, 168), (259, 166), (261, 165), (265, 164), (271, 163), (277, 164), (283, 166), (287, 170),
              (289, 173), (287, 173), (283, 173), (277, 174), (271, 174), (266, 173), (262, 171), (260, 170)], float),
    np.array([(360, 174), (358, 172), (357, 170), (353, 168), (347, 167), (341, 167), (335, 169), (330, 172),
              (327, 174), (329, 175), (333, 175), (338, 177), (344, 178), (350, 178), (354, 177), (357, 176)], float),
)
LOWER_LIP = np.array([(273, 233), (278, 239), (282, 243), (288, 246), (296, 249), (305, 251), (314, 250), (322, 248),
                      (329, 244), (333, 241), (339, 236)], float)
# fmt: on


def faces() -> Mapping[str, Picture]:
    portrait = cv2.imread(str(PORTRAIT))
    assert portrait is not None
    usual = np.asarray(portrait, np.uint8)
    return {
        "usual": usual,
        "left": looking(usual, -9),
        "right": looking(usual, 9),
        "closed": eyes_closed(usual),
        "open": mouth_open(usual),
        "tilted": tilted(usual),
        "gone": np.full_like(usual, 120),
    }


def film(path: Path, *names: str) -> Path:
    """A Motion JPEG file that shows these faces one after the other; Chromium plays it again and again."""
    made = faces()
    encoded = [cv2.imencode(".jpg", made[name])[1].tobytes() * FRAMES for name in names]
    path.write_bytes(b"".join(encoded))
    return path


def looking(picture: Picture, shift: float) -> Picture:
    """The irises moved sideways by `shift` pixels, within the lids."""
    for eye in EYES:
        xs, ys = _grid(picture)
        (left, top), (right, bottom) = eye.min(axis=0), eye.max(axis=0)
        across = (xs - eye[:, 0].mean()) / ((right - left) / 2)
        down = (ys - eye[:, 1].mean()) / ((bottom - top) / 2)
        within = np.clip(1 - across**2, 0, 1) * np.clip(1.6 - down**2, 0, 1)
        picture = _moved(picture, xs - shift * within, ys)
    return picture


def tilted(picture: Picture, degrees: float = 16.0) -> Picture:
    """All of it turned clockwise, as somebody who leans to their left is seen."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    return np.asarray(cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def eyes_closed(picture: Picture) -> Picture:
    """The skin above the eyes drawn down to the lower lids."""
    for eye in EYES:
        xs, ys = _grid(picture)
        left, right = eye[:, 0].min() - 4, eye[:, 0].max() + 4
        top, lid, low = eye[:, 1].min() - 14, eye[:, 1].min() - 3, eye[:, 1].max() + 1
        inside = (xs > left) & (xs < right) & (ys > top) & (ys < low)
        softly = np.clip(np.minimum(xs - left, right - xs) / 6, 0, 1)
        stretched = top + (ys - top) * (lid - top) / (low - top)
        picture = _moved(picture, xs, np.where(inside, ys + (stretched - ys) * softly, ys))
        lower_lid = np.round(np.concatenate([eye[8:], eye[:1]])).astype(np.int32)
        cv2.polylines(picture, [lower_lid], False, LASHES, 2, cv2.LINE_AA)
    return picture


def mouth_open(picture: Picture, drop: float = 34.0) -> Picture:
    """Lower lip and chin moved down, and the dark of a mouth between."""
    xs, ys = _grid(picture)
    middle, half = LOWER_LIP[[0, -1], 0].mean(), np.ptp(LOWER_LIP[:, 0]) / 2

    def gap(x: Points) -> Points:
        return np.asarray(drop * np.sqrt(np.clip(1 - ((x - middle) / (half * 1.05)) ** 2, 0, 1)))

    line = np.interp(xs, LOWER_LIP[:, 0], LOWER_LIP[:, 1])
    cheeks = drop * np.exp(-(((xs - middle) / (half * 1.6)) ** 4)) * np.clip((ys - line) / 60, 0, 1)
    down = (ys > line) * np.maximum(gap(xs), cheeks) * np.clip((CHIN_Y + 70 - ys) / 70, 0, 1)
    lip = LOWER_LIP + np.stack([np.zeros(len(LOWER_LIP)), gap(LOWER_LIP[:, 0])], axis=1)
    inside = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round(np.concatenate([LOWER_LIP, lip[::-1]])).astype(np.int32)], [255], cv2.LINE_AA)
    share = cv2.GaussianBlur(inside, (5, 5), 0)[..., None] / 255
    return np.asarray(_moved(picture, xs, ys - down) * (1 - share) + np.array(MOUTH) * share, np.uint8)


def _grid(picture: Picture) -> tuple[Points, Points]:
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]].astype(float)
    return columns, rows


def _moved(picture: Picture, from_x: Points, from_y: Points) -> Picture:
    return np.asarray(
        cv2.remap(picture, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_LINEAR), np.uint8
    )
