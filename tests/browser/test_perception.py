"""What the patient's own device notices, in a real browser with a fake camera, under the call page's own CSP."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, expect

from tests.browser.faces import film
from tests.browser.harness import Visitor, axe_findings
from tests.browser.page_alone import PageAlone

pytestmark = [pytest.mark.browser, pytest.mark.alone, pytest.mark.timeout(200)]
Visitors = Callable[..., Visitor]

# The panel with a connection that only remembers what it was asked to send.
WATCH = """
async () => {
    const { Noticing } = await import("/static/conversations/perception/noticing.js");
    const words = JSON.parse(document.getElementById("words").textContent);
    const connection = new EventTarget();
    window.sent = [];
    connection.send = (message) => window.sent.push({ ...message, at: performance.now() });
    window.noticing = new Noticing(document.getElementById("noticing"), words, connection);
    connection.dispatchEvent(new CustomEvent("state", { detail: "connected" }));
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    window.track = stream.getVideoTracks()[0];
    window.noticing.use(window.track);
    window.tell = (message) => connection.dispatchEvent(new CustomEvent("message", { detail: message }));
}
"""


def arrive(visitors: Visitors, address: str, camera: Path) -> Page:
    visitor = visitors(camera=camera)
    visitor.troubles.expect_trouble("WebSocket|404|favicon")
    return visitor.page(address)


def sent_until(page: Page, wanted: Mapping[str, Callable[[dict[str, Any]], bool]], limit_s: float = 60.0) -> Any:
    """What the device told, once each of `wanted` has been seen in it."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        sent = page.evaluate("window.sent")
        if all(any(map(holds, sent)) for holds in wanted.values()):
            return sent
        page.wait_for_timeout(300)
    missing = [name for name, holds in wanted.items() if not any(map(holds, page.evaluate("window.sent")))]
    raise AssertionError(f"never seen: {missing}")


def test_the_device_sees_a_face_its_gaze_lids_and_mouth_and_tells_only_numbers(
    visitors: Visitors, call_page: Callable[..., PageAlone], tmp_path: Path
) -> None:
    camera = film(tmp_path / "faces.mjpeg", "usual", "left", "usual", "closed", "usual", "right", "open", "gone")
    page = arrive(visitors, call_page(perception=True).address, camera)
    page.evaluate("document.querySelector('.stage').hidden = false")
    page.evaluate(WATCH)
    sent = sent_until(
        page,
        {
            "face": lambda one: one["face"] and abs(one["yaw"]) < 10 and abs(one["gaze_x"]) < 0.15,
            "looking to the left": lambda one: one["face"] and one["gaze_x"] < -0.28,
            "looking to the right": lambda one: one["face"] and one["gaze_x"] > 0.28,
            "eyes closed": lambda one: one["face"] and one["shut"] and one["eyes"] < 0.16,
            "mouth open": lambda one: one["face"] and not one["shut"] and one["mouth"] > 0.35,
            "a blink": lambda one: one["face"] and one["blinks"] >= 1,
            "gone": lambda one: not one["face"],
        },
    )
    for message in sent:
        assert message.pop("type") == "perceived"
        assert all(isinstance(value, bool | int | float) for value in message.values())
        assert len(json.dumps(message)) < 400
    lasted_s = (sent[-1]["at"] - sent[0]["at"]) / 1000
    assert len(sent) / lasted_s <= 10.5, "told more than ten times a second"
    expect(page.locator("#noticing p")).not_to_be_empty()
    assert axe_findings(page) == []

    page.get_by_role("button", name="Stop noticing").click()
    expect(page.locator("#noticing p")).to_have_text("Switched off. I notice nothing from your camera.")
    told = page.evaluate("window.sent.length")
    page.wait_for_timeout(700)
    assert page.evaluate("window.sent.length") == told, "it went on looking after it was switched off"
    assert page.workers == []

    page.get_by_role("button", name="Start noticing").click()
    sent_until(page, {"again": lambda one: one["at"] > sent[-1]["at"] + 700})
    page.evaluate("tell({ type: 'noticing', allowed: false })")
    expect(page.locator("#noticing p")).to_have_text("You took this choice back. I notice nothing from your camera.")
    told = page.evaluate("window.sent.length")
    page.wait_for_timeout(700)
    assert page.evaluate("window.sent.length") == told, "it went on looking after consent was taken back"
    assert page.workers == []
    expect(page.locator("#noticing button")).to_be_hidden()


