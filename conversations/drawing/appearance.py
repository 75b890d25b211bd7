"""What someone looks like: colours and proportions, from which everything is drawn.

Lengths are in the drawing's units (the picture is 1000 wide); heights count downwards.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from conversations.drawing.curves import Point


@dataclass(frozen=True)
class Skin:
    base: str
    light: str  # planes that face the window
    shade: str  # planes that turn away
    deep: str  # folds, nostrils, under the chin
    blush: str
    lip: str
    lip_light: str
    lip_dark: str
    line: str = "#3a2420"  # lashes, the line between the lips


@dataclass(frozen=True)
class Skull:
    """The outline of the face: half-widths from the crown down, and the ear's and neck's place."""

    outline: tuple[Point, ...]
    neck: float = 70.0  # half-width
    ear: float = 1.0  # size

    @property
    def chin(self) -> float:
        return self.outline[-1][1]


@dataclass(frozen=True)
class Eyes:
    iris: str
    iris_light: str
    apart: float = 64.0  # from the middle of the face to the middle of an eye
    height: float = 430.0
    width: float = 36.5  # half
    upper: float = 16.0  # lid above the line through the corners
    lower: float = 9.5
    tilt: float = 2.5  # outer corner higher by this
    fold: float = 9.0  # crease above the lid; 0 for none
    lashes: float = 1.0
    white: str = "#f3ece4"


@dataclass(frozen=True)
class Brows:
    colour: str
    height: float = 388.0
    thickness: float = 11.0
    arch: float = 7.0
    length: float = 78.0
    alpha: float = 0.9


@dataclass(frozen=True)
class Nose:
    tip: float = 518.0  # height of its tip
    width: float = 36.5  # half, at the wings
    bridge: float = 13.0  # half
    tip_width: float = 17.0


@dataclass(frozen=True)
class Lips:
    height: float = 570.0
    width: float = 52.0  # half
    upper: float = 13.0
    lower: float = 18.0
    bow: float = 4.0


class HairStyle(StrEnum):
    WAVES = "waves"
    CROPPED = "cropped"
    COILS = "coils"
    BOB = "bob"


@dataclass(frozen=True)
class Hair:
    style: HairStyle
    base: str
    light: str
    dark: str
    beard: float = 0.0  # how full
    beard_colour: str = "#000000"
    grey: float = 0.0  # share of silver strands


class Garment(StrEnum):
    CARDIGAN = "cardigan"
    COLLAR = "collar"
    KNIT = "knit"
    TUNIC = "tunic"


@dataclass(frozen=True)
class Clothes:
    garment: Garment
    outer: str
    outer_light: str
    outer_dark: str
    inner: str = "#efe7da"
    inner_dark: str = "#cdbfa9"


@dataclass(frozen=True)
class Room:
    wall_light: str = "#efe6d8"
    wall: str = "#dccfba"
    wall_dark: str = "#b7a88f"
    leaf: str = "#8c9a82"


@dataclass(frozen=True)
class Appearance:
    name: str
    skin: Skin
    skull: Skull
    eyes: Eyes
    brows: Brows
    hair: Hair
    clothes: Clothes
    nose: Nose = field(default_factory=Nose)
    lips: Lips = field(default_factory=Lips)
    room: Room = field(default_factory=Room)
    age: float = 0.3  # 0 to 1: how deep the lines are
    glasses: str = ""  # frame colour, none if empty
    shoulders: float = 1.0  # breadth
