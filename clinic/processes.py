"""A program to be run, and how it dies: never later than whoever started it.

`clinic.servers` describes PostgreSQL and Redis this way, `clinic.supervisor` keeps
such programs running. Linux only.
"""

import ctypes
import os
import pwd
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Program:
    """`ready` is a pattern found in a line of its output once it serves; `user` is whom it runs as, if not as us."""

    name: str
    command: tuple[str, ...]
    ready: str
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL  # what the kernel sends it if we die ourselves
    grace_s: float = 8.0
    user: str | None = None
    serves_others: bool = False  # stopped last
    noise: str = r"(?!)"  # lines that look like trouble and are not
    advice: str = ""  # what to do if it does not start
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()  # open files that it inherits, under the same numbers


def credentials(user: str | None) -> dict[str, Any]:
    """Arguments of `subprocess` that make a program run as `user`, with that user's group and no other."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def tied_to_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends `death_signal` to the child when the thread that started it is gone."""
    parent = os.getpid()

    def tie() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def kill_group(leader: int) -> None:
    """End what is left of a process group, at once."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
