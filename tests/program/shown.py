#!/usr/bin/env python3
"""Runs the commands of a page and holds what it shows to what they print.

    shown.py PLIMSOLL TESTS PAGE             every block of commands, in order, in one new folder
    shown.py PLIMSOLL TESTS PAGE --write     puts what they print into the page
    shown.py PLIMSOLL TESTS PAGE --planted   changes a digit of every block and fails unless that is found

A block is fenced as ```console: lines that begin with "$ " are commands (a backslash continues one), the
lines behind them what is printed, and a command that is refused prints its message. PLIMSOLL stands for
the word `plimsoll`, TESTS for the folder `build/release/tests`. Where a line shows "…", anything may stand;
a command may be a test that says [  SKIPPED ]: its block then is passed over aloud.
"""
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps_of(block):
    """[(command as shown, lines shown behind it)]"""
    steps, lines = [], block.splitlines()
    while lines:
        command = [lines.pop(0)]
        if not command[0].startswith("$ "):
            raise SystemExit(f"no command: {command[0]}")
        while command[-1].endswith("\\"):
            command.append(lines.pop(0))
        shown = []
        while lines and not lines[0].startswith("$ "):
            shown.append(lines.pop(0))
        steps.append(("\n".join(command), shown))
    return steps


def run(command, place, program, tests):
    words = command[2:].replace("build/release/tests", shlex.quote(str(tests)))
    words = re.sub(r"(^|\| )plimsoll\b", lambda m: m[1] + shlex.quote(str(program)), words)
    done = subprocess.run(["bash", "-c", words], cwd=place, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return [line.rstrip() for line in done.stdout.splitlines()]


def same(shown, printed):
    if len(shown) != len(printed):
        return False
    return all(re.fullmatch(".*".join(map(re.escape, line.split("…"))), other)
               for line, other in zip(shown, printed))


def printed_by(page, program, tests):
    """Per block and step what is printed, or None where a test is skipped."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "datasets").symlink_to(ROOT / "datasets")
        found = []
        for block in BLOCK.findall(page):
            steps = []
            for command, _ in steps_of(block):
                lines = run(command, place, program, tests)
                steps.append(None if any("[  SKIPPED ]" in line for line in lines) else lines)
            found.append(steps)
        return found


def faults(page, printed):
    found = []
    for block, outputs in zip(BLOCK.findall(page), printed):
        for (command, shown), lines in zip(steps_of(block), outputs):
            if lines is None:
                print(f"passed over, its data is not here: {command}")
            elif not same(shown, lines):
                found.append(f"{command}\n  prints\n" + "\n".join(lines) + "\n  and the page shows\n" +
                             "\n".join(shown))
    return found


def rewritten(page, printed):
    blocks = iter(printed)

    def renew(match):
        text = ""
        for (command, shown), lines in zip(steps_of(match[1]), next(blocks)):
            keep = lines is None or same(shown, lines)
            text += "\n".join([command, *(shown if keep else lines)]) + "\n"
        return f"```console\n{text}```"

    return BLOCK.sub(renew, page)


def planted(page, printed):
    """Pages with one digit of one shown line changed."""
    for block in BLOCK.finditer(page):
        shown = [line for _, lines in steps_of(block[1]) for line in lines]
        for line in shown[:1] + shown[-1:]:
            at = re.search(r"\d", line)
            if at is None:
                continue
            other = line[:at.start()] + str((int(at[0]) + 1) % 10) + line[at.end():]
            yield page[:block.start()] + block[0].replace(line, other, 1) + page[block.end():]


def main():
    program, tests, path = (Path(word).resolve() for word in sys.argv[1:4])
    page = path.read_text()
    printed = printed_by(page, program, tests)
    if "--write" in sys.argv[4:]:
        path.write_text(rewritten(page, printed))
        return 0
    problems = faults(page, printed)
    if "--planted" in sys.argv[4:] and not problems:
        pages = list(planted(page, printed))
        missed = [i for i, changed in enumerate(pages) if not faults(changed, printed)]
        problems = [f"planted fault {i} was not found" for i in missed]
        if not pages:
            problems = ["nothing could be planted"]
    print("\n".join(problems) or f"{len(printed)} blocks are what the commands print")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
