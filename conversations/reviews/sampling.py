"""Which calls are looked at again, and by how many. Pure.

By a hash of the call, so that nobody chooses: every tenth, and each that the patient rated low. A third of them is
looked at by two clinicians, so that their agreement can be told.
"""

import hashlib
from uuid import UUID

EVERY = 10
TWICE_EVERY = 3
LOW = 2  # of five


def reviewers_wanted(session_id: UUID, rating: int | None = None) -> int:
    """How many clinicians should look at this call: none, one or two."""
    drawn = int.from_bytes(hashlib.sha256(b"review" + session_id.bytes).digest()[:8])
    if drawn % EVERY and (rating is None or rating > LOW):
        return 0
    return 2 if (drawn // EVERY) % TWICE_EVERY == 0 else 1
