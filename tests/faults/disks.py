"""File systems of their own, to fill up or to cut off. They take root: `allowed()` says whether we may.

with ext4(folder) as disk, running_postgres(disk.at): ...; disk.lose_power()
with small(folder, mib=400) as disk: ...; disk.fill(); disk.empty()
"""

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

# Linux, fs/ext4/ext4.h: EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32), and EXT4_GOING_FLAGS_NOLOGFLUSH.
_SHUTDOWN, _WITHOUT_A_FLUSH = 0x8004587D, 0x2
_PIECE = bytes(1 << 20)


def allowed() -> bool:
    """Whether file systems may be mounted here."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        if not _ran("mount", "-t", "tmpfs", "-o", "size=64k", "none", folder):
            return False
        return _ran("umount", folder)


@dataclass
class Ext4:
    """A file system in an image, mounted at `at`."""

    image: Path
    at: Path

    def lose_power(self) -> None:
        """What has not reached the disk, the journal included, never does; everything fails from now on."""
        folder = os.open(self.at, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _SHUTDOWN, _WITHOUT_A_FLUSH.to_bytes(4, "little"))
        finally:
            os.close(folder)

    def mount(self) -> None:
        """After a loss of power the kernel replays what the journal holds."""
        _run("mount", "-t", "ext4", "-o", "loop", str(self.image), str(self.at))

    def unmount(self) -> None:
        _run("umount", str(self.at))


@contextmanager
def ext4(folder: Path, mib: int = 300) -> Iterator[Ext4]:
    disk = Ext4(folder / "disk.img", folder / "disk")
    disk.at.mkdir()
    with disk.image.open("wb") as image:
        image.truncate(mib << 20)
    _run("mkfs.ext4", "-q", "-F", str(disk.image))
    disk.mount()
    try:
        yield disk
    finally:
        with suppress(subprocess.CalledProcessError):
            disk.unmount()


@dataclass
class Small:
    """A disk that can be filled to the last byte."""

    at: Path

    def fill(self) -> None:
        with suppress(OSError), (self.at / "ballast").open("ab", buffering=0) as ballast:
            while ballast.write(_PIECE):
                pass

    def empty(self) -> None:
        (self.at / "ballast").unlink()


@contextmanager
def small(folder: Path, mib: int) -> Iterator[Small]:
    _run("mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "none", str(folder))
    try:
        yield Small(folder)
    finally:
        _run("umount", "-l", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _ran(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
