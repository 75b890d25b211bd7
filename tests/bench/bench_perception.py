"""What noticing costs: on the server for each call, and on the patient's device.

Seconds of processor, so that a crowded machine does not show in them. The device's share is what a browser with the
camera on takes more while it notices than while it does not.
"""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from conversations.live.events import Chunk, SpeechStarted, SpeechStopped
from conversations.live.looks import NUMBERS
from conversations.live.perception import Perception
from tests.bench import Figure

CHUNKS = 500  # of 20 ms: an utterance of 10 s
REPORT = {"face": True, "shut": False, "blinks": 3, **dict.fromkeys(NUMBERS, 0.1)}
WATCHED_S = 12.0
STATIC = Path(__file__).resolve().parents[2] / "conversations" / "static"
# The camera is on in both cases; `watch(false)` stops the looking.
WATCH = """
async () => {
    const { Watcher } = await import("/conversations/perception/watcher.js");
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    const watcher = new Watcher({ posture: true });
    window.looks = 0;
    watcher.addEventListener("noticed", () => (window.looks += 1));
    window.watch = (on) => (on ? watcher.start(stream.getVideoTracks()[0]) : watcher.stop());
}
"""


def measure() -> Iterable[Figure]:
    yield from _on_the_server()
    yield from _on_the_device()


def _on_the_server() -> Iterable[Figure]:
    rng = np.random.default_rng(1)
    at = np.arange(320) / 16_000
    buzz = sum(np.sin(2 * np.pi * 125 * n * at) / n for n in range(1, 12))
    samples = (3000 * buzz + rng.normal(0, 100, 320)).astype(np.int16)
    perception = Perception(allowed=True)
    perception.heard(SpeechStarted(0.0))
    chunks = [Chunk(samples, 0.02 * (index + 1)) for index in range(CHUNKS)]
    listen_us = [_spent(lambda chunk=chunk: perception.listen(chunk)) * 1e6 for chunk in chunks]  # type: ignore[misc]
    see_us = []
    for index in range(CHUNKS):
        perception.listen(Chunk(samples, 10.0 + 0.1 * index))
        see_us.append(_spent(lambda: perception.see(REPORT)) * 1e6)
    note_ms = [_spent(lambda: perception.heard(SpeechStopped(60.0))) * 1e3 for _ in range(20)]
    yield Figure("20 ms of the voice, p50", float(np.median(listen_us)), "µs of a core")
    yield Figure("a report of the face, p50", float(np.median(see_us)), "µs of a core")
    yield Figure("the note after 10 s of speech, p50", float(np.median(note_ms)), "ms of a core", "<= 10")
    share = float(np.median(listen_us)) * 50 + float(np.median(see_us)) * 10
    yield Figure("noticing, of a core for each call", share / 1e4, "%", "<= 2")


def _spent(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _on_the_device() -> Iterable[Figure]:
    from playwright.sync_api import sync_playwright

    from tests.browser.faces import film
    from tests.browser.harness import arguments, chromium

    if not chromium():
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        camera = film(Path(folder) / "face.mjpeg", "usual", "left", "usual", "closed")
        browser = driver.chromium.launch(executable_path=chromium(), args=arguments(None, camera))
        with _site() as address:
            page = browser.new_page()
            page.goto(f"{address}/conversations/call.css")  # any page of this origin
            page.evaluate(WATCH)
            shares = {}
            for noticing in (False, True):
                page.evaluate(f"window.watch({str(noticing).lower()})")
                page.wait_for_timeout(4000)
                before_s, looks = _processor_s(camera), page.evaluate("window.looks")
                begun = time.monotonic()
                page.wait_for_timeout(WATCHED_S * 1000)
                lasted_s = time.monotonic() - begun
                shares[noticing] = (_processor_s(camera) - before_s) / lasted_s
                rate = (page.evaluate("window.looks") - looks) / lasted_s
        browser.close()
    remark = f"{rate:.1f} looks a second; the camera alone takes {shares[False]:.0%}"
    yield Figure("noticing, of a core on the device", 100 * (shares[True] - shares[False]), "%", "<= 15", remark)


@contextmanager
def _site() -> Iterator[str]:
    """Our static files and nothing else."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(STATIC))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _processor_s(camera: Path) -> float:
    """Seconds of processor of the browser that has this camera, and of all its processes."""
    parents, spent, mine = {}, {}, set()
    for folder in Path("/proc").iterdir():
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            line = (folder / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        pid = folder.name
        parents[pid], spent[pid] = fields[1], int(fields[11]) + int(fields[12])
        if str(camera).encode() in line:
            mine.add(pid)
    grown = True
    while grown:
        children = {pid for pid, parent in parents.items() if parent in mine} - mine
        mine |= children
        grown = bool(children)
    return sum(spent[pid] for pid in mine) / os.sysconf("SC_CLK_TCK")
