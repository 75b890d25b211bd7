"""What a frame of the face costs: drawing, planes, encoding; while it speaks and while it listens.

Seconds of processor over all threads, so a frame's figure is what one core spends on it. The same pictures are drawn
and encoded three times, and the middle run counts. A core that others share is slower for some pictures, others each
time; the least that each took of the three says what it costs by itself.

The peer in the same run is the usual path: the same pictures as R'G'B' arrays, `from_ndarray`, `reformat`, and aiortc's
encoder as it comes, in turn with ours.
"""

import time
from collections.abc import Iterable
from typing import Any

import av
import numpy as np

from conversations.drawing.people import PEOPLE
from conversations.live.events import Floor
from conversations.live.video import worth_sending
from conversations.providers.drawn_face import DrawnFace
from conversations.providers.espeak import EspeakVoice
from tests.bench import Figure
from tests.bench.edge import edge
from tests.live.pictures import OURS, STOCK, Encoder, likeness_db, luma, shown, stamped

SENTENCE = (
    "Good evening, Maria. Your papers say to take one tablet in the morning with food, and to keep the bandage dry. "
    "How has your knee been since yesterday?"
)
BITS_PER_S = 1_500_000
RUNS = 3


def measure() -> Iterable[Figure]:
    sound = EspeakVoice().render(SENTENCE)
    for size, fps, target in ((1080, 40, "<= 25"), (720, 30, "<= 8")):
        for codec in OURS:
            yield from _speaking(sound, size, fps, codec, target if codec == "VP8" else "")
    yield from _likeness(sound)
    yield _waiting("listening", reduced_motion=False, target="")
    yield _waiting("still", reduced_motion=True, target="<= 3")
    yield _memory()
    yield from edge(sound)


