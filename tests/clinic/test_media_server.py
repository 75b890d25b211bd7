"""Which LiveKit servers a call may go through."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from clinic.media_server import LiveKit, livekit

GOOD = {
    "LIVEKIT_URL": "wss://livekit.example.org/",
    "LIVEKIT_API_KEY": "clinic",
    "LIVEKIT_API_SECRET": "a secret that is long enough to be one",
    "LIVEKIT_COVERED_BY": "baa",
    "LIVEKIT_REGION": "eu",
}


def read(monkeypatch: pytest.MonkeyPatch, demo: bool = False, **changed: str) -> LiveKit:
    for name, value in (GOOD | changed).items():
        monkeypatch.setenv(name, value)
    return livekit(["eu"], demo=demo)


def test_none_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, LIVEKIT_URL="").sources == []


def test_pages_may_connect_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch)
    assert (found.url, found.host_url) == ("wss://livekit.example.org", "wss://livekit.example.org")
    assert found.sources == ["wss://livekit.example.org", "https://livekit.example.org"]
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"LIVEKIT_URL": "ws://livekit.example.org"}, "wss://"),
        ({"LIVEKIT_URL": "livekit.example.org"}, "wss://"),
        ({"LIVEKIT_HOST_URL": "http://10.0.0.1"}, "LIVEKIT_HOST_URL"),
        ({"LIVEKIT_API_KEY": ""}, "LIVEKIT_API_KEY"),
        ({"LIVEKIT_API_SECRET": "short"}, "32 characters"),
        ({"LIVEKIT_COVERED_BY": "none"}, "LIVEKIT_COVERED_BY"),
        ({"LIVEKIT_REGION": "us"}, "LIVEKIT_REGION"),
    ],
)
def test_a_server_that_will_not_do_is_refused(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], said: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        read(monkeypatch, False, **changed)


def test_a_laptop_may_do_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, demo=True, LIVEKIT_URL="ws://127.0.0.1:7880").url == "ws://127.0.0.1:7880"
