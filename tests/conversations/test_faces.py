"""Whose face the patient's browser is offered to draw."""

from collections.abc import Mapping

import pytest
from django.test import override_settings

from conversations import faces
from conversations.providers.drawn_face import APPEARANCES


@pytest.mark.parametrize(
    ("who", "choices", "folder"),
    [
        ("server", {}, ""),
        ("choice", {}, "/static/conversations/face/people/ines/"),
        ("edge", {"appearance": "grace"}, "/static/conversations/face/people/grace/"),
        ("edge", {"appearance": "orb"}, ""),
        ("edge", {"appearance": "../vendor"}, ""),
        ("edge", {"audio_only": True}, ""),
    ],
)
def test_a_face_is_drawn_there_only_if_the_clinic_and_the_choice_allow(
    who: str, choices: Mapping[str, object], folder: str
) -> None:
    with override_settings(CALL_FACE=who):
        assert faces.to_draw(choices) == folder


@override_settings(CALL_FACE="edge", CALL_VIDEO_SIZE=0)
def test_a_clinic_without_pictures_has_none_drawn_either() -> None:
    assert faces.to_draw({}) == ""


def test_the_page_and_the_call_agree_on_who_is_there_if_nobody_was_chosen() -> None:
    assert APPEARANCES[0] == faces.DEFAULT
