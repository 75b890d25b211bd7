"""Descriptions of compliance's own tables, and of the tables of Django, allauth and axes."""

from datetime import timedelta

from compliance.data_map import About, Kind, describe

_PROOF = "evidence; holds references and codes only, and is never changed"

describe(
    "compliance.AuditEvent",
    About.PATIENT,
    "showing who did what with whose record",
    fields={
        "action": Kind.CODE,
        "actor": Kind.REFERENCE,
        "where": Kind.TECHNICAL,
        "subject": Kind.REFERENCE,
        "outcome": Kind.CODE,
        "reason": Kind.CODE,
        "detail": Kind.CODE,
    },
    why_kept=f"six years at least; {_PROOF}",
    survives_erasure=True,
)
for _label in ("AuditLeaf", "AuditNode"):
    describe(f"compliance.{_label}", About.NOBODY, "proving the audit trail", fields={"hash": Kind.TECHNICAL})
describe(
    "compliance.TreeHead",
    About.NOBODY,
    "proving the audit trail",
    fields={"root": Kind.TECHNICAL, "note": Kind.TECHNICAL, "horizon": Kind.TECHNICAL},
)
describe(
    "compliance.Cosignature",
    About.NOBODY,
    "proving the audit trail",
    fields={"witness": Kind.TECHNICAL, "line": Kind.TECHNICAL},
)
describe(
    "compliance.ConsentEntry",
    About.PATIENT,
    "proving what a patient agreed to, and when they withdrew it",
    fields={
        "text_version": Kind.CODE,
        "text_sha256": Kind.CODE,
        "language": Kind.PREFERENCE,
        "method": Kind.CODE,
    },
    why_kept=f"six years after care ends; {_PROOF}",
    survives_erasure=True,
)
describe(
    "compliance.PatientKey",
    About.PATIENT,
    "sealing a patient's data; destroyed to erase it",
    fields={"wrapped": Kind.SECRET, "key_encryption_key": Kind.CODE},
    why_kept="as long as anything is sealed under it",
    survives_erasure=True,
)
describe(
    "compliance.CacheEntry",
    About.NOBODY,
    "rate limits and spent one-time codes",
    fields={"key": Kind.TECHNICAL, "value": Kind.TECHNICAL},
)

describe("auth.Permission", About.NOBODY, "unused", fields={"name": Kind.CODE, "codename": Kind.CODE})
describe("auth.Group", About.NOBODY, "unused", fields={"name": Kind.CODE})
describe("contenttypes.ContentType", About.NOBODY, "Django", fields={"app_label": Kind.CODE, "model": Kind.CODE})
describe(
    "sessions.Session",
    About.STAFF,
    "staying signed in, for twelve hours at most",
    fields={"session_key": Kind.SECRET, "session_data": Kind.TECHNICAL},
    keep_for=timedelta(days=1),
    dated="expire_date",
)
describe("account.EmailAddress", About.STAFF, "unused", fields={"email": Kind.IDENTITY})
describe("account.EmailConfirmation", About.STAFF, "unused", fields={"key": Kind.SECRET})
describe("mfa.Authenticator", About.STAFF, "second factors of staff", fields={"data": Kind.SECRET})
for _label in ("AccessFailureLog", "AccessLog", "AccessAttempt"):
    describe(
        f"axes.{_label}",
        About.STAFF,
        "stopping who guesses passwords",
        fields={
            "user_agent": Kind.TECHNICAL,
            "ip_address": Kind.TECHNICAL,
            "username": Kind.IDENTITY,
            "http_accept": Kind.TECHNICAL,
            "path_info": Kind.TECHNICAL,
            **({"session_hash": Kind.SECRET} if _label == "AccessLog" else {}),
            **({"get_data": Kind.TECHNICAL, "post_data": Kind.TECHNICAL} if _label == "AccessAttempt" else {}),
        },
        keep_for=timedelta(days=90),
        dated="attempt_time",
    )
describe("axes.AccessAttemptExpiration", About.STAFF, "stopping who guesses passwords")

describe(
    "compliance.RightsRequest",
    About.PATIENT,
    "what a patient asked of us, and who decided",
    why_kept=f"six years; {_PROOF}",
    survives_erasure=True,
)
describe(
    "compliance.LegalHold",
    About.PATIENT,
    "keeping what a court may ask for",
    fields={"reference": Kind.REFERENCE},
    why_kept="six years after it is lifted",
    survives_erasure=True,
)
describe(
    "compliance.Restriction",
    About.PATIENT,
    "keeping data without using it, as the patient asked",
    fields={"ground": Kind.CODE, "lifted_because": Kind.WORDS},
    why_kept="six years after it is lifted; the reason becomes unreadable with the patient's key",
    survives_erasure=True,
)
describe(
    "compliance.Correction",
    About.PATIENT,
    "what was corrected, who asked for it, and why",
    fields={
        "table": Kind.CODE,
        "row": Kind.REFERENCE,
        "field": Kind.CODE,
        "was": Kind.IDENTITY,
        "now": Kind.IDENTITY,
        "asked_by": Kind.CODE,
        "why": Kind.WORDS,
        "actor": Kind.REFERENCE,
    },
    why_kept="as long as the record that was corrected",
)
describe(
    "compliance.BrokenGlass",
    About.PATIENT,
    "who saw a record in an emergency, and why",
    fields={"reason": Kind.WORDS},
    why_kept="six years; the reason becomes unreadable with the patient's key",
    survives_erasure=True,
)
