"""The Merkle tree as it lies in the database, for roots and proofs.

Leaves, and the nodes of every eighth level, are stored. A block of 256 of them is
read at once, and what lies between is computed.
"""

from django.db import connections

from compliance import merkle
from compliance.errors import TreeRewritten
from compliance.models import AuditLeaf, TreeHead

STRIDE = 8
BLOCK = 1 << STRIDE


class StoredTree:
    """A `merkle.Subtree` over the database. It caches, so make a new one for each piece of work."""

    def __init__(self, using: str = "default") -> None:
        self._using = using
        self._blocks: dict[tuple[int, int], dict[int, bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        above = level % STRIDE
        if above == 0:
            return self._stored(level, index)
        return merkle.node_hash(self(level - 1, 2 * index), self(level - 1, 2 * index + 1))

    def _stored(self, level: int, index: int) -> bytes:
        place = (level, index // BLOCK)
        if place not in self._blocks:
            self._blocks[place] = self._read(*place)
        try:
            return self._blocks[place][index]
        except KeyError:
            raise TreeRewritten(f"hash {index} of level {level} is missing from the stored tree") from None

    def _read(self, level: int, block: int) -> dict[int, bytes]:
        bounds = [block * BLOCK, (block + 1) * BLOCK]
        with connections[self._using].cursor() as cursor:
            if level == 0:
                cursor.execute("SELECT index, hash FROM compliance_auditleaf WHERE index >= %s AND index < %s", bounds)
            else:
                cursor.execute(
                    "SELECT index, hash FROM compliance_auditnode WHERE level = %s AND index >= %s AND index < %s",
                    [level, *bounds],
                )
            return {index: bytes(value) for index, value in cursor.fetchall()}


def latest_head(using: str = "default") -> TreeHead | None:
    return TreeHead.objects.using(using).order_by("-size").first()


def proof_of(leaf: AuditLeaf, head: TreeHead) -> list[bytes]:
    """Why `leaf` is in the tree that `head` signs."""
    return merkle.inclusion_proof(StoredTree(), leaf.index, head.size)
