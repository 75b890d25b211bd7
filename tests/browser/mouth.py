"""A patient's mouth: the page's microphone says what the test wants, at the moment that the test wants it.

    visitor.context.add_init_script(mouth.HERS)
    ...
    mouth.speak(page, say("I have a new pain in my chest."))

The browser is still asked for the real microphone; what leaves the page is the line that the test speaks into. A file
played by Chromium's fake microphone begins when the microphone opens: a test would wait for the slowest machine.
"""

import base64

from playwright.sync_api import Page

from conversations.live.events import Samples
from tests.speech import RATE_HZ

HERS = """
(() => {
    const devices = navigator.mediaDevices, asked = devices?.getUserMedia.bind(devices);
    if (!asked) return;
    devices.getUserMedia = async (wanted) => {
        const real = await asked(wanted);
        if (!wanted.audio) return real;
        for (const track of real.getAudioTracks()) track.stop();
        const context = new AudioContext();
        const line = context.createMediaStreamDestination();
        line.channelCount = 1;
        window.mouth = { context, line };
        return line.stream;
    };
})();
"""
SPEAK = """
([encoded, rate]) => {
    const { context, line } = window.mouth;
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const samples = Float32Array.from(new Int16Array(bytes.buffer), (value) => value / 32768);
    const buffer = context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(line);
    source.start();
}
"""


def speak(page: Page, speech: Samples) -> None:
    """Begins to speak, and comes back at once; `speech` is mono int16 at 48 kHz."""
    page.evaluate(SPEAK, [base64.b64encode(speech.tobytes()).decode(), RATE_HZ])
