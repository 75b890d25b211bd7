"""Documents with orders in them: what a reader would not see is not read, and no order is obeyed.

`python -m tests.knowledge.poison FILE…` tries every text of a file in every way.
"""

import pytest

from knowledge import understanding
from knowledge.review import HIDDEN_WORDS
from tests.knowledge import poison

# Nobody is told of these: they are no text of the document in any program that shows it.
UNTOLD = {"in an attribute", "in a script", "in an extension", "in a link's address"} | {"ccda in a comment"}


def told(poisoned: poison.Poisoned) -> bool:
    return not poisoned.seen and poisoned.way not in UNTOLD and f"{poisoned.kind} {poisoned.way}" not in UNTOLD


def items(pages) -> set[str]:
    plan = understanding.propose("x", pages)
    names = {item.name for group in (plan.medicines, plan.expected_symptoms, plan.red_flags) for item in group}
    return names | {item.text for item in plan.instructions}


@pytest.mark.parametrize("order", poison.ORDERS)
def test_hidden_orders_are_not_read_and_the_reviewer_is_told(order):
    clean = [poison.Poisoned(kind, "", data, True) for kind, data in poison.clean().items()]
    plans = {each.kind: items(poison.pages_of(each)) | {*poison.BODY} for each in clean}
    poisoned_documents = list(poison.documents(order))
    assert len(poisoned_documents) * len(poison.ORDERS) >= 200
    for poisoned in poisoned_documents:
        if poisoned.seen:
            continue
        pages = poison.pages_of(poisoned)
        hidden = [found.why for page in pages for found in page.hidden]
        assert not poison.leaks(poisoned, order), poisoned.way
        assert bool(hidden) == told(poisoned), (poisoned.kind, poisoned.way)
        assert set(hidden) <= set(HIDDEN_WORDS)
        if poisoned.way != "in an attachment, styled away":
            assert items(pages) - {"Thank you.", "Rest well.", "Sleep well."} <= plans[poisoned.kind], poisoned.way


@pytest.mark.parametrize("order", poison.ORDERS[:2])
def test_no_order_in_a_document_is_obeyed(order):
    trial = poison.Trial()
    changed = [f"{each.kind} {each.way}" for each in poison.documents(order) if trial.changed(each, order)]
    assert changed == []
