"""The Merkle tree against RFC 6962's vectors, a second implementation, and itself."""

import base64
from hashlib import sha256

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import merkle

# The eight leaves and roots of certificate-transparency's reference test (merkletree tests, RFC 6962).
LEAVES = [
    bytes.fromhex(value)
    for value in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]

sizes = st.integers(1, 70)


def tree(size):
    hashes = [merkle.leaf_hash(str(number).encode()) for number in range(size)]
    return hashes, merkle.in_memory(hashes)


def test_the_empty_tree_is_the_hash_of_nothing():
    assert merkle.root(merkle.in_memory([]), 0) == sha256().digest() == merkle.Frontier().root()


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_rfc(size):
    assert merkle.root(merkle.in_memory(HASHES[:size]), size).hex() == ROOTS[size - 1]


def test_a_consistency_proof_is_that_of_the_rfc():
    """RFC 6962, 2.1.3: the proof from 3 to 7 leaves is [c, d, g, l]."""
    hashes, subtree = tree(7)
    c, d, g = hashes[2], hashes[3], subtree(1, 0)
    right = merkle.root(merkle.in_memory(hashes[4:]), 3)
    assert merkle.consistency_proof(subtree, 3, 7) == [c, d, g, right]
    assert merkle.inclusion_proof(subtree, 3, 7) == [c, g, right]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=20), min_size=1, max_size=40), st.data())
def test_a_second_implementation_agrees(entries, data):
    oracle = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        oracle.append_entry(entry)
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    subtree = merkle.in_memory(hashes)
    size = len(entries)
    old, index = data.draw(st.integers(1, size)), data.draw(st.integers(0, size - 1))
    assert merkle.root(subtree, size) == oracle.get_root(size)
    theirs = oracle.prove_inclusion(index + 1, size)
    pymerkle.verify_inclusion(hashes[index], merkle.root(subtree, size), theirs)
    ours = merkle.inclusion_proof(subtree, index, size)
    assert merkle.includes(hashes[index], index, size, ours, oracle.get_root(size))
    assert [step for step in theirs.path if step != hashes[index]] == [step for step in ours if step != hashes[index]]
    theirs = oracle.prove_consistency(old, size)
    pymerkle.verify_consistency(merkle.root(subtree, old), merkle.root(subtree, size), theirs)
    proof = merkle.consistency_proof(subtree, old, size)
    assert merkle.continues(old, size, oracle.get_root(old), oracle.get_state(size), proof)


@settings(max_examples=200, deadline=None)
@given(sizes, st.data())
def test_every_leaf_can_be_proved_and_no_other_leaf_passes_for_it(size, data):
    hashes, subtree = tree(size)
    index = data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion_proof(subtree, index, size), merkle.root(subtree, size)
    assert merkle.includes(hashes[index], index, size, proof, root)
    assert len(proof) <= 63
    other = data.draw(st.integers(0, size - 1))
    assert merkle.includes(hashes[index], other, size, proof, root) is (other == index)
    assert not merkle.includes(merkle.leaf_hash(b"forged"), index, size, proof, root)
    assert not merkle.includes(hashes[index], index, size, [*proof, root], root)


@settings(max_examples=200, deadline=None)
@given(sizes, st.data())
def test_growth_can_be_proved_and_a_rewritten_tree_cannot(size, data):
    hashes, subtree = tree(size)
    old = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(subtree, old, size)
    old_root, new_root = merkle.root(subtree, old), merkle.root(subtree, size)
    assert merkle.continues(old, size, old_root, new_root, proof)
    changed = data.draw(st.integers(0, old - 1))
    forged = merkle.in_memory([*hashes[:changed], merkle.leaf_hash(b"forged"), *hashes[changed + 1 :]])
    forged_proof, forged_root = merkle.consistency_proof(forged, old, size), merkle.root(forged, size)
    assert not merkle.continues(old, size, old_root, forged_root, forged_proof)
    assert not merkle.continues(old, size, old_root, new_root, [*proof, new_root])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 70), st.integers(0, 70))
def test_a_frontier_grows_as_the_whole_tree_does(start, more):
    hashes, subtree = tree(start + more)
    filled = {}
    frontier = merkle.Frontier.at(subtree, start, lambda level, index, value: filled.update({(level, index): value}))
    frontier.extend(hashes[start:])
    assert frontier.root() == merkle.root(subtree, start + more)
    assert frontier.size == start + more
    for (level, index), value in filled.items():
        assert value == subtree(level, index)
    assert len(filled) == sum((start + more >> level) - (start >> level) for level in range(1, 8))


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_of_a_leaf_outside(index, size):
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_proof(merkle.in_memory([]), index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (-1, 2)])
def test_there_is_no_proof_of_impossible_growth(old, new):
    with pytest.raises(ValueError, match="no proof"):
        merkle.consistency_proof(merkle.in_memory([]), old, new)
    assert not merkle.continues(old, new, b"", b"", [])


def test_a_proof_over_a_million_leaves_is_short():
    blank = merkle.leaf_hash(b"")
    filled = [blank]
    for _ in range(20):
        filled.append(merkle.node_hash(filled[-1], filled[-1]))
    proof = merkle.inclusion_proof(lambda level, _index: filled[level], 777_777, 1_000_001)
    assert len(proof) <= 21
    assert base64.b64encode(proof[0])
