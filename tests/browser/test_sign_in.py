"""Staff sign in with a real browser against the running product."""

import pytest

from tests.browser.harness import PHONE, Visit, axe_findings
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
        page.locator("input[name=login]").fill(person["username"])
        page.locator("input[name=password]").fill(person["password"])
        page.locator("form button[type=submit]").first.click()
        page.wait_for_url(lambda address: "/sign-in/" not in address)
        assert axe_findings(page) == []
