#!/usr/bin/env python3
"""What is compiled for AVX-512 stays in its own file.

    tests/instruction_sets.py OBJECT...     the object files of kernels/

A function that a header offers to all (a weak symbol) and that the file for AVX-512 emits as well may
be the copy that the linker keeps, and then runs on processors without AVX-512. So avx512.cpp may
define nothing weak; and 512-bit registers may be used nowhere else.
"""
import pathlib
import re
import subprocess
import sys

WIDE = "avx512.cpp.o"


def printed_by(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def shared_symbols(path):
    """Names that the linker may take from this file for others."""
    return [line.split(maxsplit=2)[2] for line in printed_by("nm", "-C", path).splitlines()
            if re.match(r"[0-9a-f]+ [VWu] ", line)]


def uses_wide_registers(path):
    return re.search(r"%zmm|%k[1-7]\b", printed_by("objdump", "-d", path)) is not None


def main():
    objects = [path for path in sys.argv[1:] if path.endswith(".o")]
    wide = [path for path in objects if pathlib.Path(path).name == WIDE]
    if len(wide) != 1:
        sys.exit(f"{len(wide)} objects are named {WIDE}, not one, of {len(objects)}")
    problems = [f"{WIDE} defines {name}, which others may come to run" for name in
                shared_symbols(wide[0])]
    problems += [f"{pathlib.Path(path).name} uses 512-bit registers" for path in objects
                 if path != wide[0] and uses_wide_registers(path)]
    if not uses_wide_registers(wide[0]):
        problems.append(f"{WIDE} uses no 512-bit register: it was not compiled for AVX-512")
    if problems:
        sys.exit("\n".join(problems))
    print(f"{WIDE} shares nothing with the other {len(objects) - 1} objects")


if __name__ == "__main__":
    main()
