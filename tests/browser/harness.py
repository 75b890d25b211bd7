"""A real Chromium for tests: pages that remember every console error and CSP violation, and axe.

    @pytest.mark.browser
    def test_a_page(stack: Stack, visit: Visit) -> None:
        page = visit(stack.url + "/sign-in/")
        page.get_by_role("button", name="Sign in").click()

Each visitor is a browser context of its own. When the test ends, a visitor who saw a console
error, an uncaught exception or a CSP violation fails it; `expect_trouble(pattern)` excuses some.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, sync_playwright

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
STILL_LIMIT_MS = 15_000
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
    const where = `${event.sourceFile}:${event.lineNumber}`;
    console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI} ${where}`);
});
"""


@dataclass
class Troubles:
    """What went wrong in a visitor's pages."""

    seen: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)

    def expect_trouble(self, pattern: str) -> None:
        self.excused.append(pattern)

    def unexcused(self) -> list[str]:
        return [line for line in self.seen if not any(re.search(pattern, line) for pattern in self.excused)]

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.seen.append(f"uncaught: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"{message.text} ({message.location.get('url', '')})")


@dataclass
class Visitor:
    """One person's browser: its own cookies, size and colour scheme."""

    context: BrowserContext
    troubles: Troubles

    def page(self, address: str = "") -> Page:
        page = self.context.new_page()
        if address:
            page.goto(address)
        return page


Visit = Callable[..., Page]


def chromium() -> str | None:
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    browser_tests = [item for item in items if item.get_closest_marker("browser")]
    if not browser_tests or chromium():
        return
    config.stash[_missing] = len(browser_tests)
    for item in browser_tests:
        item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium"))


_missing: pytest.StashKey[int] = pytest.StashKey()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if count := config.stash.get(_missing, 0):
        terminalreporter.section("NO CHROMIUM", sep="*", red=True)
        terminalreporter.line(f"{count} browser tests were SKIPPED. As root, on Debian: apt-get install chromium")


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


Launch = Callable[..., Browser]


@pytest.fixture(scope="session")
def launch(playwright_driver: Playwright) -> Iterator[Launch]:
    """`launch(microphone=wav)`: a Chromium whose fake microphone plays a WAV file, once; silence without it.

    `camera=mjpeg`: its fake camera shows a Motion JPEG file, over and over; a test picture without it.
    """
    browsers: dict[tuple[Path | None, Path | None], Browser] = {}

    def launch_chromium(microphone: Path | None = None, camera: Path | None = None) -> Browser:
        if (microphone, camera) not in browsers:
            browsers[microphone, camera] = playwright_driver.chromium.launch(
                executable_path=chromium(), args=arguments(microphone, camera)
            )
        return browsers[microphone, camera]

    yield launch_chromium
    for browser in browsers.values():
        browser.close()


def arguments(microphone: Path | None, camera: Path | None = None) -> list[str]:
    arguments = [
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
        "--allow-loopback-in-peer-connection",
        "--disable-features=WebRtcHideLocalIpsWithMdns",
        "--force-color-profile=srgb",
    ]
    if microphone:
        arguments.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
    if camera:
        arguments.append(f"--use-file-for-fake-video-capture={camera}")
    return arguments


@pytest.fixture
def visitors(launch: Launch) -> Iterator[Callable[..., Visitor]]:
    """`visitors(microphone=wav, **context_options)`: someone with a browser of their own."""
    present: list[Visitor] = []

    def arrive(microphone: Path | None = None, camera: Path | None = None, **options: Any) -> Visitor:
        context = launch(microphone, camera).new_context(**{**DESKTOP, **options})
        context.set_default_timeout(STILL_LIMIT_MS)
        context.add_init_script(_REPORT_VIOLATIONS)
        troubles = Troubles()
        context.on("page", troubles.watch)
        present.append(Visitor(context, troubles))
        return present[-1]

    yield arrive
    unexcused = [line for visitor in present for line in visitor.troubles.unexcused()]
    for visitor in present:
        visitor.context.close()
    assert not unexcused, "the browser complained:\n" + "\n".join(unexcused)


@pytest.fixture
def visit(visitors: Callable[..., Visitor]) -> Visit:
    """`visit(address, **context_options)`: one page in a fresh browser."""

    def go(address: str, **options: Any) -> Page:
        return visitors(**options).page(address)

    return go


def axe_findings(page: Page) -> list[str]:
    """WCAG 2.2 A and AA violations on the page as it stands, a line each."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    return [
        f"{violation['id']}: {violation['help']} ({', '.join(' '.join(node['target']) for node in violation['nodes'])})"
        for violation in results.response["violations"]
    ]