# Points of a body in a picture as high as wide: shoulders 0.3 apart, the hand of one side anywhere.
HANDS = """
async (places) => {
    const { hold } = await import("/static/conversations/perception/posture.js");
    return places.map(([x, y, seen]) => {
        const points = new Float32Array(4 * 33);
        const put = (index, ...numbers) => points.set(numbers, 4 * index);
        put(7, 0.55, 0.25, 0, 1), put(8, 0.45, 0.25, 0, 1), put(11, 0.65, 0.5, 0, 1), put(12, 0.35, 0.5, 0, 1);
        for (const index of [15, 19]) put(index, x, y, 0, seen);
        const { body, chest, belly } = hold(points, 1);
        return [body, chest, belly];
    });
}
"""


def test_how_somebody_sits_is_told_in_numbers_where_they_agreed_to_that(
    visitors: Visitors, call_page: Callable[..., PageAlone], tmp_path: Path
) -> None:
    camera = film(tmp_path / "sitting.mjpeg", "usual", "usual", "tilted", "tilted")
    page = arrive(visitors, call_page(perception=True, posture=True).address, camera)
    hands = page.evaluate(HANDS, [[0.5, 0.6, 1], [0.5, 0.85, 1], [0.9, 0.6, 1], [0.5, 0.6, 0.2], [0.5, 1.01, 1]])
    told = [(True, True, False), (True, False, True), (True, False, False), (True, False, False), (True, False, False)]
    assert [tuple(each) for each in hands] == told
    page.evaluate("document.querySelector('.stage').hidden = false")
    page.evaluate(WATCH)
    sent = sent_until(
        page,
        {
            "a face": lambda one: one.get("face") is True,
            "as usual": lambda one: one.get("body") is True and 5 < one["tilt"] < 20,  # she sits turned to the side
            "leaning": lambda one: one.get("body") is True and one["tilt"] > 23,
        },
        limit_s=90.0,
    )
    bodies = [one for one in sent if "body" in one]
    assert all(isinstance(value, bool | int | float) for one in bodies for name, value in one.items() if name != "type")
    assert max(len(json.dumps(one)) for one in bodies) < 400
    assert len(bodies) <= 4.5 * (sent[-1]["at"] - bodies[0]["at"]) / 1000 + 1, "told more than four times a second"
    page.get_by_role("button", name="Stop noticing").click()
    page.wait_for_timeout(300)
    assert page.workers == []


def test_without_consent_nothing_that_could_look_is_loaded(
    visitors: Visitors, call_page: Callable[..., PageAlone], tmp_path: Path
) -> None:
    page = arrive(visitors, call_page(perception=False).address, film(tmp_path / "face.mjpeg", "usual"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.get_by_role("button", name="Check microphone and camera").click()
    expect(page.locator("#camera-state")).to_contain_text("Your camera works")
    page.get_by_role("button", name="Join the call").click()
    expect(page.locator(".stage")).to_be_visible()
    page.wait_for_timeout(500)
    assert asked
    assert not [url for url in asked if "perception" in url or "face_mesh" in url or "pose" in url]
    assert page.locator("#noticing").count() == 0
    assert page.workers == []


@pytest.mark.parametrize("solution", ["face_mesh", "pose"])
def test_what_is_vendored_is_what_was_checked(solution: str) -> None:
    folder = Path(str(finders.find(f"conversations/vendor/{solution}/SHA256SUMS"))).parent
    lines = [line.split() for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert {name for _, name in lines} | {"SHA256SUMS", "LICENSE"} == {path.name for path in folder.iterdir()}
    for digest, name in lines:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    glue = (folder / f"{solution}_solution_simd_wasm_bin.js").read_text()
    assert "new Function" not in glue
    assert "eval(" not in glue
