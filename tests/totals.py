#!/usr/bin/env python3
"""scripts/test-totals against a build folder as ctest leaves it: every way in which a test can end."""
import json
import pathlib
import subprocess
import sys
import tempfile

TOTALS = pathlib.Path(__file__).resolve().parent.parent / "scripts" / "test-totals"

MIXED = """Running main() from gtest_main.cc
[==========] Running 4 tests from 2 test suites.
[ RUN      ] A.good
[       OK ] A.good (0 ms)
[ RUN      ] A.skips
a_test.cpp:4: Skipped
no GPU here
and no simulation
[  SKIPPED ] A.skips (0 ms)
[ RUN      ] A.bad
a_test.cpp:5: Failure
[  FAILED  ] A.bad (0 ms)
[ RUN      ] I/A.listed/0
half a line [       OK ] I/A.listed/0 (12 ms)
[==========] 4 tests from 2 test suites ran. (0 ms total)
[  PASSED  ] 2 tests.
[  SKIPPED ] 1 test, listed below:
[  SKIPPED ] A.skips
[  FAILED  ] 1 test, listed below:
[  FAILED  ] A.bad
"""
CRASHED = """[==========] Running 2 tests from 1 test suite.
[ RUN      ] B.good
[       OK ] B.good (0 ms)
[ RUN      ] B.crashes
"""
SKIPS_ALL = """[==========] Running 1 test from 1 test suite.
[ RUN      ] C.device
c_test.cpp:9: Skipped
no CUDA device to test on
[  SKIPPED ] C.device (0 ms)
[  PASSED  ] 0 tests.
"""
EMPTY = "[==========] Running 0 tests from 0 test suites.\n[  PASSED  ] 0 tests.\n"

# name, labels, status, message of <skipped>, output, (passed, failed, skipped)
ENTRIES = [
    ("mixed", ["cudasim"], "fail", None, MIXED, (2, 1, 1)),
    ("crashed", [], "fail", None, CRASHED, (1, 1, 0)),
    ("late", [], "fail", None, "", (0, 1, 0)),
    ("absent", [], "notrun", "Unable to find executable", "", (0, 1, 0)),
    ("skips", [], "notrun", "SKIP_RETURN_CODE=77", "no qemu\n", (0, 0, 1)),
    ("skips_all", [], "notrun", "SKIP_REGULAR_EXPRESSION_MATCHED", SKIPS_ALL, (0, 0, 1)),
    ("off", [], "disabled", None, "Disabled", (0, 0, 1)),
    ("script", [], "run", None, "fine\n", (1, 0, 0)),
    ("empty", [], "run", None, EMPTY, (0, 1, 0)),
    ("cudasim.basics", ["cudasim"], "run", None, "", (1, 0, 0)),
]


def totals(entries, *arguments):
    from xml.sax.saxutils import escape
    with tempfile.TemporaryDirectory() as folder:
        build = pathlib.Path(folder)
        cases = "".join(
            f'<testcase name="{name}" status="{status}">'
            + (f'<skipped message="{message}"/>' if message else "")
            + f"<system-out>{escape(output)}</system-out></testcase>"
            for name, _, status, message, output, _ in entries)
        (build / "tests.xml").write_text(f"<testsuite>{cases}</testsuite>")
        (build / "tests.json").write_text(json.dumps({"tests": [
            {"name": name, "properties": [{"name": "LABELS", "value": labels}] if labels else []}
            for name, labels, *_ in entries]}))
        done = subprocess.run([sys.executable, TOTALS, build, *arguments], capture_output=True,
                              text=True, check=False)
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout.splitlines()


def expect(what, entries, *arguments, stages=0):
    passed, failed, skipped = (sum(column) for column in zip(*(entry[-1] for entry in entries)))
    failed += stages
    code, said = totals(entries, *arguments)
    wanted = f"{passed} passed, {failed} failed, {skipped} skipped"
    assert said[-1] == wanted, f"{what}: {said[-1]!r}, not {wanted!r}"
    assert code == (1 if failed or not passed else 0), f"{what}: exit code {code}"
    return said


def main():
    for entry in ENTRIES:
        expect(entry[0], [entry])
    said = expect("all", ENTRIES)
    for line in ("skipped 1: no GPU here and no simulation", "skipped 1: no qemu",
                 "FAILED crashed: B.crashes (the program ended within this case)",
                 "CUDA tests that executed on cudasim: 3 of Plimsoll, 1 of cudasim itself"):
        assert line in said, f"{line!r} is missing in {said}"
    script = [entry for entry in ENTRIES if entry[0] == "script"]
    assert "FAILED small demo (stage)" in expect("stage", script, "--failed-stage", "small demo",
                                                 stages=1)
    print(f"{len(ENTRIES)} kinds of ending were counted as they should be")


if __name__ == "__main__":
    main()
