"""A clinician's open queue: what comes by itself, what waits for the hand, and what keys do."""

import json
import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import PHONE, Visitor, axe_findings
from tests.browser.ward import Raise, ward
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.alone]
Visitors = Callable[..., Visitor]


@pytest.fixture(scope="module")
def raise_escalation(stack: Stack) -> Iterator[Raise]:
    with ward(stack) as ready:
        yield ready


def open_queue(stack: Stack, visitors: Visitors, **options: object) -> Page:
    person = next(entry for entry in stack.sign_ins() if entry.get("username") == "osei")
    page = visitors(**options).page(person["address"])
    page.locator("input[name=login]").fill(person["username"])
    page.locator("input[name=password]").fill(person["password"])
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url("**/queue/")
    expect(page.locator("#live")).to_have_text("Live")
    return page


def row(page: Page, raised: dict[str, str]):
    return page.locator(f"#e-{raised['id']}")


def test_an_emergency_arrives_by_itself_within_two_seconds(stack, visitors, raise_escalation):
    page = open_queue(stack, visitors)
    raised = raise_escalation("emergency", "I have a new pain in my chest", "emergency.chest_pain")
    expect(row(page, raised)).to_contain_text("“I have a new pain in my chest”")
    assert time.time() - raised["at"] <= 2.0
    expect(page).to_have_title(re.compile("EMERGENCY"))
    expect(page.locator("#announcement")).to_have_text("Emergency: Maria Lindqvist")
    assert axe_findings(page) == []


def test_an_emergency_is_announced_once_even_after_a_reload(stack, visitors, raise_escalation):
    page = open_queue(stack, visitors)
    raised = raise_escalation("emergency", "I cannot breathe", "emergency.breathing")
    expect(row(page, raised)).to_be_visible()
    page.reload()
    expect(page.locator("#live")).to_have_text("Live")
    assert page.locator("#announcement").text_content() == ""


def test_nothing_moves_under_the_pointer_until_it_is_asked_for(stack, visitors, raise_escalation):
    page = open_queue(stack, visitors)
    below = raise_escalation("question", "can I take a bath")
    expect(row(page, below)).to_be_visible()
    row(page, below).hover()
    page.mouse.move(*centre(row(page, below)))
    place = row(page, below).bounding_box()
    above = raise_escalation("emergency", "my leg is bleeding", "emergency.bleeding")
    expect(page.locator("#news")).to_be_visible()
    assert row(page, below).bounding_box() == place
    page.locator("#news").click()
    expect(row(page, above)).to_be_visible()
    assert row(page, above).bounding_box()["y"] < row(page, below).bounding_box()["y"]


def test_a_row_under_the_pointer_keeps_its_height_whatever_it_comes_to_say(stack, visitors, raise_escalation):
    page, sockets, told = open_queue(stack, visitors), [], []

    def between(socket):
        sockets.append(socket)
        socket.connect_to_server().on_message(lambda text: (told.append(json.loads(text)), socket.send(text)))

    page.context.route_web_socket("**/ws/escalations/", between)
    page.reload()
    raised = raise_escalation("question", "may I fly")
    expect(row(page, raised)).to_contain_text("paged once")
    now = next(one for message in reversed(told) for one in message["rows"] if one["id"] == raised["id"])
    mine = row(page, raised)
    mine.hover()
    page.mouse.move(*centre(mine))
    place = mine.bounding_box()
    for version, words in enumerate(("<p>a line</p>", "<p>a line</p>" * 20), now["version"] + 1):
        said = {"rows": [{**now, "version": version, "html": f'<article class="queue-row">{words}</article>'}]}
        sockets[-1].send(json.dumps({**said, "gone": []}))
        if version == now["version"] + 1:
            expect(mine).to_contain_text("a line")
            expect(page.locator("#news")).to_be_hidden()
    expect(page.locator("#news")).to_be_visible()
    assert mine.bounding_box() == place
    page.locator("#news").click()
    expect(mine.get_by_text("a line")).to_have_count(20)
    assert mine.bounding_box()["height"] > place["height"]


def centre(locator) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2 + 3


def test_keys_move_acknowledge_and_open(stack, visitors, raise_escalation):
    page = open_queue(stack, visitors)
    raised = raise_escalation("urgent", "my calf is hot and swollen")
    expect(row(page, raised)).to_contain_text("Nobody has it yet")
    row(page, raised).locator("a").first.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("a")
    expect(row(page, raised)).to_contain_text("Abena Osei has it")
    row(page, raised).locator("a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/escalations/{raised['id']}/")
    assert axe_findings(page) == []


def test_two_open_pages_agree_on_who_has_it(stack, visitors, raise_escalation):
    mine, other = open_queue(stack, visitors), open_queue(stack, visitors, **PHONE)
    raised = raise_escalation("urgent", "the wound is leaking")
    row(mine, raised).get_by_role("button", name="Acknowledge").click()
    expect(row(other, raised)).to_contain_text("Abena Osei has it")
    assert axe_findings(other) == []


def test_a_page_that_lost_its_socket_says_so_and_goes_on_looking(stack, visitors, raise_escalation):
    visitor_page = open_queue(stack, visitors)
    context = visitor_page.context
    context.route_web_socket("**/ws/escalations/", lambda socket: socket.close(code=1011))
    visitor_page.reload()
    expect(visitor_page.locator("#live")).to_contain_text("Looking every few seconds")
    raised = raise_escalation("urgent", "I feel dizzy when I stand up")
    expect(row(visitor_page, raised)).to_be_visible(timeout=15_000)


def test_the_filter_hides_what_others_have(stack, visitors, raise_escalation):
    page = open_queue(stack, visitors)
    raised = raise_escalation("question", "when may I drive")
    row(page, raised).get_by_role("button", name="Acknowledge").click()
    expect(row(page, raised)).to_contain_text("has it")
    page.locator(".queue-filters summary").click()
    page.get_by_label("Only what nobody has").check()
    expect(row(page, raised)).to_be_hidden()
