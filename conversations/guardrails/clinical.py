"""The same context rules for sentences that clinicians write, as in discharge documents. Pure."""

from collections.abc import Sequence

from conversations.guardrails import context
from conversations.guardrails.context import Range, Status
from conversations.guardrails.text import Token


def assertion(said: Sequence[Token], place: Range) -> Status:
    """Whether a finding at `place` is present, absent, past, hypothetical or somebody else's."""
    return context.status(context.shared().categories(said, [place])[0])
