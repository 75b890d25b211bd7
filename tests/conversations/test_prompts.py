"""Every version of the prompt that ever shipped can still be started: a release names it by its digest."""

import hashlib

import pytest

from conversations.mind import prompt
from conversations.releases import installed
from tests.conversations.talk import PASSAGES, talk

SHIPPED = {
    "v1": "dc7f81ed264404f896df6a5f73782c8a63b6b34134155916d5904d1bc7970249",
    "v2": "e1fc7ad53b6a31f323300fda184ba85715db85a05f19f4c6afb341e5d47a22d5",
}


def test_a_prompt_that_shipped_is_never_edited():
    found = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in prompt.FOLDER.glob("*.txt")}
    assert found == SHIPPED, "add the next version as a file of its own, and its digest here"
    assert prompt.VERSION in SHIPPED


@pytest.mark.parametrize("version", SHIPPED)
def test_every_version_can_be_started(version):
    assert version in installed.prompts()
    dialogue = talk().dialogue
    content = prompt.system(dialogue.case, dialogue.script.names, PASSAGES, "Any fever?", version)["content"]
    assert PASSAGES[0].text in content
    assert "{" not in content
