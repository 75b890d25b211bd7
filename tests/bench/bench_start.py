"""How long `make run` takes until everything serves: the first time on an empty folder, and the second."""

from collections.abc import Iterable

from tests import stack
from tests.bench import Figure


def measure() -> Iterable[Figure]:
    with stack.data_folder() as folder:
        with stack.started(folder, WEB_PROCESSES="2") as first:
            yield Figure("first start", first.ready_after_s, "s", note="empty data folder, packages installed")
        with stack.started(folder, WEB_PROCESSES="2") as second:
            yield Figure("second start", second.ready_after_s, "s", "<= 15")
