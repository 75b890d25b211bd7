"""What the tables of other systems' access hold (compliance.data_map)."""

from datetime import timedelta

from compliance.data_map import About, Kind, describe

describe(
    "exchange.ServiceClient",
    About.NOBODY,
    "which other systems may talk to this one",
    fields={"purpose": Kind.TECHNICAL, "scopes": Kind.CODE, "jwks": Kind.TECHNICAL},
)
describe(
    "exchange.ApiToken",
    About.NOBODY,
    "letting other systems in",
    fields={"token_sha256": Kind.SECRET, "last_four": Kind.TECHNICAL, "scopes": Kind.CODE},
    keep_for=timedelta(days=90),
    dated="expires_at",
)
describe(
    "exchange.KeptAnswer",
    About.PATIENT,
    "answering a repeated request as the first time",
    fields={
        "key_sha256": Kind.TECHNICAL,
        "request_sha256": Kind.TECHNICAL,
        "status": Kind.CODE,
        "answer": Kind.HEALTH,
    },
    keep_for=timedelta(days=1),
    dated="made_at",
)
