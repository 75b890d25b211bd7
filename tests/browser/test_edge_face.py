"""The face drawn in the browser, beside the one that is drawn here: one drawing, two renderers."""

import base64
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import expect

from conversations.drawing import pack
from conversations.drawing.people import PEOPLE
from conversations.drawing.portrait import Portrait
from conversations.drawing.sheets import pose_in
from conversations.live import pose_packets
from conversations.live.expression import Situation
from conversations.live.pose import PARTS, Pose, numbers_of
from conversations.live.visemes import SHAPES, Viseme
from tests.browser.harness import Visitor
from tests.browser.page_alone import PageAlone
from tests.browser.steps import come_in, join
from tests.live.poses import Posing
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]
Picture = npt.NDArray[np.int_]  # (size, size, 3)

# Ten situations: every row of the table, and what the head, the lids and the lips can do beside it.
SITUATIONS: dict[str, tuple[str, Pose]] = {
    "listening": ("ines", pose_in(Situation.LISTENING)),
    "worried listening": ("omar", pose_in(Situation.WORRIED_LISTENING)),
    "thinking": ("grace", pose_in(Situation.THINKING)),
    "worried thinking": ("ines", pose_in(Situation.WORRIED_THINKING)),
    "speaking": ("grace", pose_in(Situation.SPEAKING, SHAPES[Viseme.OPEN].mouth)),
    "serious speaking": ("omar", pose_in(Situation.SERIOUS_SPEAKING, SHAPES[Viseme.LIP_TEETH].mouth)),
    "eyes shut, lips pressed": ("ines", replace(Pose(mouth=SHAPES[Viseme.CLOSED].mouth), blink=1.0)),
    "turned, bowed, pursed": ("omar", replace(Pose(mouth=SHAPES[Viseme.PURSED].mouth), yaw=0.8, pitch=0.5)),
    "tilted, breathing in, hissing": ("ines", replace(Pose(mouth=SHAPES[Viseme.HISS].mouth), roll_deg=4, breath=1.0)),
    "blinking, tongue between the teeth": ("grace", replace(Pose(mouth=SHAPES[Viseme.TONGUE_TEETH].mouth), blink=0.5)),
}

DRAW = """
async ([poses, size]) => {
    const { Kit } = await import("/static/conversations/face/kit.js");
    const kit = await Kit.load();
    const drawings = {};
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    const surface = kit.api.MakeSWCanvasSurface(canvas);
    const pictures = [];
    for (const [who, pose] of poses) {
        drawings[who] ??= await kit.drawing(`/static/conversations/face/people/${who}/`);
        drawings[who].draw(surface.getCanvas(), pose, size);
        const image = surface.makeImageSnapshot();
        pictures.push(btoa(Array.from(image.encodeToBytes(), (byte) => String.fromCharCode(byte)).join("")));
        image.delete();
    }
    return pictures;
}
"""


@pytest.fixture
def drawn_there(visitors: Callable[..., Visitor], call_page: Callable[..., PageAlone]) -> dict[str, Picture]:
    """What the browser draws, under the call page's own CSP."""
    visitor = visitors()
    visitor.troubles.expect_trouble("WebSocket|404|favicon")
    page = visitor.page(call_page().address)
    asked = [[who, numbers_of(pose)] for who, pose in SITUATIONS.values()]
    return dict(zip(SITUATIONS, map(decoded, page.evaluate(DRAW, [asked, pack.SIZE])), strict=True))


def decoded(png: Any) -> Picture:
    image = cv2.imdecode(np.frombuffer(base64.b64decode(png), np.uint8), cv2.IMREAD_COLOR)
    return image[..., ::-1].astype(int)


@cache
def portrait_of(who: str) -> Portrait:
    return Portrait(PEOPLE[who], pack.SIZE)


def drawn_here(who: str, pose: Pose) -> Picture:
    portrait_of(who).paint(pose)
    return portrait_of(who).picture.rgb().astype(int)


