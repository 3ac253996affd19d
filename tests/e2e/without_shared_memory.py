"""
Run a program as on a file system where processes can't share memory through files.

    without_shared_memory.py PROGRAM [ARGUMENT ...]

The kernel refuses to map a file for several processes, with the error that such file systems give.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2       # prctl(2), seccomp(2)
LOAD, IF_EQUAL, IF_SET, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
NUMBER, FLAGS = 0, 40                               # in struct seccomp_data: the call, args[3]
SHARED, ANONYMOUS = 1, 0x20
MMAP = {"x86_64": 9, "aarch64": 222, "riscv64": 222}

PROGRAM = (
    (LOAD, 0, 0, NUMBER),
    (IF_EQUAL, 0, 4, MMAP.get(platform.machine(), -1) & 0xFFFFFFFF),
    (LOAD, 0, 0, FLAGS),
    (IF_SET, 2, 0, ANONYMOUS),
    (IF_SET, 0, 1, SHARED),
    (RETURN, 0, 0, FAIL | errno.ENODEV),
    (RETURN, 0, 0, ALLOW),
)


def supported():
    """Whether this kind of machine is known."""
    return sys.platform == "linux" and platform.machine() in MMAP


def main():
    """Forbid it to this process and its children, and become the program."""
    code = b"".join(struct.pack("HBBI", *step) for step in PROGRAM)
    buffer = ctypes.create_string_buffer(code, len(code))
    libc = ctypes.CDLL(None, use_errno=True)
    fprog = struct.pack("HxxxxxxP", len(PROGRAM), ctypes.addressof(buffer))
    if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.prctl(SET_SECCOMP, FILTER, fprog) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
