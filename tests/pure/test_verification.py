"""Ten thousand ways to change the log, none of them missed."""

import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from compliance import entries, merkle, notes
from compliance.verification import Leaf, verify

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
THIEF = Ed25519PrivateKey.from_private_bytes(b"t" * 32)
ORIGIN = "clinic.example/audit"
VERIFIER = notes.verifier_of(ORIGIN, KEY)
SIZE, HEADS = 40, (1, 7, 8, 21, 33, 40)
MUTATIONS = 10_000


def row(number):
    return (
        number + 100,
        f"00000000-0000-0000-0000-{number:012}",
        1_700_000_000_000_000 + number,
        ("transcript.read", "consent.granted")[number % 2],
        f"user:{number % 3}",
        "127.0.0.1",
        f"patient-{number % 5}",
        f"session:{number}",
        "ok",
        "",
        f'{{"purpose": "ai_call", "count": {number}}}',
    )


def sealed(rows):
    return [Leaf(index, merkle.leaf_hash(entries.encode(r)), r[0], r) for index, r in enumerate(rows)]


def heads_of(rows, key=KEY, sizes=HEADS):
    subtree = merkle.in_memory([merkle.leaf_hash(entries.encode(r)) for r in rows])
    return [
        notes.sign(notes.Checkpoint(ORIGIN, size, merkle.root(subtree, size)), ORIGIN, key)
        for size in sizes
        if size <= len(rows)
    ]


ROWS = [row(number) for number in range(SIZE)]
LEAVES, SIGNED = sealed(ROWS), heads_of(ROWS)
WITNESSED = notes.read(SIGNED[-1])


def altered(value, chance):
    """The same column with one byte changed, or another value of its kind."""
    if isinstance(value, int):
        return value ^ (1 << chance.randrange(20))
    if not value:
        return "x"
    at = chance.randrange(len(value))
    if value.startswith("{"):
        return value.replace("ai_call", "ai_cal1")
    return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]


def flip_a_byte(leaves, heads, chance):
    at, column = chance.randrange(SIZE), chance.randrange(11)
    changed = list(leaves[at].row)
    changed[column] = altered(changed[column], chance)
    leaves[at] = Leaf(at, leaves[at].hash, leaves[at].event_id, tuple(changed))
    return leaves, heads, at


def flip_a_hash(leaves, heads, chance):
    at, bit = chance.randrange(SIZE), chance.randrange(256)
    value = bytearray(leaves[at].hash)
    value[bit // 8] ^= 1 << bit % 8
    leaves[at] = Leaf(at, bytes(value), leaves[at].event_id, leaves[at].row)
    return leaves, heads, at


def delete_an_event(leaves, heads, chance):
    at = chance.randrange(SIZE)
    leaves[at] = Leaf(at, leaves[at].hash, leaves[at].event_id, None)
    return leaves, heads, at


def delete_a_leaf(leaves, heads, chance):
    at = chance.randrange(SIZE - 1)  # without the last one the log is merely shorter: see cut_the_end
    return leaves[:at] + leaves[at + 1 :], heads, at


def delete_and_close_the_gap(leaves, heads, chance):
    at = chance.randrange(SIZE)
    rest = leaves[:at] + [Leaf(leaf.index - 1, leaf.hash, leaf.event_id, leaf.row) for leaf in leaves[at + 1 :]]
    return rest, heads, at


def swap_what_two_events_say(leaves, heads, chance):
    one, two = sorted(chance.sample(range(SIZE), 2))
    for at, other in ((one, two), (two, one)):
        told = (ROWS[at][0], *ROWS[other][1:])
        leaves[at] = Leaf(at, LEAVES[at].hash, LEAVES[at].event_id, told)
    return leaves, heads, one


def swap_two_places(leaves, heads, chance):
    one, two = sorted(chance.sample(range(SIZE), 2))
    for at, other in ((one, two), (two, one)):
        leaves[at] = Leaf(at, LEAVES[other].hash, LEAVES[other].event_id, LEAVES[other].row)
    return leaves, heads, one


def insert_an_entry(leaves, heads, chance):
    at = chance.randrange(SIZE + 1)
    forged = row(1000)
    moved = [Leaf(leaf.index + 1, leaf.hash, leaf.event_id, leaf.row) for leaf in leaves[at:]]
    return [*leaves[:at], Leaf(at, merkle.leaf_hash(entries.encode(forged)), forged[0], forged), *moved], heads, at


def cut_the_end(leaves, heads, chance):
    at = chance.randrange(SIZE)
    return leaves[:at], heads, at


def cut_the_end_with_its_heads(leaves, heads, chance):
    size = chance.choice(HEADS[:-1])
    return leaves[:size], heads[: HEADS.index(size) + 1], size


def rehash_everything(leaves, heads, chance):
    """A superuser without the key: every hash fits again, the heads do not."""
    at = chance.randrange(SIZE)
    rows = list(ROWS)
    rows[at] = (rows[at][0], *rows[at][1:4], "user:innocent", *rows[at][5:])
    return sealed(rows), heads, at


def rehash_and_sign_with_another_key(leaves, heads, chance):
    leaves, _, at = rehash_everything(leaves, heads, chance)
    rows = [leaf.row for leaf in leaves]
    good = [note for note, size in zip(SIGNED, HEADS, strict=True) if size <= at]
    return leaves, good + heads_of(rows, THIEF)[len(good) :], at


def rehash_and_sign_with_the_stolen_key(leaves, heads, chance):
    leaves, _, at = rehash_everything(leaves, heads, chance)
    return leaves, heads_of([leaf.row for leaf in leaves]), at


CHANGES = [
    flip_a_byte,
    flip_a_hash,
    delete_an_event,
    delete_a_leaf,
    delete_and_close_the_gap,
    swap_what_two_events_say,
    swap_two_places,
    insert_an_entry,
    cut_the_end,
    cut_the_end_with_its_heads,
    rehash_everything,
    rehash_and_sign_with_another_key,
    rehash_and_sign_with_the_stolen_key,
]
# These name the very entry; the others can only be placed between two heads.
EXACT = {flip_a_byte, flip_a_hash, delete_an_event, delete_a_leaf, swap_what_two_events_say}


def test_the_log_as_it_was_sealed_verifies():
    assert verify(LEAVES, SIGNED, VERIFIER, WITNESSED).ok
    assert verify([], [], VERIFIER).ok


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_is_missed_and_the_first_bad_entry_is_named(change):
    chance = random.Random(change.__name__)
    for _ in range(MUTATIONS // len(CHANGES) + 1):
        leaves, heads, at = change(list(LEAVES), list(SIGNED), chance)
        report = verify(leaves, heads, VERIFIER, WITNESSED)
        assert not report.ok, (change.__name__, at)
        first = report.first
        if change in EXACT:
            assert first.first == at, (change.__name__, at, first)
        else:
            assert first.first <= at <= first.last + 1, (change.__name__, at, first)


def test_without_a_witness_only_a_cut_with_all_its_heads_goes_unseen():
    leaves, heads, _ = cut_the_end_with_its_heads(list(LEAVES), list(SIGNED), random.Random(1))
    assert verify(leaves, heads, VERIFIER).ok
    assert not verify(leaves, heads, VERIFIER, WITNESSED).ok


def test_a_log_without_any_head_is_not_accepted():
    assert verify(LEAVES, [], VERIFIER).first.problem == "no signed head covers the entries"


def test_a_log_signed_by_somebody_else_is_not_accepted():
    assert verify(LEAVES, heads_of(ROWS, THIEF), VERIFIER).first.problem == "the head is not signed by the log's key"
