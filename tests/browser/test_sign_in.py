"""Staff sign in with a real browser against the running product."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import PHONE, Visit, Visitor, axe_findings
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser]


@pytest.mark.parametrize("options", [{}, PHONE, {"color_scheme": "dark"}], ids=["desktop", "phone", "dark"])
def test_the_sign_in_page_is_accessible(stack: Stack, visit: Visit, options: dict[str, object]) -> None:
    page = visit(stack.url + "/sign-in/", **options)
    assert page.get_by_role("heading", level=1).count() == 1
    assert axe_findings(page) == []


def test_each_member_of_staff_comes_in(stack: Stack, visit: Visit) -> None:
    staff = [entry for entry in stack.sign_ins() if entry["role"] != "patient"]
    assert len(staff) >= 3
    for person in staff:
        page = visit(person["address"])
        sign_in(page, person)
        assert axe_findings(page) == []


def sign_in(page: Page, person: dict[str, Any]) -> None:
    page.locator("input[name=login]").fill(person["username"])
    page.locator("input[name=password]").fill(person["password"])
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url(lambda address: "/sign-in/" not in address)


# -- automatic logoff -----------------------------------------------------------------------
_AGE = """
import time
from django.contrib.sessions.models import Session
from django.contrib.sessions.backends.db import SessionStore
store = SessionStore({key!r})
store["active_at"] = time.time() - {idle_s}
store.save()
"""


def test_an_open_page_warns_and_then_shows_nothing_of_a_patient(stack: Stack, visitors: Callable[..., Visitor]) -> None:
    visitor = visitors()
    osei = next(entry for entry in stack.sign_ins() if entry.get("username") == "osei")
    page = visitor.page(osei["address"])
    sign_in(page, osei)
    page.goto(stack.url + "/patients/")
    page.get_by_role("link", name="Maria Lindqvist").first.click()
    page.wait_for_url("**/patients/*/")
    key = next(cookie["value"] for cookie in visitor.context.cookies() if cookie["name"] == "sessionid")
    stack.shell(_AGE.format(key=key, idle_s=14 * 60 + 30))
    look = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(look)
    warning = page.get_by_role("dialog", name="Are you still there?")
    expect(warning).to_be_visible()
    assert axe_findings(page) == []
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    stack.shell(_AGE.format(key=key, idle_s=15 * 60))
    visitor.troubles.expect_trouble("401")
    page.evaluate(look)
    page.wait_for_url("**/sign-in/**")
    assert "Lindqvist" not in page.content()
    page.go_back()
    page.wait_for_url("**/sign-in/**")
    assert "Lindqvist" not in page.content()
