"""The Merkle tree as it lies in the database, for roots and proofs.

Leaves, and the nodes of every eighth level, are stored; what lies between is computed
from at most 128 of them. Whatever is asked of the tree is asked twice: first to learn
which hashes it takes, then, once they were read in one query a stored level, of these.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import TypeVar

from django.db import connections

from compliance import merkle
from compliance.errors import TreeRewritten
from compliance.models import AuditLeaf, TreeHead

STRIDE = 8
Answer = TypeVar("Answer")
Stored = dict[tuple[int, int], bytes]  # (level, index) → hash


def ask(question: Callable[[merkle.Subtree], Answer], using: str = "default") -> Answer:
    """What `question`, a pure function of a tree, says of the stored one. Raises `TreeRewritten` at a gap."""
    needed: defaultdict[int, set[int]] = defaultdict(set)

    def note(level: int, index: int) -> bytes:
        above = level % STRIDE
        needed[level - above].update(range(index << above, (index + 1) << above))
        return b""

    question(note)
    stored: Stored = {}
    for level, indexes in needed.items():
        stored.update(_read(using, level, indexes))
    return question(_over(stored))


def _over(stored: Stored) -> merkle.Subtree:
    def subtree(level: int, index: int) -> bytes:
        if level % STRIDE:
            return merkle.node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1))
        try:
            return stored[level, index]
        except KeyError:
            raise TreeRewritten(f"hash {index} of level {level} is missing from the stored tree") from None

    return subtree


def _read(using: str, level: int, indexes: Collection[int]) -> Stored:
    with connections[using].cursor() as cursor:
        if level == 0:
            cursor.execute("SELECT index, hash FROM compliance_auditleaf WHERE index = ANY(%s)", [list(indexes)])
        else:
            cursor.execute(
                "SELECT index, hash FROM compliance_auditnode WHERE level = %s AND index = ANY(%s)",
                [level, list(indexes)],
            )
        return {(level, index): bytes(value) for index, value in cursor.fetchall()}


def latest_head(using: str = "default") -> TreeHead | None:
    return TreeHead.objects.using(using).order_by("-size").first()


def proof_of(leaf: AuditLeaf, head: TreeHead) -> list[bytes]:
    """Why `leaf` is in the tree that `head` signs."""
    return ask(lambda tree: merkle.inclusion_proof(tree, leaf.index, head.size))


def growth_between(old: int, new: int) -> list[bytes]:
    """Why the tree of `new` leaves only appends to that of `old`."""
    return ask(lambda tree: merkle.consistency_proof(tree, old, new))
