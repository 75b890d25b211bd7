"""The people who can be chosen. Adults of different age, skin and presentation, none of them anyone."""

from conversations.drawing.appearance import (
    Appearance,
    Brows,
    Clothes,
    Eyes,
    Garment,
    Hair,
    HairStyle,
    Lips,
    Nose,
    Room,
    Skin,
    Skull,
)
from conversations.drawing.curves import Point, points


def _outline(written: str) -> tuple[Point, ...]:
    return tuple(points(written))


INES = Appearance(
    name="ines",
    skin=Skin(
        base="#dba583",
        light="#f0c6a4",
        shade="#b97c5f",
        deep="#8a5140",
        blush="#cf7c66",
        lip="#b9655a",
        lip_light="#d38878",
        lip_dark="#8f473f",
    ),
    skull=Skull(
        outline=_outline(
            "0,200 62,210 104,242 128,290 137,350 139,410 137,462 130,512 116,556 93,598 63,632 31,650 0,655"
        ),
        neck=66,
    ),
    eyes=Eyes(iris="#4a2f1d", iris_light="#8a5f39"),
    brows=Brows(colour="#3d2a22"),
    nose=Nose(width=29, tip_width=16),
    hair=Hair(HairStyle.WAVES, base="#4a3026", light="#9a6b4c", dark="#241713"),
    clothes=Clothes(Garment.CARDIGAN, outer="#2f6f6c", outer_light="#4f918b", outer_dark="#1d4b4b"),
    age=0.3,
)

OMAR = Appearance(
    name="omar",
    skin=Skin(
        base="#b98058",
        light="#d8a478",
        shade="#8f5a3c",
        deep="#64392a",
        blush="#a9604a",
        lip="#9c5a4c",
        lip_light="#b97868",
        lip_dark="#733c34",
        line="#2b1a15",
    ),
    skull=Skull(
        outline=_outline(
            "0,196 64,206 110,240 135,290 144,350 146,410 145,462 140,512 129,556 110,600 80,638 42,658 0,663"
        ),
        neck=84,
        ear=1.05,
    ),
    eyes=Eyes(iris="#36220f", iris_light="#6d4726", upper=15, lower=9, width=36, tilt=1.0, lashes=0.75, fold=8),
    brows=Brows(colour="#2a1f1a", thickness=14, height=386, arch=6, length=80, alpha=0.9),
    nose=Nose(tip=522, width=36, bridge=15, tip_width=19),
    lips=Lips(height=576, width=52, upper=10, lower=15, bow=3),
    hair=Hair(
        HairStyle.CROPPED, base="#2c2420", light="#5c5048", dark="#15100e", beard=0.9, beard_colour="#2b2320", grey=0.16
    ),
    clothes=Clothes(
        Garment.COLLAR,
        outer="#3a4f66",
        outer_light="#5f7790",
        outer_dark="#233345",
        inner="#f1ece2",
        inner_dark="#c7bda9",
    ),
    room=Room(wall_light="#eae6dc", wall="#d3cfc0", wall_dark="#a7a694", leaf="#7f927c"),
    age=0.55,
    shoulders=1.12,
)

GRACE = Appearance(
    name="grace",
    skin=Skin(
        base="#80523a",
        light="#b47f5b",
        shade="#573323",
        deep="#371e16",
        blush="#84432f",
        lip="#7c403a",
        lip_light="#a9655a",
        lip_dark="#522722",
        line="#1f120e",
    ),
    skull=Skull(
        outline=_outline(
            "0,196 64,206 110,240 136,290 145,350 147,410 145,462 138,512 125,556 103,598 72,632 36,650 0,655"
        ),
        neck=70,
    ),
    eyes=Eyes(
        iris="#2a1710",
        iris_light="#5c3822",
        upper=14,
        lower=8.5,
        width=34,
        tilt=2.0,
        lashes=0.9,
        fold=9,
        white="#efe6da",
    ),
    brows=Brows(colour="#3b322e", thickness=10, height=389, arch=7, alpha=0.7),
    nose=Nose(tip=520, width=39, bridge=16, tip_width=22),
    lips=Lips(height=575, width=54, upper=16, lower=21, bow=4),
    hair=Hair(HairStyle.COILS, base="#4a443f", light="#b9b2a8", dark="#221e1c", grey=0.62),
    clothes=Clothes(Garment.KNIT, outer="#8c4b3f", outer_light="#b06f5d", outer_dark="#5f2e29"),
    room=Room(wall_light="#efe7d6", wall="#dccdb2", wall_dark="#b5a283", leaf="#8f9873"),
    age=0.7,
    glasses="#4a3b34",
)

PEOPLE = {each.name: each for each in (INES, OMAR, GRACE)}
