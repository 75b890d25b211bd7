"""The people who can be chosen. Adults of different age, skin and presentation, none of them anyone."""

from conversations.drawing.appearance import (
    Appearance,
    Brows,
    Clothes,
    Eyes,
    Garment,
    Hair,
    HairStyle,
    Nose,
    Skin,
    Skull,
)

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
        outline=(
            (0, 200),
            (62, 210),
            (104, 242),
            (128, 290),
            (137, 350),
            (139, 410),
            (137, 462),
            (130, 512),
            (116, 556),
            (93, 598),
            (63, 632),
            (31, 650),
            (0, 655),
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

PEOPLE = {each.name: each for each in (INES,)}
