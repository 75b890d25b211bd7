"""Sealed values: ten thousand ways to move or alter one, none of which opens."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.encryption import DataKey, Place, open_sealed, seal, version_of
from compliance.errors import SealBroken

TABLES, COLUMNS = ("clinic_patient", "clinic_escalation", "knowledge_chunk"), ("name", "quote", "text")
ROWS = [str(number) for number in range(12)]
KEYS = [DataKey(1, bytes([number]) * 32) for number in range(5)]
PLACES = [Place(table, column, row) for table in TABLES for column in COLUMNS for row in ROWS]


@given(st.binary(max_size=200), st.integers(1, 2**32 - 1))
def test_what_is_sealed_opens_in_its_place(plain, version):
    key = DataKey(version, b"k" * 32)
    sealed = seal(plain, key, PLACES[0])
    assert open_sealed(sealed, key, PLACES[0]) == plain
    assert version_of(sealed) == version
    assert sealed != seal(plain, key, PLACES[0])


def test_ten_thousand_transplants_between_rows_columns_tables_and_patients_are_rejected():
    chance = random.Random(3)
    sealed = {(place, key): seal(b"canary", key, place) for place in PLACES for key in KEYS}
    spots = list(sealed)
    for _ in range(10_000):
        source, target = chance.sample(spots, 2)
        with pytest.raises(SealBroken):
            open_sealed(sealed[source], target[1], target[0])


@settings(max_examples=300)
@given(st.data())
def test_no_altered_value_opens(data):
    sealed = bytearray(seal(b"canary", KEYS[0], PLACES[0]))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        open_sealed(bytes(sealed), KEYS[0], PLACES[0])


@given(st.binary(max_size=60))
def test_what_is_none_of_ours_is_refused(garbage):
    with pytest.raises(SealBroken):
        open_sealed(garbage, KEYS[0], PLACES[0])


def test_a_key_version_is_bound_to_the_value():
    sealed = seal(b"x", DataKey(1, b"k" * 32), PLACES[0])
    forged = sealed[:1] + (2).to_bytes(4, "big") + sealed[5:]
    with pytest.raises(SealBroken):
        open_sealed(forged, DataKey(2, b"k" * 32), PLACES[0])


def test_places_whose_parts_run_together_are_different_places():
    """ "a" + "bc" is not "ab" + "c"."""
    sealed = seal(b"x", KEYS[0], Place("a", "bc", "1"))
    with pytest.raises(SealBroken):
        open_sealed(sealed, KEYS[0], Place("ab", "c", "1"))
