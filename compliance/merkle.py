"""Merkle trees as in RFC 6962, section 2.1. Pure.

A tree is anything that can name the hash of a complete subtree; everything else,
the root of any earlier size and both kinds of proof, follows from those.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

Subtree = Callable[[int, int], bytes]
"""(level, index) → root of the 2^level leaves that start at index · 2^level."""

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root(subtree: Subtree, size: int) -> bytes:
    """MTH(D[size])."""
    return _range_hash(subtree, 0, size) if size else EMPTY_ROOT


def inclusion_proof(subtree: Subtree, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]). Raises `ValueError` unless 0 ≤ index < size."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_hash(subtree, middle, end))
            end = middle
        else:
            proof.append(_range_hash(subtree, start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(subtree: Subtree, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[new]). Raises `ValueError` unless 0 < old ≤ new."""
    if not 0 < old <= new:
        raise ValueError(f"no proof from {old} to {new} leaves")
    proof: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range_hash(subtree, middle, end))
            end = middle
        else:
            proof.append(_range_hash(subtree, start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(_range_hash(subtree, start, end))
    return proof[::-1]


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> bool:
    """Whether `proof` shows `leaf` at `index` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            current = node_hash(sibling, current)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and current == expected_root


def continues(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the new tree only appends to the old one (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


class Frontier:
    """The roots of the complete subtrees along a growing tree's right edge: all that appending needs.

    `completed` calls back with (level, index, hash) for every subtree as it fills.
    """

    def __init__(self, completed: Callable[[int, int, bytes], None] | None = None) -> None:
        self.size = 0
        self._peaks: list[bytes | None] = []
        self._completed = completed

    @classmethod
    def at(cls, subtree: Subtree, size: int, completed: Callable[[int, int, bytes], None] | None = None) -> "Frontier":
        """The frontier of a tree that already has `size` leaves."""
        frontier = cls(completed)
        frontier.size = size
        frontier._peaks = [
            subtree(level, (size >> level) - 1) if size >> level & 1 else None for level in range(size.bit_length())
        ]
        return frontier

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self.append(leaf)

    def append(self, leaf: bytes) -> None:
        peaks, current, level, carry = self._peaks, leaf, 0, self.size
        while carry & 1:
            current = sha256(b"\x01" + peaks[level] + current).digest()  # type: ignore[operator]
            peaks[level] = None
            carry >>= 1
            level += 1
            if self._completed:
                self._completed(level, carry, current)
        if level == len(peaks):
            peaks.append(None)
        peaks[level] = current
        self.size += 1

    def root(self) -> bytes:
        current: bytes | None = None
        for peak in self._peaks:
            if peak is not None:
                current = peak if current is None else node_hash(peak, current)
        return EMPTY_ROOT if current is None else current


def in_memory(leaves: Sequence[bytes]) -> Subtree:
    """A tree of hashes held in a list, for tests and small files."""
    known: dict[tuple[int, int], bytes] = {}

    def subtree(level: int, index: int) -> bytes:
        if level == 0:
            return leaves[index]
        if (level, index) not in known:
            known[level, index] = node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1))
        return known[level, index]

    return subtree


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _range_hash(subtree: Subtree, start: int, end: int) -> bytes:
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return subtree(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range_hash(subtree, start, middle), _range_hash(subtree, middle, end))
