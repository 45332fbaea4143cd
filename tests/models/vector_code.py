#!/usr/bin/env python3
"""Loops over options are vector code: no call is left in them, and they divide and multiply whole
registers.

    tests/models/vector_code.py OBJECT LOOP...     names of functions in the object file
"""
import re
import subprocess
import sys

FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")


def bodies(path):
    """{name: instructions} of the functions in an object file."""
    said = subprocess.run(["objdump", "-d", "-C", "--no-show-raw-insn", path], capture_output=True,
                          text=True, check=True).stdout
    found, body = {}, None
    for line in said.splitlines():
        start = FUNCTION.match(line)
        if start:
            body = found.setdefault(start[1].split("(anonymous namespace)::")[-1].split("(")[0], [])
        elif body is not None and line.startswith(" "):
            body.append(line.split("\t", 1)[-1])
    return found


def main():
    found = bodies(sys.argv[1])
    problems = []
    for loop in sys.argv[2:]:
        code = found.get(loop)
        if not code:
            problems.append(f"no function {loop}: there are {', '.join(found)}")
            continue
        if any(line.startswith("call") for line in code):
            problems.append(f"{loop} calls a function")
        for work in ("vdivpd", "vfn?m(?:add|sub)[0-9]+pd"):
            if not any(re.match(work + r".*%[yz]mm", line) for line in code):
                problems.append(f"{loop} has no {work} of a whole register")
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(sys.argv) - 2} loops are vector code")


if __name__ == "__main__":
    main()
