"""The head without its features: ears, the planes of the face, the nose. Painted once per appearance."""

from typing import Any

from conversations.drawing.appearance import Appearance
from conversations.drawing.brush import Brush, mix
from conversations.drawing.curves import closed, mirrored, oval, points


def face_outline(who: Appearance, spread: float = 0.0) -> Any:
    """The contour of the face, `spread` units wider."""
    return closed(mirrored([(x + spread if x else 0, y + (spread if y > 500 else 0)) for x, y in who.skull.outline]))


def paint_ears(brush: Brush, who: Appearance) -> None:
    skin = who.skin
    side = max(across for across, _ in who.skull.outline)
    for left in (True, False):
        shape = [
            (side - 12, 418),
            (side + 6, 404),
            (side + 21, 414),
            (side + 22, 444),
            (side + 13, 478),
            (side + 2, 500),
            (side - 10, 498),
        ]
        outline = [(500 - x, y) for x, y in shape] if left else [(500 + x, y) for x, y in shape]
        ear = closed(outline)
        tone = mix(skin.base, skin.light, 0.25) if left else mix(skin.base, skin.shade, 0.55)
        brush.fill(ear, tone)
        with brush.inside(ear):
            inner = [(side - 4, 428), (side + 8, 420), (side + 13, 436), (side + 6, 462), (side - 2, 474)]
            curl = [(500 - x, y) for x, y in inner] if left else [(500 + x, y) for x, y in inner]
            brush.fill(closed(curl), skin.deep, 0.45, blur=4)
            brush.fill(oval((500 + (side if not left else -side), 490), 9, 10), skin.blush, 0.35, blur=4)


def paint_face(brush: Brush, who: Appearance) -> None:
    """The face from hairline to chin, lit from a window at the upper left."""
    skin = who.skin
    face = face_outline(who)
    brush.wash(
        face,
        (350, 260),
        (665, 560),
        [
            (0.0, mix(skin.base, skin.light, 0.75), 1),
            (0.42, skin.base, 1),
            (0.78, mix(skin.base, skin.shade, 0.45), 1),
            (1.0, mix(skin.base, skin.shade, 0.85), 1),
        ],
    )
    with brush.inside(face):
        _planes(brush, who)
        _sockets(brush, who)
        _lower_face(brush, who)
        _age(brush, who)


def _planes(brush: Brush, who: Appearance) -> None:
    skin, chin = who.skin, who.skull.chin
    # the side that turns from the window
    side = points("628,220 700,300 700,600 560,690 590,610 606,540 604,470 618,400 612,320")
    brush.fill(closed(side), skin.shade, 0.62, blur=20)
    brush.fill(closed(points("655,330 690,420 660,560 600,640 632,540 642,430")), skin.deep, 0.28, blur=16)
    # forehead, cheekbones, chin
    brush.fill(oval((455, 300), 78, 46, -12), skin.light, 0.75, blur=26)
    brush.fill(oval((408, 478), 38, 22, -28), skin.light, 0.7, blur=16)
    brush.fill(oval((588, 476), 24, 16, 28), skin.light, 0.28, blur=13)
    brush.fill(oval((490, chin - 32), 30, 16), skin.light, 0.5, blur=11)
    # warmth under the cheekbones
    brush.fill(oval((404, 508), 42, 26, -18), skin.blush, 0.38, blur=20)
    brush.fill(oval((597, 508), 38, 26, 18), skin.blush, 0.34, blur=20)
    # the hollows below, and temples
    brush.fill(closed(points("352,520 382,560 420,610 390,620 350,570")), skin.shade, 0.34, blur=14)
    brush.fill(closed(points("648,520 612,560 580,612 612,622 660,570")), skin.deep, 0.2, blur=14)
    brush.fill(oval((362, 370), 16, 46), skin.shade, 0.3, blur=13)
    # under the jaw
    edge = [(370, 590), (420, 640), (500, chin + 2), (580, 640), (632, 590), (640, 680), (500, 720), (360, 680)]
    brush.fill(closed(edge), skin.shade, 0.5, blur=11)
    # the fringe's shadow
    brow = mirrored(points("0,240 64,254 108,292 136,360 190,340 190,160 0,150"))
    brush.fill(closed(brow), skin.deep, 0.36, blur=15)


def _sockets(brush: Brush, who: Appearance) -> None:
    skin, eyes = who.skin, who.eyes
    for way in (-1, 1):
        x = 500 + way * eyes.apart
        dim = 1.0 if way > 0 else 0.8
        brush.fill(oval((x, eyes.height - 10), 46, 24, way * -5), skin.shade, 0.42 * dim, blur=11)
        brush.fill(oval((x - way * 30, eyes.height - 8), 14, 20), skin.deep, 0.3 * dim, blur=9)
        brush.fill(oval((x + way * 2, eyes.height - 27), 34, 7, way * 4), skin.light, 0.3 / dim * 0.8, blur=6)
        brush.fill(oval((x - way * 3, eyes.height + 21), 30, 7, way * -6), skin.shade, 0.36, blur=6)
        brush.fill(oval((x + way * 4, eyes.height + 36), 30, 9, way * -10), skin.light, 0.3, blur=8)


