"""A newcomer with only the documentation: their own model, their own document, a call (docs/tutorial.md)."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import Visitors, come_in, sign_in
from tests.conversations.stand_in_model import Behave, says, serving
from tests.speech import silence, write
from tests.stack import Stack, prepared_folder, started

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(300)]

PAPERS = """Discharge instructions for Maria Lindqvist

Garden
You may work in the garden again after three weeks.

Bath
Do not take a bath for six weeks.
"""
TRUE, INVENTED = "You may work in the garden again after three weeks.", "You may also swim in the sea from tomorrow."


@contextmanager
def model(behave: Behave) -> Iterator[str]:
    """Somebody's own model: the base URL of an OpenAI-compatible server, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = serving(behave)
    try:
        yield asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@pytest.fixture
def stack() -> Iterator[Stack]:
    """As `docs/how-to/connect-a-model.md` has it."""
    with model(says(f"{TRUE} {INVENTED}")) as address, prepared_folder() as folder:
        own = {"LLM_API_KEY": "mine", "LLM_MODEL": "mine", "LLM_COVERED_BY": "self-hosted"}
        with started(folder, through=(), LLM_BASE_URL=address, **own) as running:
            yield running


def give_it_a_document(page: Page, papers: Path) -> None:
    """The way the tutorial leads: documents, upload, whose they are, approve."""
    page.get_by_role("link", name="Documents").first.click()
    page.get_by_role("link", name="Upload a document").click()
    whose = page.get_by_label("Patient")
    whose.select_option(value=whose.locator("option", has_text="Maria").first.get_attribute("value"))
    page.locator("input[type=file]").set_input_files(papers)
    page.get_by_role("button", name="Upload and read").click()
    page.get_by_role("button", name=re.compile("^Approve")).click(timeout=60_000)
    expect(page.get_by_text("Approved").first).to_be_visible()


def test_a_newcomer_connects_a_model_uploads_a_document_and_completes_a_call(
    stack: Stack, visitors: Visitors, tmp_path: Path
) -> None:
    papers = tmp_path / "instructions.txt"
    papers.write_text(PAPERS)
    give_it_a_document(sign_in(stack, visitors, "admin"), papers)

    quiet = write(tmp_path / "quiet.wav", silence(300))
    maria = visitors(microphone=quiet).page(next(one["address"] for one in stack.sign_ins() if "/i/" in one["address"]))
    come_in(maria, purposes=("ai_call", "voice", "external_model"))
    maria.get_by_role("button", name="Check microphone and camera").click()
    maria.get_by_role("button", name="Join the call").click()
    expect(maria.locator("#caption-assistant")).to_be_visible(timeout=30_000)
    expect(maria.locator(".face[data-floor=listening]")).to_be_visible(timeout=60_000)
    maria.get_by_role("button", name="Type").click()
    maria.get_by_label("Type what you want to say").fill("When may I work in the garden?")
    maria.get_by_role("button", name="Say it").click()
    expect(maria.locator("#transcript")).to_contain_text(TRUE, timeout=30_000)
    expect(maria.locator("#transcript a.source").first).to_be_visible()
    expect(maria.locator(".face[data-floor=listening]")).to_be_visible(timeout=30_000)  # it has been heard
    assert INVENTED not in maria.locator("#transcript").inner_text()

    maria.get_by_role("button", name="End", exact=True).click()
    maria.get_by_role("button", name="End the call").click()
    maria.wait_for_url("**/after/", timeout=15_000)
    expect(maria.locator("main")).to_contain_text(TRUE)
