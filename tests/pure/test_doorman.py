"""Open queues that come together, all at once."""

import asyncio
from collections.abc import Collection
from uuid import uuid4

import pytest

from clinic import doorman
from clinic.care import Reach
from compliance.access import Claim

CLAIMS: list[Claim] = [(uuid4(), f"session {number}") for number in range(100)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Collection[Claim]]:
    """The questions. The last session is nobody's."""
    questions: list[Collection[Claim]] = []

    def reaches(claims: Collection[Claim]) -> dict[Claim, Reach]:
        questions.append(claims)
        return {claim: Reach(frozenset({claim[0]})) for claim in claims if claim != CLAIMS[-1]}

    monkeypatch.setattr(doorman, "reaches", reaches)
    return questions


async def come(claims: Collection[Claim]) -> list[Reach | BaseException | None]:
    door = doorman.of_this_loop()
    return await asyncio.gather(*(door.reach_of(claim) for claim in claims), return_exceptions=True)


def test_a_hundred_who_come_at_once_are_looked_up_at_once_and_each_gets_their_own(asked) -> None:
    found = asyncio.run(come([*CLAIMS, CLAIMS[0]]))  # one has two pages open
    assert found == [*(Reach(frozenset({user})) for user, _ in CLAIMS[:-1]), None, found[0]]
    assert len(asked) == 1


def test_without_the_database_nobody_is_let_in_and_nobody_is_left_waiting(monkeypatch) -> None:
    def away(claims: Collection[Claim]) -> dict[Claim, Reach]:
        raise ConnectionError

    monkeypatch.setattr(doorman, "reaches", away)
    assert all(isinstance(answer, ConnectionError) for answer in asyncio.run(come(CLAIMS[:3])))
