"""Show me: the patient sees the picture first, may take it again, and only then sends it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import PHONE, Visitor, axe_findings
from tests.browser.page_alone import PageAlone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
LIVE_TRACKS = (
    "document.getElementById('finder').srcObject?.getTracks().filter((one) => one.readyState === 'live').length"
)


def opened(visitors: Callable[..., Visitor], alone: PageAlone) -> Page:
    visitor = visitors(**PHONE)
    visitor.troubles.expect_trouble("404|favicon")
    page = visitor.page(alone.address)
    page.evaluate("document.querySelector('.stage').hidden = false")
    page.get_by_role("button", name="Show something to your care team").click()
    expect(page.get_by_role("button", name="Take the picture")).to_be_enabled()
    eventually(page, "document.getElementById('finder').videoWidth > 0")
    return page


def eventually(page: Page, expression: str) -> None:
    """Asked from outside: Playwright's own waiting evaluates in the page, which its CSP forbids."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never true: {expression}")


def test_she_takes_it_again_agrees_and_sends_it(
    visitors: Callable[..., Visitor], call_page: Callable[..., PageAlone]
) -> None:
    alone = call_page()
    page = opened(visitors, alone)
    assert axe_findings(page) == []
    page.get_by_role("button", name="Take the picture").click()
    expect(page.get_by_alt_text("The picture you took")).to_be_visible()
    page.get_by_role("button", name="Take it again").click()
    page.get_by_role("button", name="Take the picture").click()
    page.get_by_label("What is it?").fill("my pill box")
    send = page.get_by_role("button", name="Send to my care team")
    send.click()
    assert alone.posted == [], "sent without her consent"
    assert axe_findings(page) == []
    page.get_by_label("I agree that a picture").check()
    send.click()
    expect(page.get_by_text("Your care team has the picture.")).to_be_visible()
    [body] = alone.posted
    assert b"\xff\xd8\xff" in body
    assert b"my pill box" in body
    page.get_by_role("button", name="Close").click()
    eventually(page, f"!({LIVE_TRACKS})")


def test_what_she_cancels_is_neither_sent_nor_kept(
    visitors: Callable[..., Visitor], call_page: Callable[..., PageAlone]
) -> None:
    alone = call_page(pictures=True)
    page = opened(visitors, alone)
    page.evaluate("window.tracks = document.getElementById('finder').srcObject.getTracks()")
    page.get_by_role("button", name="Take the picture").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    eventually(page, "window.tracks.every((one) => one.readyState === 'ended')")
    assert page.locator("#still").get_attribute("src") is None
    assert alone.posted == []
    expect(page.get_by_role("button", name="Show something to your care team")).to_be_focused()
