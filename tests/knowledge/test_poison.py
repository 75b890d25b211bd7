"""Documents with orders in them: what a reader would not see is not read, and no order is obeyed.

`python -m tests.knowledge.poison FILE…` tries every text of a file in every way.
"""

import pytest

from knowledge.review import HIDDEN_WORDS
from tests.knowledge import poison

# Nobody is told of these: they are no text of the document in any program that shows it.
UNTOLD = {"in an attribute", "in a script", "in an extension", "in a link's address"} | {"ccda in a comment"}


def told(poisoned: poison.Poisoned) -> bool:
    return not poisoned.seen and poisoned.way not in UNTOLD and f"{poisoned.kind} {poisoned.way}" not in UNTOLD


@pytest.mark.parametrize("order", poison.ORDERS)
def test_hidden_orders_are_not_read_and_the_reviewer_is_told(order):
    clean = [poison.Poisoned(kind, "", data, True) for kind, data in poison.clean().items()]
    plans = {each.kind: poison.proposals(poison.pages_of(each)) | {*poison.BODY} for each in clean}
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
            found = poison.proposals(pages) - {"Thank you.", "Rest well.", "Sleep well."}
            assert found <= plans[poisoned.kind], poisoned.way


def test_a_run_goes_round_every_way_and_every_order():
    ways = {(each.kind, each.way) for each in poison.documents(poison.ORDERS[0])}
    run = list(poison.spread(poison.ORDERS[:3], len(ways)))
    assert {(each.kind, each.way) for _, each in run} == ways
    assert {text for text, _ in run} == {*poison.ORDERS[:3]}
    all_of_them = list(poison.spread(poison.ORDERS[:3], 0))
    assert len({(text, each.kind, each.way) for text, each in all_of_them}) == 3 * len(ways)


def test_what_a_run_counts_is_what_got_through():
    trial, order = poison.Trial(), poison.ORDERS[0]
    plans = poison.clean_plans()
    hidden = next(each for each in poison.documents(order) if each.kind == "html" and not each.seen)
    assert list(poison.faults(hidden, order, trial, plans)) == []
    shown = poison.Poisoned("html", "in plain sight", poison._html(f"<p>{order}</p>"), False)  # said to be hidden
    assert "read although hidden" in list(poison.faults(shown, order, trial, plans))


@pytest.mark.parametrize("order", poison.ORDERS[:2])
def test_no_order_in_a_document_is_obeyed(order):
    trial = poison.Trial()
    changed = [f"{each.kind} {each.way}" for each in poison.documents(order) if trial.changed(each, order)]
    assert changed == []
