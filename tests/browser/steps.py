"""What people do in more than one story, as they would do it; each page on the way is looked over by axe."""

import re
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.harness import Visitor, axe_findings
from tests.stack import Stack

Visitors = Callable[..., Visitor]


def patient_in_code(stack: Stack) -> tuple[str, str, str]:
    """A patient without papers: their name, their id and their invitation."""
    called = f"Maria{uuid.uuid4().hex[:4]}"
    link = stack.newcomer(called, papers=False)
    found = stack.shell(
        f"from clinic.models import Patient\nprint(next(p.pk for p in Patient.objects.all() if p.called == {called!r}))"
    )
    return called, found.splitlines()[-1], link


def sign_in(stack: Stack, visitors: Visitors, username: str) -> Page:
    person = next(entry for entry in stack.sign_ins() if entry.get("username") == username)
    page = visitors().page(person["address"])
    page.locator("input[name=login]").fill(person["username"])
    page.locator("input[name=password]").fill(person["password"])
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url(lambda address: "/sign-in/" not in address)
    return page


def upload_and_approve(page: Page, stack: Stack, patient_id: str, papers: Path) -> None:
    page.goto(f"{stack.url}/knowledge/patients/{patient_id}/upload/")
    assert axe_findings(page) == []
    page.locator("input[type=file]").set_input_files(papers)
    page.get_by_role("button", name="Upload and read").click()
    approve = page.get_by_role("button", name=re.compile("^Approve"))
    expect(approve).to_be_visible(timeout=60_000)
    assert axe_findings(page) == []
    approve.click()
    expect(page.get_by_text("Approved").first).to_be_visible()


def come_in(page: Page, *, purposes: Sequence[str] = ("ai_call", "voice", "memory")) -> None:
    """The date of birth, then the choices."""
    page.fill("input[name=day]", "2")
    page.select_option("select[name=month]", "3")
    page.fill("input[name=year]", "1958")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/choices/")
    assert axe_findings(page) == []
    switches = page.locator("input[name=purpose]")
    assert not any(switches.nth(index).is_checked() for index in range(switches.count())), "a switch was on by default"
    for purpose in purposes:
        page.locator(f"input[name=purpose][value={purpose}]").check()
    page.locator("form button.button").first.click()
    page.wait_for_url("**/call/")


def join(page: Page) -> None:
    """Check microphone and camera, and be greeted."""
    page.get_by_role("button", name="Check microphone and camera").click()
    expect(page.locator("#microphone-state")).to_contain_text("We can hear your microphone")
    assert axe_findings(page) == []
    page.get_by_role("button", name="Join the call").click()
    expect(page.locator("#caption-assistant")).to_be_visible(timeout=30_000)
