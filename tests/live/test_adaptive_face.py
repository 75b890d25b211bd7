"""The face gives way when the machine or the network is short, and comes back when they are not."""

from concurrent.futures import Executor, Future

import av
import pytest

from conversations.live.adaptive_face import AdaptiveFace, CoresFree
from conversations.live.events import Floor
from conversations.live.pose import Pose
from conversations.providers.drawn_face import DrawnFace

FPS = 40


class AtOnce(Executor):
    def submit(self, work, /, *args, **kwargs):
        done = Future()
        done.set_result(work(*args, **kwargs))
        return done


class Blank:
    """A face that costs what it is told to, per million pixels, and remembers when it was drawn."""

    def __init__(self, size=1080):
        self.size, self.drawn_s, self.spent_s, self.cost_s = size, [], 0.0, 0.0
        self.told = []

    def sized(self, size):
        return lambda: setattr(self, "size", size)

    def say(self, phonemes, starts_s):
        self.told.append("say")

    def hush(self, at_s):
        self.told.append("hush")

    def attend(self, floor, at_s, *, concern=0.0, nod=False):
        self.told.append((floor, concern, nod))

    def pose(self, at_s):
        return Pose()

    def draw(self, at_s):
        self.drawn_s.append(at_s)
        self.spent_s += self.cost_s * self.size**2 / 1e6
        return av.VideoFrame(self.size, self.size, "yuv420p")


def watched(blank, *, free=1.0, fps=FPS, largest=1080):
    return AdaptiveFace(
        blank,
        fps=fps,
        largest=largest,
        workshop=AtOnce(),
        cores_free=lambda: free,
        cpu_s=lambda: blank.spent_s,
        encoded_s=lambda: 3 * blank.spent_s,
    )


def run(face, seconds, start_s=0.0, every_s=1 / FPS):
    frame = None
    for index in range(round(seconds / every_s)):
        frame = face.draw(start_s + index * every_s)
    return frame


def test_what_is_cheap_stays_as_it_is():
    blank = Blank()
    face = watched(blank)
    assert run(face, 20).width == 1080
    assert len(blank.drawn_s) == 20 * FPS


def test_a_face_too_dear_for_the_core_gets_smaller_within_two_seconds():
    blank = Blank()
    blank.cost_s = 0.01  # with its encoding, 47 ms of each 25 at 1080
    face = watched(blank)
    assert run(face, 2.1).width < 1080
    assert 0.04 * (blank.size**2 / 1e6) * face.wanted[1] <= 0.75


def test_what_encoding_takes_counts_as_much_as_drawing():
    blank = Blank()
    blank.cost_s = 0.002
    face = AdaptiveFace(
        blank,
        fps=FPS,
        largest=1080,
        workshop=AtOnce(),
        cores_free=lambda: 1.0,
        cpu_s=lambda: blank.spent_s,
        encoded_s=lambda: 20 * blank.spent_s,
    )
    assert run(face, 2.1).width < 1080


def test_a_crowded_machine_makes_it_smaller_and_an_empty_one_larger_again():
    blank = Blank()
    blank.cost_s = 0.001
    face = watched(blank)
    face._cores_free = lambda: 0.05
    small = run(face, 3).width
    assert small < 720
    face._cores_free = lambda: 1.0
    assert run(face, 60, start_s=3.0).width == 1080


def test_a_narrow_network_makes_it_smaller():
    blank = Blank()
    face = watched(blank)
    face.follow(lambda: 260_000.0)
    assert run(face, 3).width == 480
    assert face.wanted == (480, 30)


def test_frames_that_come_late_make_it_smaller():
    blank = Blank()
    assert run(watched(blank), 6, every_s=2 / FPS).width < 1080


def test_a_lower_rate_is_kept_on_average():
    blank = Blank()
    face = watched(blank)
    face.follow(lambda: 210_000.0)
    run(face, 3)
    blank.drawn_s.clear()
    run(face, 10, start_s=3.0)
    assert len(blank.drawn_s) == pytest.approx(240, abs=3)


@pytest.mark.parametrize(("size", "fps"), [(720, 25), (720, 24), (480, 25), (1080, 25), (1080, 40)])
def test_an_idle_machine_shows_what_was_asked_for(size: int, fps: int):
    """Whether or not there is a rung of just that rate."""
    blank = Blank(size)
    face = watched(blank, fps=fps, largest=size)
    run(face, 3, every_s=1 / fps)
    assert (blank.size, face.wanted) == (size, (size, fps))


def test_it_is_never_larger_or_faster_than_asked_for():
    blank = Blank(480)
    face = watched(blank, fps=24, largest=480)
    assert face.wanted == (480, 24)
    run(face, 30, every_s=1 / 24)
    assert (blank.size, face.wanted) == (480, (480, 24))


def test_a_new_size_is_made_while_the_old_one_goes_on():
    waiting = []

    class Later(Executor):
        def submit(self, work, /, *args, **kwargs):
            waiting.append((Future(), work, args))
            return waiting[-1][0]

    blank = Blank()
    face = AdaptiveFace(blank, fps=FPS, largest=1080, workshop=Later(), cores_free=lambda: 1.0, cpu_s=lambda: 0.0)
    face.follow(lambda: 260_000.0)
    assert run(face, 3).width == 1080
    [(future, work, args)] = waiting
    future.set_result(work(*args))
    assert run(face, 0.1, start_s=3.0).width == 480


def test_a_size_that_cannot_be_made_is_done_without():
    class Broken(Blank):
        def sized(self, size):
            raise MemoryError

    class Failing(AtOnce):
        def submit(self, work, /, *args, **kwargs):
            done = Future()
            done.set_exception(MemoryError())
            return done

    face = AdaptiveFace(Broken(), fps=FPS, largest=1080, workshop=Failing(), cores_free=lambda: 1.0)
    face.follow(lambda: 260_000.0)
    assert run(face, 5).width == 1080


def test_it_passes_on_what_it_is_told():
    blank = Blank()
    face = watched(blank)
    face.say((), 0.0)
    face.attend(Floor.LISTENING, 1.0, concern=0.4, nod=True)
    face.hush(2.0)
    assert blank.told == ["say", (Floor.LISTENING, 0.4, True), "hush"]


def test_a_person_keeps_their_expression_through_a_change_of_size():
    face = DrawnFace("ines", 480)
    face.attend(Floor.LISTENING, 0.0, concern=1.0)
    large = face.draw(3.0)
    face.sized(360)()
    small = face.draw(3.0)
    assert (large.width, small.width) == (480, 360)
    one = DrawnFace("ines", 360)
    one.attend(Floor.LISTENING, 0.0, concern=1.0)
    assert small.to_ndarray().tobytes() == one.draw(3.0).to_ndarray().tobytes()


def test_free_cores_are_what_is_idle_or_ours():
    assert 0.05 <= CoresFree()() <= 1.0
