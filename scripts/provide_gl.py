"""Lets skia load on a machine without OpenGL. `scripts/install` runs this after pip.

The skia wheel is linked against libGL.so.1 and libEGL.so.1, which a bare Debian does not have and
only root could install. We draw in memory and never call them, so where they are missing, libraries
of the same names, whose functions all return 0, are written into the folder where the wheel keeps its
own. Layout: ELF64 gABI; chapters "Program Header", "Dynamic Section", "Hash Table".
"""

import ctypes
import importlib.util
import struct
import sys
from pathlib import Path

LIBRARIES = ("libGL.so.1", "libEGL.so.1")
PAGE = 0x1000
RETURN_0 = b"\x31\xc0\xc3"
PT_LOAD, PT_DYNAMIC, PT_GNU_STACK = 1, 2, 0x6474E551
READ, WRITE, EXECUTE = 4, 2, 1
DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_SONAME = 4, 5, 6, 10, 11, 14
GLOBAL_FUNCTION = 0x12
SYMBOL = struct.Struct("<IBBHQQ")


def main() -> int:
    skia = importlib.util.find_spec("skia")
    if skia is None or skia.origin is None or sys.platform != "linux":
        return 0
    extension = Path(skia.origin)
    folder = extension.with_name("skia_python.libs")
    for name in LIBRARIES:
        if folder.is_dir() and not _loads(name):
            (folder / name).write_bytes(library(name, wanted(extension.read_bytes())))
    return 0


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def wanted(elf: bytes) -> list[str]:
    """The names of all OpenGL and EGL functions that `elf` expects from elsewhere."""
    sections = _sections(elf)
    symbols = next(section for section in sections if section[1] == 11)  # SHT_DYNSYM
    strings = sections[symbols[6]]
    names = set()
    for at in range(symbols[4], symbols[4] + symbols[5], SYMBOL.size):
        name_at, _, _, section, _, _ = SYMBOL.unpack_from(elf, at)
        start = strings[4] + name_at
        name = elf[start : elf.index(b"\0", start)].decode()
        if section == 0 and name.startswith(("gl", "egl")):
            names.add(name)
    return sorted(names)


def library(name: str, functions: list[str]) -> bytes:
    """A shared library called `name` in which every function returns 0."""
    strings, offsets = _strings([name, *functions])
    count = len(functions) + 1
    hash_at = 64 + 4 * 56
    symbols_at = hash_at + 4 * (3 + count)
    symbols_at += -symbols_at % 8
    strings_at = symbols_at + SYMBOL.size * count
    code_at = strings_at + len(strings)
    dynamic_at = (code_at + len(RETURN_0) + PAGE - 1) // PAGE * PAGE
    # One bucket, and a chain through all symbols.
    table = struct.pack(f"<{3 + count}I", 1, count, min(1, count - 1), 0, *range(2, count), *([0] if count > 1 else []))
    symbols = bytes(SYMBOL.size) + b"".join(
        SYMBOL.pack(offsets[function], GLOBAL_FUNCTION, 0, 1, code_at, len(RETURN_0)) for function in functions
    )
    entries = (
        (DT_HASH, hash_at),
        (DT_STRTAB, strings_at),
        (DT_SYMTAB, symbols_at),
        (DT_STRSZ, len(strings)),
        (DT_SYMENT, SYMBOL.size),
        (DT_SONAME, offsets[name]),
        (0, 0),
    )
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    head = _header() + b"".join(
        struct.pack("<IIQQQQQQ", kind, flags, at, at, at, size, size, align)
        for kind, flags, at, size, align in (
            (PT_LOAD, READ | EXECUTE, 0, code_at + len(RETURN_0), PAGE),
            (PT_LOAD, READ | WRITE, dynamic_at, len(dynamic), PAGE),
            (PT_DYNAMIC, READ | WRITE, dynamic_at, len(dynamic), 8),
            (PT_GNU_STACK, READ | WRITE, 0, 0, 16),
        )
    )
    body = head + table
    body = body.ljust(symbols_at, b"\0") + symbols + strings + RETURN_0
    return body.ljust(dynamic_at, b"\0") + dynamic


def _header() -> bytes:
    identity = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    shared_object, x86_64 = 3, 62
    return identity + struct.pack("<HHIQQQIHHHHHH", shared_object, x86_64, 1, 0, 64, 0, 0, 64, 56, 4, 64, 0, 0)


def _strings(names: list[str]) -> tuple[bytes, dict[str, int]]:
    blob, offsets = b"\0", {}
    for name in names:
        offsets[name] = len(blob)
        blob += name.encode() + b"\0"
    return blob, offsets


def _sections(elf: bytes) -> list[tuple[int, ...]]:
    (at,) = struct.unpack_from("<Q", elf, 40)
    size, count = struct.unpack_from("<HH", elf, 58)
    return [struct.unpack_from("<IIQQQQIIQQ", elf, at + number * size) for number in range(count)]


if __name__ == "__main__":
    sys.exit(main())
