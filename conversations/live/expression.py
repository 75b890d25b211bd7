"""What the assistant's face does when: a table of situations, and the small movements that make it alive.

Pure. Rates are those measured on people:
blinks: 17 a minute at rest, 26 in conversation, 4.5 reading (Bentivoglio et al., 1997, Mov. Disord. 12);
shut and open again in 0.1 to 0.4 s (VanderWerf et al., 2003, J. Neurophysiol. 89);
gaze: listeners look at the speaker about 75 % of the time, speakers 40 % (Argyle and Cook, 1976); we look more,
because the patient is alone with us;
nods: 0.4 to 1.0 s, small, where a phrase ends (Hadar, Steiner and Rose, 1985, J. Nonverbal Behav. 9);
breath: 12 to 20 a minute.
"""

from dataclasses import dataclass, fields
from enum import StrEnum

from conversations.live.events import Floor


class Situation(StrEnum):
    LISTENING = "listening"
    WORRIED_LISTENING = "worried_listening"
    THINKING = "thinking"
    WORRIED_THINKING = "worried_thinking"
    SPEAKING = "speaking"
    SERIOUS_SPEAKING = "serious_speaking"


@dataclass(frozen=True)
class Behaviour:
    """Where the face comes to rest in a situation (see `Pose` for the scales), and how often it moves."""

    smile: float = 0.0
    brow_inner: float = 0.0
    brow_outer: float = 0.0
    brow_knit: float = 0.0
    squint: float = 0.0
    lean: float = 0.0
    pitch: float = 0.0
    roll_deg: float = 0.0
    away: float = 0.0  # how far the gaze is held to the side
    blinks_per_min: float = 17.0
    glances_per_min: float = 4.0
    emphasis: float = 0.0  # how much stressed syllables move brows and head
    sway: float = 1.0


BEHAVIOURS: dict[Situation, Behaviour] = {
    Situation.LISTENING: Behaviour(
        smile=0.45, brow_inner=0.1, brow_outer=0.1, squint=0.3, lean=0.3, roll_deg=1.2, blinks_per_min=17
    ),
    Situation.WORRIED_LISTENING: Behaviour(
        smile=-0.06,
        brow_inner=0.62,
        brow_knit=0.28,
        lean=0.75,
        pitch=0.08,
        roll_deg=2.2,
        blinks_per_min=14,
        glances_per_min=1.5,
        sway=0.6,
    ),
    Situation.THINKING: Behaviour(
        smile=0.15, brow_outer=0.1, brow_knit=0.12, roll_deg=-1.0, away=0.62, blinks_per_min=13, glances_per_min=0
    ),
    Situation.WORRIED_THINKING: Behaviour(
        smile=-0.04, brow_inner=0.4, brow_knit=0.35, lean=0.4, away=0.3, blinks_per_min=13, glances_per_min=0, sway=0.6
    ),
    Situation.SPEAKING: Behaviour(
        smile=0.4,
        brow_inner=0.06,
        brow_outer=0.12,
        squint=0.25,
        lean=0.15,
        blinks_per_min=24,
        glances_per_min=6,
        emphasis=1.0,
    ),
    Situation.SERIOUS_SPEAKING: Behaviour(
        smile=0.0,
        brow_inner=0.42,
        brow_knit=0.15,
        lean=0.5,
        blinks_per_min=18,
        glances_per_min=1,
        emphasis=0.6,
        sway=0.6,
    ),
}

_CALM_AND_WORRIED = {
    Floor.LISTENING: (Situation.LISTENING, Situation.WORRIED_LISTENING),
    Floor.THINKING: (Situation.THINKING, Situation.WORRIED_THINKING),
    Floor.SPEAKING: (Situation.SPEAKING, Situation.SERIOUS_SPEAKING),
}


def behaviour(floor: Floor, concern: float) -> Behaviour:
    """The row for who has the floor, between its calm and its worried form.

    A smile is the first thing to go: it has faded before worry is half shown, whatever else is said.
    """
    calm, worried = (BEHAVIOURS[situation] for situation in _CALM_AND_WORRIED[floor])
    share = min(1.0, max(0.0, concern))
    blended = {
        each.name: getattr(calm, each.name) + (getattr(worried, each.name) - getattr(calm, each.name)) * share
        for each in fields(Behaviour)
    }
    blended["smile"] = calm.smile * max(0.0, 1 - 2.5 * share) + worried.smile * share
    return Behaviour(**blended)


# How quickly each part settles, in 1/s: brows are quick, a posture is slow.
STIFFNESS = {
    "smile": 6.0,
    "brow_inner": 9.0,
    "brow_outer": 9.0,
    "brow_knit": 9.0,
    "squint": 8.0,
    "lean": 3.0,
    "pitch": 5.0,
    "roll_deg": 3.5,
    "away": 22.0,
    "emphasis": 8.0,
    "sway": 3.0,
}
