"""What load balancers are told."""

import pytest
from django.db import OperationalError, connections
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db


def test_a_living_process_says_so_whatever_else_is_broken() -> None:
    assert Client().get("/health/live/").json() == {"live": True}


def test_it_is_ready_while_its_databases_answer(redis_server: None) -> None:
    answer = Client().get("/health/ready/")
    assert (answer.status_code, answer.json()) == (200, {"default": True, "keys": True, "redis": True})


@override_settings(REDIS_URL="unix:///nowhere/redis.sock")
def test_without_redis_it_serves_on_and_says_so() -> None:
    answer = Client().get("/health/ready/")
    assert (answer.status_code, answer.json()["redis"]) == (200, False)


@pytest.mark.parametrize("alias", ["default", "keys"])
def test_without_a_database_it_does_not_serve(monkeypatch: pytest.MonkeyPatch, alias: str) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError

    monkeypatch.setattr(connections[alias], "cursor", away)
    answer = Client().get("/health/ready/")
    assert (answer.status_code, answer.json()[alias]) == (503, False)
