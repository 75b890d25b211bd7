"""Takes the pictures of the documentation from the running product: `make pictures`.

Starts the demo clinic on a folder of its own, lives through a short call as Maria, and looks at it
as everyone concerned. Needs Chromium and some minutes.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.harness import DESKTOP, arguments, chromium
from tests.speech import say, silence, write
from tests.stack import ROOT, Stack, prepared_folder, started

PICTURES = ROOT / "docs" / "pictures"
SAMPLES = ROOT / "knowledge" / "samples"
PATIENCE_MS = 60_000


def main() -> int:
    PICTURES.mkdir(exist_ok=True)
    with prepared_folder() as folder, started(folder) as stack, _browser(folder) as browser:
        review(stack, browser)
        queue = signed_in(stack, browser, "osei")
        call(stack, browser)
        shoot(queue, "queue", wait_for=queue.get_by_text("new pain in my chest").first)
        queue.locator("a.queue-open").first.click()
        queue.wait_for_url("**/escalations/**")
        shoot(queue, "escalation")
        officer = signed_in(stack, browser, "officer")
        officer.goto(stack.url + "/compliance/trail/")
        shoot(officer, "trail")
    return 0


@contextmanager
def _browser(folder: Path) -> Iterator[Browser]:
    microphone = write(folder / "maria.wav", silence(60), say("Good evening."))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=arguments(microphone))
        yield browser
        browser.close()


def _context(browser: Browser, **options: Any) -> BrowserContext:
    context = browser.new_context(**{**DESKTOP, "device_scale_factor": 2, **options})
    context.set_default_timeout(PATIENCE_MS)
    return context


def shoot(page: Page, name: str, *, wait_for: Any = None) -> None:
    if wait_for is not None:
        expect(wait_for).to_be_visible(timeout=PATIENCE_MS)
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=PICTURES / f"{name}.png")
    sys.stdout.write(f"docs/pictures/{name}.png\n")


def signed_in(stack: Stack, browser: Browser, username: str) -> Page:
    person = next(entry for entry in stack.sign_ins() if entry.get("username") == username)
    page = _context(browser).new_page()
    page.goto(person["address"])
    page.locator("input[name=login]").fill(person["username"])
    page.locator("input[name=password]").fill(person["password"])
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url(lambda address: "/sign-in/" not in address)
    return page


def review(stack: Stack, browser: Browser) -> None:
    """The administrator looks at what was understood from a second patient's papers."""
    page = signed_in(stack, browser, "admin")
    page.goto(stack.url + "/patients/")
    page.get_by_role("link", name="Tomas Berg").click()
    page.goto(page.url.replace("/patients/", "/knowledge/patients/") + "upload/")
    page.locator("input[name=title]").fill("Discharge papers")
    page.locator("input[type=file]").set_input_files(SAMPLES / "heart_failure.txt")
    page.get_by_role("button", name="Upload and read").click()
    expect(page.get_by_text("What was understood").first).to_be_visible(timeout=PATIENCE_MS)
    shoot(page, "review")


def call(stack: Stack, browser: Browser) -> None:
    """Maria asks, is answered with the source, and says that something is wrong."""
    maria = stack.sign_ins()[0]
    page = _context(browser, **DESKTOP).new_page()
    page.goto(maria["address"])
    year, month, day = maria["born"].split("-")
    for name, value in (("year", year), ("month", month), ("day", day)):
        _fill(page, name, str(int(value)))
    page.locator("form.birth-date button").click()
    page.wait_for_url("**/choices/")
    shoot(page, "choices")
    for switch in page.locator("main input[type=checkbox]").all():
        switch.check(force=True)
    page.locator("form.choices button.button").click()
    page.wait_for_url("**/call/")
    page.locator("#join").click()
    expect(page.locator("#caption-assistant")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".face")).to_have_attribute("data-floor", "listening", timeout=PATIENCE_MS)
    _type(page, "When can I take a shower?")
    expect(page.locator("#source")).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_timeout(900)
    shoot(page, "call")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(400)
    shoot(page, "call-phone")
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator(".face")).to_have_attribute("data-floor", "listening", timeout=PATIENCE_MS)
    _type(page, "I have a new pain in my chest.")
    expect(page.locator("#caption-assistant[data-act=emergency]")).to_be_visible(timeout=PATIENCE_MS)


def _type(page: Page, text: str) -> None:
    if not page.locator("#type-form").is_visible():
        page.locator("#type").click()
    page.locator("#typed").fill(text)
    page.locator("#type-form button").click()
    page.locator("#type").click()


def _fill(page: Page, name: str, value: str) -> None:
    field = page.locator(f"[name$={name}]").first
    if field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


if __name__ == "__main__":
    sys.exit(main())