def features(off: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
    """Brows to chin."""
    top, bottom, left, right = (round(edge * pack.SIZE / 1000) for edge in (360, 660, 350, 650))
    return off[top:bottom, left:right]


def test_both_renderers_draw_the_same_picture_in_ten_situations(drawn_there: dict[str, Picture]) -> None:
    for name, there in drawn_there.items():
        who, pose = SITUATIONS[name]
        off = np.abs(there - drawn_here(who, pose)).max(axis=2)
        assert off.mean() < 3.0, name  # of 255: the images are compressed, and without the grain
        assert np.percentile(off, 99.9) < 24, name
        assert np.percentile(features(off), 99.5) < 24, name
        # and it would be seen if the poses were not the same
        other = replace(pose, blink=1 - pose.blink, mouth=SHAPES[Viseme.MID].mouth)
        assert np.percentile(features(np.abs(there - drawn_here(who, other)).max(axis=2)), 99.5) > 48, name


# The face with a connection that only remembers what it was asked to send.
MEET = """
async () => {
    const { EdgeFace } = await import("/static/conversations/face/edge.js");
    const connection = new EventTarget();
    window.sent = [];
    connection.send = (message) => window.sent.push(message);
    connection.connected = true;
    connection.voice = { getSynchronizationSources: () => [{ rtpTimestamp: 7000, timestamp: performance.now() }] };
    window.gaveUp = new Promise((resolve) => document.getElementById("drawn").addEventListener("gave-up", resolve));
    window.tell = (bytes) =>
        connection.dispatchEvent(new CustomEvent("pose", { detail: new Uint8Array(bytes).buffer }));
    return await new EdgeFace(document.getElementById("drawn"), connection).start();
}
"""
READ = """
async ([packet, parts, moment]) => {
    const { Poses, read } = await import("/static/conversations/face/poses.js");
    const poses = new Poses();
    poses.take(read(new Uint8Array(packet).buffer, parts));
    return [poses.at(moment), read(new Uint8Array(packet.slice(0, 12)).buffer, parts)];
}
"""


def test_the_page_draws_what_it_is_told_and_asks_for_video_when_it_is_told_nothing(
    visitors: Callable[..., Visitor], call_page: Callable[..., PageAlone]
) -> None:
    visitor = visitors()
    visitor.troubles.expect_trouble("WebSocket|404|favicon")
    page = visitor.page(call_page(edge=True).address)
    around = 2**32 - 960
    packet = list(pose_packets.encode(around, [Pose(smile=0.2, roll_deg=2), Pose(smile=0.4, roll_deg=-2)]))
    pose, cut_off = page.evaluate(READ, [packet, PARTS, 0])
    assert pose == pytest.approx(numbers_of(Pose(smile=0.3)))
    assert cut_off is None

    page.evaluate("document.querySelector('.stage').hidden = false")
    assert page.evaluate(MEET) is True
    page.evaluate("(packet) => tell(packet)", list(pose_packets.encode(7000, [Pose()])))
    page.wait_for_selector("#drawn[data-ahead-ms]", state="attached")
    page.evaluate("window.gaveUp.then(() => true)")
    assert page.evaluate("sent") == [{"type": "face", "drawn": True}, {"type": "face", "drawn": False}]
    expect(page.locator("#drawn")).to_be_hidden()


# The face over a real connection, offered by the page.
OFFER = """
async () => {
    const { EdgeFace } = await import("/static/conversations/face/edge.js");
    const peer = new RTCPeerConnection();
    const connection = new EventTarget();
    window.sent = [];
    connection.send = (message) => window.sent.push(message);
    for (const kind of ["audio", "video"]) peer.addTransceiver(kind);
    connection.voice = peer.getReceivers()[0];
    const channel = peer.createDataChannel("poses", { ordered: false, maxRetransmits: 0 });
    channel.binaryType = "arraybuffer";
    window.packets = 0;
    channel.onmessage = ({ data }) => {
        window.packets += 1;
        connection.dispatchEvent(new CustomEvent("pose", { detail: data }));
    };
    const sound = document.createElement("audio");
    sound.muted = true;
    peer.ontrack = ({ track }) => {
        if (track.kind === "audio") Object.assign(sound, { srcObject: new MediaStream([track]) }).play();
    };
    window.accept = async (sdp) => {
        await peer.setRemoteDescription({ type: "answer", sdp });
        const opened = new Promise((resolve) => (channel.onopen = resolve));
        if (channel.readyState !== "open") await opened;
        const face = new EdgeFace(document.getElementById("drawn"), connection);
        if (!(await face.start())) return false;
        connection.dispatchEvent(new CustomEvent("state", { detail: "connected" }));
        return true;
    };
    await peer.setLocalDescription(await peer.createOffer());
    if (peer.iceGatheringState !== "complete")
        await new Promise((resolve) => (peer.onicegatheringstatechange =
            () => peer.iceGatheringState === "complete" && resolve()));
    return peer.localDescription.sdp;
}
"""


def test_poses_over_a_real_connection_belong_to_the_sound_that_is_heard(
    visitors: Callable[..., Visitor], call_page: Callable[..., PageAlone]
) -> None:
    visitor = visitors()
    visitor.troubles.expect_trouble("WebSocket|404|favicon")
    page = visitor.page(call_page(edge=True).address)
    page.evaluate("document.querySelector('.stage').hidden = false")
    with Posing() as posing:
        answer = posing.answer(page.evaluate(OFFER))
        assert page.evaluate("(sdp) => window.accept(sdp)", answer) is True
        page.wait_for_selector("#drawn[data-ahead-ms]", state="attached", timeout=20_000)
        ahead_ms = int(page.locator("#drawn").get_attribute("data-ahead-ms") or "")
    assert page.evaluate("packets") > 0
    assert -500 < ahead_ms < 3000, "poses and sound are not counted from the same moment"


def test_in_a_call_the_patient_may_have_the_face_drawn_here(stack: Stack, visitors: Callable[..., Visitor]) -> None:
    maria = visitors().page(stack.newcomer())
    come_in(maria)
    join(maria)
    switch, face = maria.get_by_label("Draw the face on this device"), maria.locator("#drawn")
    for _ in range(120):  # a machine that is too slow for it goes back to video, and may try again
        switch.check()
        if face.get_attribute("data-ahead-ms"):
            break
        maria.wait_for_timeout(500)
    assert -500 < int(face.get_attribute("data-ahead-ms") or "-10000") < 3000, stack.log("callhost")[-2000:]
