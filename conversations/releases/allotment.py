"""Which patients a rollout reaches. Pure.

Sticky: a patient keeps their side for as long as the rollout lasts, and widening it only ever adds patients.
"""

import hashlib
from uuid import UUID

PLACES = 10_000


def place(patient_id: UUID, rollout_id: UUID) -> int:
    """The patient's place among 10,000: even over patients, and a new draw for each rollout."""
    return int.from_bytes(hashlib.sha256(patient_id.bytes + rollout_id.bytes).digest()[:8]) % PLACES


def reached(patient_id: UUID, rollout_id: UUID, percent: int) -> bool:
    return place(patient_id, rollout_id) < percent * PLACES // 100
