"""What the conversations' tables hold (compliance.data_map)."""

from compliance.data_map import YEAR, About, Kind, describe

TRANSCRIPT = 2 * YEAR
RECORD = 10 * YEAR

describe(
    "conversations.Session",
    About.PATIENT,
    "a follow-up call",
    fields={
        "host": Kind.TECHNICAL,
        "dialogue": Kind.WORDS,
        "settings": Kind.PREFERENCE,
    },
    keep_for=TRANSCRIPT,
    dated="made_at",
)
describe(
    "conversations.Utterance",
    About.PATIENT,
    "what was said in a call, as it was heard",
    fields={"source": Kind.CODE, "text": Kind.WORDS, "citation": Kind.HEALTH},
    why_kept="as long as its call",
)
describe(
    "conversations.Noticed",
    About.PATIENT,
    "what stood out in how the patient looked and sounded, for the care team to read",
    fields={"lines": Kind.HEALTH},
    why_kept="as long as its call, and only while the patient agrees to it",
)
describe(
    "conversations.MemoryFact",
    About.PATIENT,
    "what the patient wants remembered for the next call",
    fields={"kind": Kind.CODE, "topic": Kind.CODE, "text": Kind.HEALTH, "quote": Kind.WORDS},
    keep_for=TRANSCRIPT,
    dated="learned_at",
)
describe(
    "conversations.ObjectiveRecord",
    About.PATIENT,
    "what a call was to find out, and found out",
    fields={"name": Kind.CODE, "variables": Kind.HEALTH},
    keep_for=RECORD,
    dated="made_at",
)
describe(
    "conversations.ProtocolVersion",
    About.NOBODY,
    "what calls ask",
    fields={"name": Kind.CODE, "title": Kind.CODE, "content": Kind.CODE},
)
describe(
    "conversations.TurnTiming",
    About.PATIENT,
    "seeing that every group of patients is answered as quickly",
    fields={
        "turn": Kind.COUNT,
        "decided_ms": Kind.COUNT,
        "sentence_ms": Kind.COUNT,
        "sound_ready_ms": Kind.COUNT,
        "on_wire_ms": Kind.COUNT,
        "recognised_ms": Kind.COUNT,
        "retrieved_ms": Kind.COUNT,
        "token_ms": Kind.COUNT,
        "heard_ms": Kind.COUNT,
        "guard_ms": Kind.COUNT,
        "gate_ms": Kind.COUNT,
        "version": Kind.TECHNICAL,
        "host": Kind.TECHNICAL,
        "language": Kind.PREFERENCE,
        "age_band": Kind.CODE,
    },
    why_kept="as long as its call",
)
describe(
    "conversations.LinkReport",
    About.PATIENT,
    "seeing how well the patient's connection carried the call",
    fields={
        "round_trip_ms": Kind.COUNT,
        "jitter_ms": Kind.COUNT,
        "lost_share": Kind.COUNT,
        "concealed_share": Kind.COUNT,
        "frozen_ms": Kind.COUNT,
        "frames_per_s": Kind.COUNT,
        "offset_ms": Kind.COUNT,
    },
    why_kept="as long as its call",
)
describe(
    "conversations.Release",
    About.STAFF,
    "what calls are run with, and who signed it off",
    fields={"digest": Kind.CODE, "software": Kind.CODE, "parts": Kind.CODE, "note": Kind.CODE},
)
describe(
    "conversations.Rollout",
    About.NOBODY,
    "how a release reached patients, and how that ended",
    fields={"percent": Kind.COUNT, "limits": Kind.COUNT, "reason": Kind.CODE},
)
describe(
    "conversations.CallMeasure",
    About.PATIENT,
    "seeing whether a release makes calls worse",
    fields={"rating": Kind.DERIVED},
    why_kept="as long as its call",
)
describe(
    "conversations.CallReview",
    About.PATIENT,
    "what a clinician found who looked at a call again",
    fields={"manner": Kind.COUNT, "note": Kind.HEALTH},
    why_kept="as long as its call",
)
