"""Gives up what a parser does not need, for good: memory, time, new files, the network, other programs.

Needs no privilege. Limits are the kernel's own (setrlimit); the network and other
programs are refused by a seccomp filter (Linux on x86-64 and arm64). Elsewhere the
limits alone hold, and `confine` says so by returning False.
"""

import ctypes
import platform
import resource
import struct
import sys

MEMORY_BYTES = 1024 * 1024 * 1024  # address space: pdfium and lxml map far more than they touch
CPU_S = 120
_SET_SECCOMP, _SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # refuse with EPERM
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# socket, connect, accept, bind, socketpair, execve, execveat, fork, vfork, clone, clone3, ptrace, kill,
# process_vm_writev, accept4, io_uring_setup
_FORBIDDEN = {
    "x86_64": (41, 42, 43, 49, 53, 59, 322, 57, 58, 56, 435, 101, 62, 311, 288, 425),
    "aarch64": (198, 203, 202, 200, 199, 221, 281, 220, 435, 117, 129, 271, 242, 425),
}


def confine() -> bool:
    """Confine this process. True if the network and other programs are shut off too."""
    limit = resource.setrlimit
    limit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    limit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 2))
    limit(resource.RLIMIT_FSIZE, (0, 0))
    limit(resource.RLIMIT_CORE, (0, 0))
    limit(resource.RLIMIT_NOFILE, (64, 64))
    return _filter_calls()


def _filter_calls() -> bool:
    machine = platform.machine()
    if not sys.platform.startswith("linux") or machine not in _ARCHITECTURES:
        return False
    program = _program(_ARCHITECTURES[machine], _FORBIDDEN[machine])
    code = ctypes.create_string_buffer(program, len(program))

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    libc = ctypes.CDLL(None, use_errno=True)
    what = Filter(len(program) // 8, ctypes.addressof(code))
    if libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(what), 0, 0) == 0)


def _program(architecture: int, forbidden: tuple[int, ...]) -> bytes:
    """A classic BPF program: another architecture or a forbidden call is refused, all else allowed."""
    count = len(forbidden)
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 0, count + 2, architecture), (_LOAD, 0, 0, 0)]
    steps += [(_EQUAL, count - index, 0, call) for index, call in enumerate(forbidden)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
