"""The mouth, drawn anew for each pose: lips, teeth, tongue and what is dark between them."""

from dataclasses import dataclass

from conversations.drawing.appearance import Appearance
from conversations.drawing.brush import Brush, mix
from conversations.drawing.outline import Outline, oval
from conversations.drawing.terms import least, most
from conversations.live.pose import Pose

JAW_DROP = 30.0  # how far the chin falls when the mouth is wide open


@dataclass(frozen=True, slots=True)
class _Lines:
    """Heights and half-widths of one pose, around the middle of the mouth."""

    half: float
    corner: float  # height of the corners
    upper_edge: float  # the upper lip's lower edge, in the middle
    lower_edge: float  # the lower lip's upper edge, in the middle
    upper: float  # thickness of the upper lip
    lower: float
    bow: float
    gap: float


def _lines(who: Appearance, pose: Pose) -> _Lines:
    lips, mouth = who.lips, pose.mouth
    gap = mouth.open * (1 - mouth.lips_closed)
    drop = gap * (40 - 10 * mouth.round)
    half = lips.width * (1 + 0.12 * mouth.wide - 0.36 * mouth.round - 0.20 * gap + 0.13 * most(0.0, pose.smile))
    press = mouth.lips_closed
    plump = 1 + 0.30 * mouth.round - 0.16 * mouth.wide - 0.42 * press - 0.10 * most(0.0, pose.smile)
    return _Lines(
        half=half,
        corner=-11.0 * pose.smile - 2.5 + 0.36 * drop * (1 - 0.45 * mouth.wide),
        upper_edge=-3.2 * gap - 1.2 * mouth.wide * gap,
        lower_edge=drop * (1 - 0.75 * mouth.tuck) - 3.5 * mouth.tuck + 1.0 * most(0.0, pose.smile),
        upper=lips.upper * plump * (1 - 0.12 * gap),
        lower=lips.lower * plump * (1 - 0.1 * gap) * (1 - 0.38 * mouth.tuck),
        bow=lips.bow * (1 - 0.3 * mouth.wide),
        gap=gap,
    )


def paint_mouth(brush: Brush, who: Appearance, pose: Pose) -> None:
    line = _lines(who, pose)
    canvas = brush.canvas
    canvas.save()
    canvas.translate(500, who.lips.height)
    if line.lower_edge - line.upper_edge > 0.8:
        inside = _between(line)
        with brush.inside(inside):
            _paint_inside(brush, who, pose, line)
    _paint_lips(brush, who, line)
    if pose.mouth.tuck > 0.2:
        _paint_bite(brush, who, pose, line)
    canvas.restore()


def _between(line: _Lines) -> Outline:
    path = Outline()
    reach = line.half * 0.93
    path.move_to(-reach, line.corner)
    path.cubic_to(-reach * 0.6, line.upper_edge - 0.4, -reach * 0.3, line.upper_edge + 0.8, 0, line.upper_edge + 0.8)
    path.cubic_to(reach * 0.3, line.upper_edge + 0.8, reach * 0.6, line.upper_edge - 0.4, reach, line.corner)
    path.cubic_to(reach * 0.86, _belly(line, 0.86), reach * 0.48, line.lower_edge + 1, 0, line.lower_edge + 1)
    path.cubic_to(-reach * 0.48, line.lower_edge + 1, -reach * 0.86, _belly(line, 0.86), -reach, line.corner)
    path.close()
    return path


def _belly(line: _Lines, share: float) -> float:
    """How low the lower lip's edge hangs near the corners."""
    return line.corner + (line.lower_edge - line.corner) * share


def _paint_inside(brush: Brush, who: Appearance, pose: Pose, line: _Lines) -> None:
    skin, mouth = who.skin, pose.mouth
    room = Outline()
    room.rectangle(-80, -40, 80, 90)
    brush.fill(room, mix(skin.lip_dark, "#1c0d0c", 0.72))
    # tongue
    rise = line.lower_edge - 2 - 11 * mouth.tongue - 5 * line.gap
    brush.fill(oval((0, rise + 13), line.half * 0.58, 14), mix(skin.lip, "#7a2f2d", 0.45), 0.92)
    brush.fill(oval((-3, rise + 8), line.half * 0.3, 5), skin.lip_light, 0.25)
    # teeth: upper ones stay with the skull, lower ones go with the jaw
    ivory = mix("#ece2d4", skin.lip_dark, 0.06)
    shown = 2.5 + 7.0 * least(1.0, line.gap * 1.9 + 0.35 * mouth.teeth + 0.2 * mouth.wide)
    reach = line.half * (0.84 - 0.14 * mouth.round)
    upper = Outline()
    upper.move_to(-reach, line.upper_edge - 14)
    upper.line_to(reach, line.upper_edge - 14)
    upper.cubic_to(
        reach, line.upper_edge + shown * 0.5, reach * 0.5, line.upper_edge + shown, 0, line.upper_edge + shown
    )
    upper.cubic_to(
        -reach * 0.5, line.upper_edge + shown, -reach, line.upper_edge + shown * 0.5, -reach, line.upper_edge - 14
    )
    sides = mix(ivory, skin.lip_dark, 0.7)
    brush.wash(upper, (-reach, 0), (reach, 0), [(0.04, sides, 1), (0.34, ivory, 1), (0.6, ivory, 1), (0.96, sides, 1)])
    gum = Outline()
    gum.rectangle(-80, -40, 80, line.upper_edge + 2.6)
    brush.fill(gum, skin.lip_dark, 0.45)
    near = mouth.teeth * (1 - 0.5 * line.gap)
    if near > 0.3:
        top = line.lower_edge - 7.5 * near
        lower = Outline()
        lower.rectangle(-reach * 0.74, top, reach * 0.74, line.lower_edge + 14, (reach * 0.4, 4))
        brush.fill(lower, mix(ivory, skin.lip_dark, 0.32), least(1.0, near))
    # the upper lip's shadow
    shade = Outline()
    shade.rectangle(-80, -40, 80, line.upper_edge + 3.4)
    brush.fill(shade, "#2a1210", 0.30)


