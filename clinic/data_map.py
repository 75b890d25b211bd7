"""What the clinic's tables hold (compliance.data_map)."""

from datetime import timedelta
from typing import Any

from compliance import files
from compliance.data_map import YEAR, About, Kind, describe

RECORD = 10 * YEAR  # part of the medical record


def _remove_picture(shown: Any) -> None:
    files.erase_file(shown.patient_id, shown.file_id)


describe("clinic.CareTeam", About.NOBODY, "who cares for whom", fields={"name": Kind.CODE})
describe(
    "clinic.User",
    About.STAFF,
    "signing in, and being reached when on call",
    fields={
        "password": Kind.SECRET,
        "username": Kind.IDENTITY,
        "first_name": Kind.IDENTITY,
        "last_name": Kind.IDENTITY,
        "email": Kind.IDENTITY,
        "phone": Kind.IDENTITY,
    },
)
describe(
    "clinic.Patient",
    About.PATIENT,
    "following a patient up after they leave hospital",
    fields={
        "name": Kind.IDENTITY,
        "called": Kind.IDENTITY,
        "born": Kind.IDENTITY,
        "email": Kind.IDENTITY,
        "phone": Kind.IDENTITY,
        "procedure": Kind.HEALTH,
        "discharged_on": Kind.CARE_DATE,
        "time_zone": Kind.PREFERENCE,
        "language": Kind.PREFERENCE,
    },
    why_kept="the clinic's own record retention; erased on request",
    survives_erasure=True,  # as an empty row that the audit trail still points to
)
describe(
    "clinic.Invitation",
    About.PATIENT,
    "letting a patient in",
    fields={"token_sha256": Kind.SECRET},
    keep_for=YEAR,
    dated="made_at",
)
describe(
    "clinic.LinkFailure",
    About.NOBODY,
    "stopping who guesses links",
    fields={"address": Kind.TECHNICAL},
    keep_for=timedelta(days=30),
    dated="at",
)
describe(
    "clinic.Escalation",
    About.PATIENT,
    "bringing what a patient reported to a clinician",
    fields={
        "cause": Kind.REFERENCE,
        "rule": Kind.CODE,
        "quote": Kind.WORDS,
        "plan_excerpt": Kind.HEALTH,
        "perception_note": Kind.HEALTH,
        "outcome": Kind.CODE,
        "note": Kind.WORDS,
    },
    keep_for=RECORD,
    dated="raised_at",
)
describe(
    "clinic.EscalationEvent",
    About.PATIENT,
    "who did what about an escalation",
    fields={"kind": Kind.CODE, "detail": Kind.CODE},
    why_kept="as long as its escalation",
)
describe(
    "clinic.CallBack",
    About.PATIENT,
    "calling a patient back when nobody could join their call",
    why_kept="as long as its escalation",
)
describe(
    "clinic.ShownPicture",
    About.PATIENT,
    "letting the care team see what the patient held up to the camera",
    fields={"about": Kind.WORDS},
    keep_for=RECORD,
    dated="shown_at",
    when_removed=_remove_picture,
)
describe(
    "clinic.OutboxEntry",
    About.NOBODY,
    "doing after a commit what it promised; ids and codes only",
    fields={"topic": Kind.CODE, "payload": Kind.REFERENCE},
    keep_for=timedelta(days=90),
    dated="made_at",
)
describe("clinic.OnCallShift", About.STAFF, "who is on call")
describe("clinic.Absence", About.STAFF, "who is away")
describe(
    "clinic.PageAttempt",
    About.PATIENT,
    "who was paged about an escalation",
    fields={"channel": Kind.CODE, "state": Kind.CODE, "problem": Kind.CODE},
    why_kept="as long as its escalation",
)
describe(
    "clinic.PushDevice",
    About.STAFF,
    "notifying whoever is on call",
    fields={
        "endpoint_sha256": Kind.REFERENCE,
        "endpoint": Kind.SECRET,
        "point": Kind.TECHNICAL,
        "auth": Kind.SECRET,
        "ended_because": Kind.CODE,
    },
)
describe("clinic.PushIdentity", About.NOBODY, "signing notifications", fields={"private": Kind.SECRET})
describe(
    "clinic.GlassNotice",
    About.PATIENT,
    "who was told that somebody broke the glass",
    fields={"channel": Kind.CODE, "state": Kind.CODE, "problem": Kind.CODE},
    why_kept="as long as the emergency that it tells of",
    survives_erasure=True,
)
describe(
    "clinic.Plan",
    About.PATIENT,
    "knowing what is normal for this patient, and what is not",
    fields={"content": Kind.HEALTH},
    keep_for=RECORD,
    dated="made_at",
)
describe(
    "clinic.FollowUp",
    About.PATIENT,
    "calling at the right time",
    fields={"visit": Kind.CODE},
    keep_for=RECORD,
    dated="opens_at",
)
describe(
    "clinic.Reminder",
    About.PATIENT,
    "reminding a patient of a call",
    fields={"channel": Kind.CODE, "state": Kind.CODE, "problem": Kind.CODE},
    why_kept="as long as its follow-up",
)
describe(
    "clinic.WebhookEndpoint",
    About.NOBODY,
    "telling the clinic's other systems",
    fields={
        "url": Kind.TECHNICAL,
        "note": Kind.TECHNICAL,
        "events": Kind.CODE,
        "secret": Kind.SECRET,
        "former_secret": Kind.SECRET,
        "disabled_because": Kind.CODE,
    },
)
describe(
    "clinic.WebhookDelivery",
    About.NOBODY,
    "telling the clinic's other systems; ids and codes only",
    fields={"message_id": Kind.REFERENCE, "event": Kind.CODE, "body": Kind.REFERENCE},
    keep_for=timedelta(days=90),
    dated="made_at",
)
describe(
    "clinic.WebhookAttempt",
    About.NOBODY,
    "telling the clinic's other systems",
    fields={"problem": Kind.CODE},
)