def _lower_face(brush: Brush, who: Appearance) -> None:
    skin, lips = who.skin, who.lips
    for way in (-1, 1):
        fold = [(500 + way * 36, 520), (500 + way * 54, 542), (500 + way * 62, 566)]
        brush.stroke(fold, 10, skin.shade, 0.24, blur=7)
        brush.fill(oval((500 + way * (lips.width + 8), lips.height - 3), 8, 8), skin.shade, 0.34, blur=5)
    brush.fill(oval((500, lips.height - 24), 8, 13), skin.shade, 0.28, blur=5)
    brush.fill(oval((489, lips.height - 22), 5, 12), skin.light, 0.35, blur=4)
    brush.fill(oval((500, lips.height + 31), 32, 8), skin.shade, 0.6, blur=7)


def _age(brush: Brush, who: Appearance) -> None:
    """Lines where years of listening put them."""
    skin, depth = who.skin, who.age
    for way in (-1, 1):
        fold = [(500 + way * 38, 516), (500 + way * 56, 536), (500 + way * 65, 556)]
        brush.stroke(fold, 5, skin.deep, 0.42 * depth, blur=3.2)
        x = 500 + way * (who.eyes.apart + who.eyes.width + 9)
        for rise in (-9, 0, 9):
            line = [(x, who.eyes.height + rise * 0.4), (x + way * 14, who.eyes.height + rise * 1.2)]
            brush.stroke(line, 1.8, skin.deep, 0.45 * depth, blur=1.0)
        bag = [
            (500 + way * (who.eyes.apart - 24), who.eyes.height + 17),
            (500 + way * who.eyes.apart, who.eyes.height + 25),
            (500 + way * (who.eyes.apart + 24), who.eyes.height + 18),
        ]
        brush.stroke(bag, 2.6, skin.deep, 0.42 * depth, blur=1.6)
    for height, breadth in ((322, 56), (344, 62)):
        line = [(500 - breadth, height + 3), (500, height), (500 + breadth, height + 4)]
        brush.stroke(line, 2.0, skin.deep, 0.28 * depth, blur=1.4)


def paint_nose(brush: Brush, who: Appearance) -> None:
    """Its own layer: it stands nearer, so it moves more when the head turns."""
    skin, nose, eyes = who.skin, who.nose, who.eyes
    tip, wing, bridge = nose.tip, nose.width, nose.bridge
    top = eyes.height - 26
    # the side away from the window
    plane = [
        (500 + bridge * 0.6, top),
        (500 + bridge + 7, top + 22),
        (500 + bridge + 3, tip - 58),
        (500 + wing * 0.75, tip - 22),
        (500 + wing, tip + 3),
        (500 + 10, tip + 8),
        (500 + 8, tip - 40),
        (500 + 5, top + 40),
    ]
    brush.fill(closed(plane), skin.shade, 0.62, blur=6.5)
    brush.fill(oval((500 - bridge - 7, top + 34), 6, 26, 5), skin.shade, 0.34, blur=6)
    # ridge and tip catch the light
    brush.fill(
        closed([(494, top + 8), (501, top + 30), (502, tip - 34), (492, tip - 30), (489, top + 30)]),
        skin.light,
        0.75,
        blur=5,
    )
    brush.fill(oval((495, tip - 11), nose.tip_width * 0.66, 11), skin.light, 0.8, blur=6)
    # wings
    for way in (-1, 1):
        rim = [
            (500 + way * (wing - 6), tip - 14),
            (500 + way * (wing + 1), tip - 2),
            (500 + way * (wing - 5), tip + 10),
        ]
        brush.stroke(rim, 5.5, skin.deep, 0.34 if way > 0 else 0.22, blur=3)
        hollow = [(500 + way * (wing - 8), tip + 8.5), (500 + way * (wing - 14), tip + 5), (500 + way * 8, tip + 9.5)]
        brush.stroke(hollow, 5.6, mix(skin.deep, skin.line, 0.35), 0.72, blur=1.7, head=0.1, tail=0.1)
    under = [(500 - wing + 4, tip + 11), (500, tip + 17), (500 + wing - 4, tip + 11), (500, tip + 27)]
    brush.fill(closed(under), skin.shade, 0.55, blur=5)
    brush.stroke([(500 - 12, tip + 10), (500, tip + 14.5), (500 + 12, tip + 10)], 3, skin.deep, 0.4, blur=1.6)