def _speaking(sound: Any, size: int, fps: int, codec: str, target: str) -> Iterable[Figure]:
    count = int(min(6.0, sound.duration_s) * fps)
    runs = [_ours(_talking(sound, size), count, fps, codec) for _ in range(RUNS)]
    p95s = sorted((_p95(run.sum(axis=0)), number) for number, run in enumerate(runs))
    run = runs[p95s[RUNS // 2][1]]
    name = f"face {size} at {fps}, {codec}"
    note = f"{_shares(run, 95)}; runs {', '.join(f'{p95:.1f}' for p95, _ in p95s)}"
    yield Figure(f"{name}, speaking, p95", _p95(run.sum(axis=0)), "ms of a core", target, note)
    yield Figure(f"{name}, speaking, p50", float(np.median(run.sum(axis=0))), "ms of a core", "", _shares(run, 50))
    least = np.min(runs, axis=0)
    note = f"the least of {RUNS} runs for each picture; {_shares(least, 95)}; p50 {np.median(least.sum(axis=0)):.1f}"
    yield Figure(f"{name}, speaking, by itself, p95", _p95(least.sum(axis=0)), "ms of a core", "", note)
    draw_ms, encode_ms, convert_ms, stock_ms = _both(_talking(sound, size), count, fps, codec)
    beside = f"array, swscale, aiortc's encoder; ours in turn with it {_p95(draw_ms + encode_ms):.1f}"
    yield Figure(f"{name}, the usual path, p95", _p95(draw_ms + convert_ms + stock_ms), "ms of a core", "", beside)


def _shares(run: Any, percentile: int) -> str:
    draw_ms, encode_ms = np.percentile(run, percentile, axis=1)
    return f"draw {draw_ms:.1f}, encode {encode_ms:.1f}"


def _talking(sound: Any, size: int) -> DrawnFace:
    face = DrawnFace("ines", size)
    face.attend(Floor.SPEAKING, 0.0)
    face.say(sound.phonemes, 0.3)
    return face


def _ours(face: DrawnFace, count: int, fps: int, codec: str) -> Any:
    """Milliseconds of processor for each frame: drawn, encoded."""
    encoder, times = _at_rate(OURS[codec]()), np.zeros((3, count))
    for index in range(count):
        times[0, index] = time.process_time()
        frame = stamped(face.draw(index / fps), index, fps)
        times[1, index] = time.process_time()
        encoder.encode(frame)
        times[2, index] = time.process_time()
    return 1000 * np.diff(times[:, 5:], axis=0)


def _both(face: DrawnFace, count: int, fps: int, codec: str) -> Any:
    """The same, and from an array by aiortc's encoder, picture by picture: converted, encoded."""
    ours, stock = _at_rate(OURS[codec]()), _at_rate(STOCK[codec]())
    times = np.zeros((5, count))
    for index in range(count):
        clock = time.process_time
        times[0, index] = clock()
        frame = stamped(face.draw(index / fps), index, fps)
        times[1, index] = clock()
        ours.encode(frame)
        times[2, index] = clock()
        usual = av.VideoFrame.from_ndarray(face.picture.rgb(), "rgb24").reformat(format="yuv420p")
        times[3, index] = clock()
        stock.encode(stamped(usual, index, fps))
        times[4, index] = clock()
    return 1000 * np.diff(times[:, 5:], axis=0)


def _likeness(sound: Any) -> Iterable[Figure]:
    """How like what was drawn a receiver's pictures are, at the same bits a second, once the first have settled."""
    size, fps = 720, 30
    face = _talking(sound, size)
    drawn = [face.draw(index / fps) for index in range(3 * fps)]
    for codec in OURS:
        for whose, made in (("", OURS[codec]), (", aiortc's", STOCK[codec])):
            encoder = made()
            encoder.target_bitrate = 500_000
            seen = zip(shown(codec, encoder, drawn, fps), drawn, strict=True)
            pairs = [(luma(one), luma(other)) for one, other in seen][fps::5]
            whole = [likeness_db(one, other) for one, other in pairs]
            mouth = [likeness_db(_mouth(one), _mouth(other)) for one, other in pairs]
            note = f"at worst {min(whole):.1f}; mouth {np.median(mouth):.1f}, at worst {min(mouth):.1f}"
            name = f"face 720 at 30, {codec}{whose}, 500 kbit/s, likeness"
            yield Figure(name, float(np.median(whole)), "dB", "" if whose else ">= 42", note)


def _mouth(pixels: Any) -> Any:
    scale, middle = len(pixels) / 1000, PEOPLE["ines"].lips.height
    return pixels[int((middle - 35) * scale) : int((middle + 65) * scale), int(420 * scale) : int(580 * scale)]


def _waiting(name: str, *, reduced_motion: bool, target: str) -> Figure:
    """A frame's share of ten seconds of listening, at 24 a second; still: nothing moves but the lids."""
    face, encoder = DrawnFace("ines", 1080, reduced_motion=reduced_motion), _at_rate(OURS["VP8"]())
    encoder.encode(stamped(face.draw(0.0), 0, 24))
    sent, sent_s, count = None, 0.0, 240
    begun = time.process_time()
    for index in range(1, count + 1):
        at_s = index / 24
        frame = face.draw(at_s)
        if worth_sending(changed=frame is not sent, since_sent_s=at_s - sent_s):
            encoder.encode(stamped(frame, index, 24))
            sent, sent_s = frame, at_s
    spent_ms = 1000 * (time.process_time() - begun) / count
    return Figure(f"face 1080 at 24, VP8, {name}, mean", spent_ms, "ms of a core", target)


def _at_rate(encoder: Encoder) -> Encoder:
    encoder.target_bitrate = BITS_PER_S
    return encoder


def _p95(values: Any) -> float:
    return float(np.percentile(values, 95))


def _memory() -> Figure:
    before = _pss_mb()
    face = DrawnFace("omar", 1080)
    face.draw(0.0)
    return Figure("face 1080, memory of one call", _pss_mb() - before, "MB", "", "libraries loaded already")


def _pss_mb() -> float:
    with open("/proc/self/smaps_rollup") as rollup:  # noqa: PTH123
        return next(int(line.split()[1]) / 1024 for line in rollup if line.startswith("Pss:"))