def _paint_lips(brush: Brush, who: Appearance, line: _Lines) -> None:
    _paint_upper_lip(brush, who, line)
    _paint_lower_lip(brush, who, line)
    _paint_seam(brush, who, line)


def _paint_upper_lip(brush: Brush, who: Appearance, line: _Lines) -> None:
    skin, half, corner, edge = who.skin, line.half, line.corner, line.upper_edge
    top, dip = edge - line.upper, edge - line.upper + line.bow
    peak = half * 0.23
    inner = half * 0.93
    upper = Outline()
    upper.move_to(-half, corner)
    upper.cubic_to(-half * 0.62, corner * 0.5 + top * 0.42, -peak * 2.0, top - 0.6, -peak, top)
    upper.cubic_to(-peak * 0.5, top + 0.3, -peak * 0.35, dip, 0, dip)
    upper.cubic_to(peak * 0.35, dip, peak * 0.5, top + 0.3, peak, top)
    upper.cubic_to(peak * 2.0, top - 0.6, half * 0.62, corner * 0.5 + top * 0.42, half, corner)
    upper.cubic_to(inner * 0.6, edge - 0.2, inner * 0.3, edge + 1.2, 0, edge + 1.2)
    upper.cubic_to(-inner * 0.3, edge + 1.2, -inner * 0.6, edge - 0.2, -half, corner)
    upper.close()
    tones = [(0, mix(skin.lip, skin.lip_light, 0.25), 0.9), (0.5, skin.lip, 0.95), (1, skin.lip_dark, 0.9)]
    brush.wash(upper, (-half, top), (half * 0.8, edge), tones, blur=0.9)


def _paint_lower_lip(brush: Brush, who: Appearance, line: _Lines) -> None:
    """The lip, and the light that lies on it."""
    skin, half, corner, edge = who.skin, line.half, line.corner, line.lower_edge
    inner = half * 0.93
    foot = edge + line.lower
    lower = Outline()
    lower.move_to(-half * 0.97, corner + 0.5)
    belly = _belly(line, 0.86)
    lower.cubic_to(-inner * 0.86, belly, -inner * 0.48, edge + 0.6, 0, edge + 0.6)
    lower.cubic_to(inner * 0.48, edge + 0.6, inner * 0.86, belly, half * 0.97, corner + 0.5)
    hang = corner + (foot - corner) * 0.78
    lower.cubic_to(half * 0.80, hang, half * 0.44, foot + 0.4, 0, foot + 0.4)
    lower.cubic_to(-half * 0.44, foot + 0.4, -half * 0.80, hang, -half * 0.97, corner + 0.5)
    lower.close()
    middle = mix(skin.lip, skin.lip_light, 0.35)
    tones = [(0, mix(skin.lip, skin.lip_light, 0.75), 0.92), (0.5, middle, 0.92), (1, skin.lip, 0.9)]
    brush.wash(lower, (-half * 0.5, edge), (half * 0.6, foot), tones, blur=0.9)
    shine = oval((-half * 0.14, edge + line.lower * 0.46), half * 0.30, line.lower * 0.22)
    brush.fill(shine, skin.lip_light, 0.75, blur=2.2)


def _paint_seam(brush: Brush, who: Appearance, line: _Lines) -> None:
    """The dark line where the lips meet, and the corners."""
    half, corner = line.half, line.corner
    closed = least(1.0, most(0.0, 1 - (line.lower_edge - line.upper_edge) / 3))
    if closed > 0:
        seam = Outline()
        middle = line.upper_edge + 0.6
        seam.move_to(-half * 0.99, corner)
        seam.cubic_to(-half * 0.6, middle - 0.4, -half * 0.3, middle + 0.7, 0, middle + 0.7)
        seam.cubic_to(half * 0.3, middle + 0.7, half * 0.6, middle - 0.4, half * 0.99, corner)
        seam.cubic_to(half * 0.6, middle + 1.7, half * 0.3, middle + 2.3, 0, middle + 2.3)
        seam.cubic_to(-half * 0.3, middle + 2.3, -half * 0.6, middle + 1.7, -half * 0.99, corner)
        brush.fill(seam, mix(who.skin.lip_dark, who.skin.line, 0.65), 0.85 * closed)
    for way in (-1, 1):
        brush.fill(oval((way * half * 0.99, corner - 0.4), 3.6, 1.7, way * -30), who.skin.deep, 0.55, blur=1.2)


def _paint_bite(brush: Brush, who: Appearance, pose: Pose, line: _Lines) -> None:
    """The upper teeth resting on the lower lip, for f and v."""
    reach, top = line.half * 0.56, line.upper_edge + 0.4
    teeth = Outline()
    teeth.move_to(-reach, top)
    teeth.quad_to(0, top + 1.4, reach, top)
    teeth.quad_to(reach * 0.7, top + 5.6, 0, top + 5.8)
    teeth.quad_to(-reach * 0.7, top + 5.6, -reach, top)
    brush.fill(teeth, mix("#ece2d4", who.skin.lip_dark, 0.12), 0.95 * least(1.0, pose.mouth.tuck), blur=0.5)
