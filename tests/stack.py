"""The whole product, running: every process, on free ports, with a data folder of its own.

    @pytest.mark.stack
    def test_something(stack: Stack) -> None:
        urllib.request.urlopen(stack.url)

One stack serves all tests of a run that ask for it. Migrating and loading the demo clinic takes twenty seconds, so it
is done once for every state of the code, and stacks start from copies: see `prepared_folder`.
"""

import fcntl
import hashlib
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from clinic import servers

ROOT = Path(__file__).resolve().parent.parent
PREPARED = ROOT / "var" / "prepared"
APPS = ("clinic", "compliance", "conversations", "knowledge")
START_LIMIT_S = 180.0
STOP_LIMIT_S = 30.0
READY = "Aftercare is ready"


@dataclass
class Stack:
    """`said` grows with what `manage.py up` prints."""

    url: str
    data: Path
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    ready_after_s: float = 0.0

    def sign_ins(self) -> list[dict[str, Any]]:
        """As the demo clinic tells them: `who`, `address`, and what else it takes (see clinic/demo.py)."""
        found: list[dict[str, Any]] = json.loads((self.data / "run" / "demo.json").read_text())["sign_ins"]
        return found

    def processes(self) -> dict[int, str]:
        """Every living process of this stack, by id, wherever it hangs in the process tree."""
        return {pid: name for pid, name in _with_data(self.data) if pid != self.process.pid}

    def process_of(self, *words: str) -> int:
        """The id of the one process of the stack whose command line holds all `words`; the oldest if several."""
        found = sorted(pid for pid, line in self.processes().items() if all(word in line for word in words))
        assert found, f"no process with {words} among {self.processes()}"
        return found[0]

    def shell(self, code: str) -> str:
        """Run Python in the product's own environment, as `manage.py shell` would; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", code],
            cwd=ROOT,
            env=environment(self.data, int(self.url.rpartition(":")[2])),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def newcomer(self, called: str = "Maria", *, papers: bool = True) -> str:
        """A new patient, with approved sample papers: the address of a fresh invitation. Born 1958-03-02."""
        make = f"demo.newcomer({called!r}, papers={papers})"
        return self.shell(f"from conversations import demo; print({make})").splitlines()[-1]

    def log(self, name: str) -> str:
        return (self.data / "log" / f"{name}.log").read_text(errors="replace")


def environment(data: Path, port: int, **more: str) -> dict[str, str]:
    """What a stack's processes see: our PATH and nothing a developer may have exported."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
    own = {
        "AFTERCARE_DATA": str(data),
        "AFTERCARE_PORT": str(port),
        "AFTERCARE_ENV_FILE": os.devnull,
        "ICE_ADDRESSES": "127.0.0.1",
        "WEB_PROCESSES": "1",  # two load for longer, and most tests need one
    }
    return {**kept, **own, **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(data: Path, *, through: tuple[str, ...] = (), **more: str) -> Iterator[Stack]:
    """`manage.py up` on `data`, ready; stopped at the end, whatever happened. `through` is a wrapping command."""
    port = free_port()
    began = time.monotonic()
    process = subprocess.Popen(
        [*through, sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environment(data, port, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    stack = Stack(url=f"http://127.0.0.1:{port}", data=data, process=process)
    try:
        _wait_until_ready(stack)
        stack.ready_after_s = time.monotonic() - began
        yield stack
    finally:
        stop(stack)


def stop(stack: Stack, with_signal: signal.Signals = signal.SIGINT) -> int:
    """Ends the stack if it runs, and whatever it left behind; returns the exit code of `up`."""
    if stack.process.poll() is None:
        stack.process.send_signal(with_signal)
    try:
        code = stack.process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        stack.process.kill()
        code = stack.process.wait()
    return code


def _wait_until_ready(stack: Stack) -> None:
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(stack, lines), daemon=True).start()
    deadline = time.monotonic() + START_LIMIT_S
    while (left := deadline - time.monotonic()) > 0:
        try:
            line = lines.get(timeout=left)
        except queue.Empty:
            break
        if line is None:
            break
        if line.startswith(READY):
            return
    raise AssertionError("the stack did not start:\n" + "".join(stack.said))


def _read(stack: Stack, lines: "queue.Queue[str | None]") -> None:
    assert stack.process.stdout
    for line in stack.process.stdout:
        stack.said.append(line)
        lines.put(line)
    lines.put(None)


def _with_data(data: Path) -> Iterator[tuple[int, str]]:
    marker = f"AFTERCARE_DATA={data}".encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:  # gone meanwhile, or not ours to see
            continue
        if marker in variables and line:
            yield int(folder.name), line


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder with a path short enough for sockets, removed at the end."""
    with servers.scratch_folder() as folder:
        yield folder


@contextmanager
def prepared_folder() -> Iterator[Path]:
    """A `data_folder` that a stack of this very code has been started on before, and stopped in good order."""
    with data_folder() as folder:
        # cp, because PostgreSQL's files keep their owner, who is not us when we are root.
        subprocess.run(["cp", "-a", f"{_prepared()}/.", folder], check=True)
        yield folder


def _prepared() -> Path:
    """Made by whoever comes first; what was made from other code is removed."""
    PREPARED.mkdir(parents=True, exist_ok=True)
    found = PREPARED / _code()
    with (PREPARED / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            for old in PREPARED.glob("[!.]*"):
                shutil.rmtree(old)
            with data_folder() as folder:
                with started(folder):
                    pass
                half = PREPARED / ".half"
                shutil.rmtree(half, ignore_errors=True)
                subprocess.run(["cp", "-a", folder, half], check=True)
            half.rename(found)
    return found


def _code() -> str:
    """A digest of everything that could leave its mark on a data folder."""
    digest = hashlib.sha256()
    files = [ROOT / "requirements.txt", *(path for app in APPS for path in (ROOT / app).rglob("*"))]
    for path in sorted(files):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running product, shared by the tests of this run: leave it as you found it, or use your own patient."""
    with prepared_folder() as folder, started(folder, CALL_FACE="choice") as running:
        yield running
