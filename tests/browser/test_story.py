"""The whole path in real browsers: the administrator, Maria, her clinician and the compliance officer."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.harness import PHONE, axe_findings
from tests.browser.steps import Visitors, come_in, join, patient_in_code, sign_in, upload_and_approve
from tests.speech import recordings, silence, write
from tests.stack import ROOT, Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.alone]

SAMPLE = ROOT / "knowledge" / "samples" / "hip_replacement.pdf"
QUIET_S = 60.0  # of the fake microphone before she speaks: joining, the greeting, a typed question and its answer
SETTLED_S = 1.0

# Looks at what arrives, ten times a second: loudness of the remote track, and how much the mouth moved.
MONITOR = """
() => {
    const video = document.getElementById("face");
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(new MediaStream(video.srcObject.getAudioTracks())).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const canvas = new OffscreenCanvas(64, 32);
    const painter = canvas.getContext("2d", { willReadFrequently: true });
    let before = null, floor = "", since = 0;
    window.seen = [];
    setInterval(() => {
        const has = document.querySelector(".face").dataset.floor;
        if (has !== floor) [floor, since] = [has, performance.now()];
        analyser.getFloatTimeDomainData(samples);
        const rms = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
        const [w, h] = [video.videoWidth, video.videoHeight];
        painter.drawImage(video, w * 0.4, h * 0.52, w * 0.2, h * 0.12, 0, 0, 64, 32);
        const now = painter.getImageData(0, 0, 64, 32).data;
        const moved = before ? now.reduce((sum, value, i) => sum + Math.abs(value - before[i]), 0) / now.length : 0;
        before = now;
        window.seen.push({ rms, moved, floor, for_s: (performance.now() - since) / 1000 });
    }, 100);
}
"""


# Every connection the page makes, to ask later what it sent.
PEERS = """
window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
        super(...options);
        window.peers.push(this);
    }
};
"""
SENT_PICTURES = """
async () => {
    let sent = 0;
    for (const peer of window.peers) {
        sent += peer.getSenders().filter((one) => one.track?.kind === "video").length;
        for (const report of (await peer.getStats()).values())
            if (report.type === "outbound-rtp" && report.kind === "video") sent += report.bytesSent;
    }
    return { peers: window.peers.length, sent };
}
"""

ON_THE_WIRE = """
async () => {
    const seen = [];
    for (const peer of window.peers)
        for (const report of (await peer.getStats()).values())
            if (report.type === "transport" && report.dtlsState === "connected") seen.push(report);
    return seen;
}
"""


def average(seen: list[dict[str, Any]], key: str, floor: str) -> float:
    """While `floor` was theirs for a while: a mouth closes a moment after the last word."""
    values = [float(one[key]) for one in seen if one["floor"] == floor and one["for_s"] > SETTLED_S]
    assert len(values) > 10, f"too little of {floor}"
    return sum(values) / len(values)


@pytest.mark.timeout(600)
def test_from_discharge_papers_to_a_resolved_escalation(stack: Stack, visitors: Visitors, tmp_path: Path) -> None:
    called, patient_id, link = patient_in_code(stack)
    upload_and_approve(sign_in(stack, visitors, "admin"), stack, patient_id, SAMPLE)
    clinician = sign_in(stack, visitors, "osei")
    expect(clinician.locator("#live")).to_have_text("Live")

    speech = write(tmp_path / "chest.wav", silence(QUIET_S), recordings("alarm")[0], silence(60))
    visitor = visitors(microphone=speech, **PHONE)
    visitor.context.add_init_script(PEERS)
    maria = visitor.page(link)
    come_in(maria)
    join(maria)
    maria.evaluate(MONITOR)
    nothing_of_her_leaves(maria)
    asks_and_sees_the_source(maria)

    row = clinician.locator("article.queue-row.queue-emergency", has_text=called)
    alarm_is_raised(maria, row)
    assert axe_findings(maria) == []
    assert axe_findings(clinician) == []
    seen = maria.evaluate("window.seen")
    assert average(seen, "rms", "speaking") > 0.01, "the voice could not be heard"
    assert average(seen, "moved", "speaking") > 2 * average(seen, "moved", "listening"), "the lips did not follow"

    resolve(clinician, row)
    maria.get_by_role("button", name="End", exact=True).click()
    maria.get_by_role("button", name="End the call").click()
    maria.wait_for_url("**/after/", timeout=15_000)
    expect(maria.get_by_role("heading", name="What was said")).to_be_visible()
    assert axe_findings(maria) == []
    trail_of(sign_in(stack, visitors, "officer"), stack, patient_id)


def nothing_of_her_leaves(maria: Page) -> None:
    """Her camera is on, and seen by herself only; what does leave is encrypted well."""
    expect(maria.locator(".badge")).to_have_text("AI assistant")
    assert maria.locator("#self").is_visible(), "her camera is on"
    pictures = maria.evaluate(SENT_PICTURES)
    assert pictures["peers"] >= 1
    assert pictures["sent"] == 0, "her picture left her device"
    encrypted_well(maria.evaluate(ON_THE_WIRE))


def asks_and_sees_the_source(maria: Page) -> None:
    maria.get_by_role("button", name="Type").click()
    maria.get_by_label("Type what you want to say").fill("When can I take a shower?")
    maria.get_by_role("button", name="Say it").click()
    source = maria.locator("#transcript a.source").first
    expect(source).to_be_visible(timeout=60_000)  # after the greeting
    expect(maria.locator("#transcript")).to_contain_text(re.compile("shower", re.IGNORECASE))
    with maria.context.expect_page() as opened:
        source.evaluate("chip => chip.click()")
    expect(opened.value.locator("mark").first).to_be_visible()
    opened.value.close()


def alarm_is_raised(maria: Page, row: Locator) -> None:
    """She says it aloud; her clinician sees it within two seconds, and she is told what to do."""
    expect(maria.locator("#caption-patient")).to_contain_text(re.compile("chest", re.IGNORECASE), timeout=120_000)
    heard_s = time.monotonic()
    expect(row).to_contain_text("chest", timeout=10_000)
    assert time.monotonic() - heard_s <= 2.0
    expect(maria.locator("#caption-assistant[data-act=emergency]")).to_be_visible(timeout=15_000)
    puts_right_what_was_heard(maria)


def puts_right_what_was_heard(maria: Page) -> None:
    """The words are there to be changed, and can be left as they are."""
    maria.get_by_role("button", name="That is not what I said").click()
    words = maria.get_by_label("What did you say? Put it right here.")
    expect(words).to_have_value(re.compile("chest", re.IGNORECASE))
    expect(words).to_be_focused()
    maria.get_by_role("button", name="Type").click()
    expect(words).to_be_hidden()


def resolve(clinician: Page, row: Locator) -> None:
    row.get_by_role("link").first.click()
    expect(clinician.get_by_role("heading", name="The plan")).to_be_visible()
    clinician.get_by_role("button", name="Acknowledge").click()
    clinician.locator("select[name=outcome]").select_option(index=1)
    clinician.locator("textarea[name=note]").fill("Rang her; the ambulance is on its way.")
    clinician.get_by_role("button", name="Resolve, in my name").click()
    clinician.wait_for_url("**/queue/")
    expect(row).to_have_count(0)


def encrypted_well(transports: list[dict[str, Any]]) -> None:
    """What Chromium says it agreed on: https://w3c.github.io/webrtc-stats/#transportstats-dict*."""
    assert transports
    for transport in transports:
        assert re.fullmatch(r"(SRTP_)?AEAD_AES_(128|256)_GCM", transport["srtpCipher"])
        assert re.search(r"ECDHE.*(GCM|POLY1305)", transport["dtlsCipher"])
        assert transport["tlsVersion"] == "FEFD"  # DTLS 1.2


def trail_of(page: Page, stack: Stack, patient_id: str) -> None:
    """Every step stands in the officer's trail."""
    page.goto(f"{stack.url}/compliance/trail/?patient={patient_id}")
    for sentence in ("consent", "joined the call", "ended", "escalation", "approved"):
        expect(page.locator("main")).to_contain_text(re.compile(sentence, re.IGNORECASE))
    assert axe_findings(page) == []
