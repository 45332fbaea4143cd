#!/usr/bin/env python3
"""scripts/gpu-check without a GPU, with wrong arguments, and with programs of our own in place of the
driver, the build, the tests, the sanitizer, the bench and the profiler."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "scripts"

SMI = "echo 'A GPU, 580.1, 9.0, 81559 MiB'"
# The first call configures, the second builds.
CMAKE = """
mkdir -p build/cuda/bench build/cuda/tests/kernels
cp bench_in_place build/cuda/bench/engines_bench
cp /bin/true build/cuda/tests/kernels/cuda_engine_test
"""
CTEST = """
case "$*" in
  *--show-only*) echo '{"tests": [{"name": "cuda_engine_test"}]}' ;;
  *) cat >build/cuda/tests.xml <<END
<testsuite><testcase name="cuda_engine_test" status="run"><system-out>[ RUN      ] C.one
[       OK ] C.one (1 ms)
</system-out></testcase></testsuite>
END
  ;;
esac
"""
SANITIZER = """
if [ "$2" = racecheck ]; then echo "========= RACECHECK SUMMARY: 0 hazards displayed"
elif [ "$2" = "$BROKEN" ]; then echo "========= ERROR SUMMARY: 3 errors"; exit 1
else echo "========= ERROR SUMMARY: 0 errors"; fi
"""
BENCH = """
for word; do case "$word" in --benchmark_out=*)
cat >"${word#--benchmark_out=}" <<END
{"benchmarks": [
  {"name": "cuda/central/process_time/real_time", "run_type": "iteration", "real_time": 10, "time_unit": "ms"},
  {"name": "cuda/central/process_time/real_time", "run_type": "iteration", "real_time": 14, "time_unit": "ms"},
  {"name": "cuda/central/process_time/real_time", "run_type": "iteration", "real_time": 12, "time_unit": "ms"},
  {"name": "cuda/central/process_time/real_time_median", "run_type": "aggregate", "real_time": 1, "time_unit": "ms"}]}
END
esac; done
"""
NSYS = """
[ "$1" = profile ] || echo 'Processing... [{"Name": "void plimsoll::(anonymous namespace)::filter<(int)4>(float *)",
  "Instances": 7, "Avg (ns)": 1500000.0}]'
"""
MODEL = {"device": "a model", "benchmarks": {"central": 6.0}, "kernels": {"filter": 1.0}}


def program(place, text):
    place.write_text("#!/bin/sh\n" + text)
    place.chmod(0o755)


def gpu_check(*arguments, programs=(), broken=""):
    """(exit code, what it said, build/gpu-check.json or None) in a tree of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in ("scripts", "docs", "bin"):
            (root / name).mkdir()
        for name in ("gpu-check", "run-ctest", "test-totals"):
            shutil.copy(SCRIPTS / name, root / "scripts" / name)
        (root / "docs" / "kernels-model.json").write_text(json.dumps(MODEL))
        program(root / "bench_in_place", BENCH)
        for name, text in programs:
            program(root / "bin" / name, text)
        done = subprocess.run([root / "scripts" / "gpu-check", *arguments], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={"PATH": f"{root}/bin:/usr/bin:/bin", "CUDA_HOME": "/nowhere",
                                   "BROKEN": broken, "HOME": os.environ.get("HOME", "/")})
        found = root / "build" / "gpu-check.json"
        built = (root / "build").exists()
        assert built or not found.exists()
        return done.returncode, done.stdout, json.loads(found.read_text()) if found.exists() else built


def without_a_gpu():
    for programs in ([], [("nvidia-smi", "echo 'No devices were found'; exit 6")], [("nvidia-smi", "true")]):
        code, text, built = gpu_check(programs=programs)
        assert code == 2 and "no GPU here" in text and built is False, (code, text)
    code, text, _ = gpu_check(programs=[("nvidia-smi", "echo 'driver and library differ'; exit 18")])
    assert code == 2 and "driver and library differ" in text, text


def wrong_arguments():
    for arguments in (["--fast"], ["cuda"], ["--repetitions", "none"], ["--repetitions", "0"]):
        code, text, built = gpu_check(*arguments, programs=[("nvidia-smi", SMI)])
        assert code == 1 and "gpu-check: " in text and built is False, (arguments, code, text)


def with_everything():
    programs = [("nvidia-smi", SMI), ("cmake", CMAKE), ("ctest", CTEST), ("compute-sanitizer", SANITIZER),
                ("nsys", NSYS)]
    code, text, found = gpu_check(programs=programs)
    assert code == 0, text
    assert found["gpu"] == {"name": "A GPU", "driver": "580.1", "compute_capability": "9.0",
                            "memory": "81559 MiB"}, found
    assert found["tests"] == "1 passed, 0 failed, 0 skipped" and found["failed"] == [], found
    assert found["sanitizer"]["racecheck"].endswith("0 hazards displayed"), found
    assert found["benchmarks"] == [{"name": "central", "milliseconds": 12.0, "spread": 4 / 12,
                                    "modelled": 6.0}], found
    assert found["kernels"] == [{"name": "filter", "launches": 7, "milliseconds": 1.5, "modelled": 1.0}], found
    assert "| central | 12 | 33% | 6 | 2.00 |" in text and "| filter | 7 | 1.5 | 1 | 1.50 |" in text, text
    code, text, found = gpu_check(programs=programs, broken="initcheck")
    assert code == 1 and found["failed"] == ["initcheck"], text
    assert found["sanitizer"]["initcheck"] == "ERROR SUMMARY: 3 errors", found


def with_little():
    few = [("nvidia-smi", SMI), ("cmake", CMAKE), ("ctest", CTEST)]
    installed = [name for name in ("compute-sanitizer", "nsys") if shutil.which(name, path="/usr/bin:/bin")]
    if not os.path.exists("/usr/local/cuda/bin/compute-sanitizer") and not installed:
        code, text, found = gpu_check(programs=few)
        assert code == 0 and "compute-sanitizer is not installed" in text, text
        assert found["kernels"] == [] and found["sanitizer"]["memcheck"] is None, found
    code, text, found = gpu_check(programs=[("nvidia-smi", SMI), ("cmake", "exit 1")])
    assert code == 1 and found["failed"] == ["configure"] and found["tests"] is None, text


def main():
    without_a_gpu()
    wrong_arguments()
    with_everything()
    with_little()
    print("without a GPU nothing is done; with one every stage is run, and what failed is said")


if __name__ == "__main__":
    main()
