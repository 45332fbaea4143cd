#!/usr/bin/env python3
"""The arrows models <- kernels <- host, who may include which library, and that nobody borrows the
platform's exp.

    tests/arrows.py [ROOT]         lists every line that breaks a rule; exit code 1 if there is one
    tests/arrows.py --planted      plants one breach of each kind in copies and fails unless it is found
"""
import pathlib
import re
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
SOURCES = {".hpp", ".cpp", ".cu", ".cuh"}

STANDARD = set("""
algorithm any array atomic barrier bit bitset cctype cerrno charconv chrono cmath compare complex concepts
condition_variable csignal cstddef cstdint cstdio cstdlib cstring ctime deque exception filesystem
format forward_list fstream functional future initializer_list iomanip ios iosfwd iostream istream
iterator latch limits list locale map memory memory_resource mutex new numbers numeric optional
ostream queue random ranges ratio regex semaphore set shared_mutex source_location span sstream
stack stdexcept stop_token streambuf string string_view system_error thread tuple type_traits
typeindex typeinfo unordered_map unordered_set utility variant vector version
""".split())
# Nothing that allocates, prints, waits or throws.
STANDARD_IN_MODELS = set("array bit cmath compare concepts cstddef cstdint cstring limits "
                         "type_traits utility version".split())
PRINTS = set("cstdio fstream iomanip iostream istream ostream print streambuf".split())
POSIX = re.compile(r"(fcntl|unistd|sys/\w+)\.h$")
CUDA = re.compile(r"(cuda_runtime(_api)?\.h|cub/.*|thrust/.*|cuda/.*)$")

# Library: what its includes look like, and the files of host/ that may have them. fmt is free there.
# Names without suffix stand for the .hpp and the .cpp.
LIBRARIES = {
    "HDF5": (r"hdf5", ["host/hdf5_library"]),
    "toml++": (r"toml\+\+/", ["host/toml_table"]),
    "nlohmann-json": (r"nlohmann/", ["host/run_folder", "host/tier_table"]),
    "OpenSSL": (r"openssl/", ["host/digest"]),
    "spdlog": (r"spdlog/", ["host/run_log"]),
    "MPI": (r"mpi\.h", ["host/ranks_mpi"]),
    "CLI11": (r"CLI/", ["host/main", "host/commands/"]),
    "fmt": (r"fmt/", ["host/"]),
}


# exp and its kind differ between platforms' libraries; ours are in models/elementary.hpp.
BORROWED = re.compile(r"(?<![\w>.])(?:std)?::(exp|expm1|exp2|log|log1p|log2|log10|pow|cbrt|sin|cos|tan|"
                      r"sinh|cosh|tanh|erf|erfc|lgamma|tgamma|hypot)\(")

SHOWN_ONLY = {"host/figure_text.cpp"}  # how many digits a page shows decides nothing


def library_breach(path, header):
    for library, (pattern, places) in LIBRARIES.items():
        if re.match(pattern, header):
            stem = path.rsplit(".", 1)[0]
            if any(stem == place or (place.endswith("/") and path.startswith(place))
                   for place in places):
                return None
            return f"{library} belongs to {', '.join(places)}"
    return f"<{header}> is not on the list of this folder"


# What some files of kernels/ need of the machine itself: vector instructions, large pages, and a
# say in where threads run.
MACHINE_OF = {"kernels/cpu/lanes": ("immintrin.h",),
              "kernels/cpu/lanes_avx512": ("immintrin.h",),
              "kernels/cpu/large_array": ("sys/mman.h",),
              "kernels/cpu/worker_pool": ("immintrin.h", "pthread.h", "sched.h")}


def breach(path, quoted, header):
    """What is wrong with this include, or None."""
    layer = path.split("/")[0]
    if quoted:
        below = {"models": ["models"], "kernels": ["kernels", "models"],
                 "host": ["host", "kernels", "models"]}[layer]
        if header.split("/")[0] not in below or header.startswith(".."):
            return f'"{header}": {layer}/ may include only {", ".join(below)}'
        for one, other in (("cpu", "cuda"), ("cuda", "cpu")):
            if path.startswith(f"kernels/{one}/") and header.startswith(f"kernels/{other}/"):
                return f'"{header}": the machines are private to each other'
        return None
    if layer == "models":
        return None if header in STANDARD_IN_MODELS or header.startswith("Random123/") else \
            f"<{header}>: models/ includes Random123 and what neither allocates, prints nor throws"
    if layer == "kernels":
        if header in PRINTS and not (header == "cstdio" and path.startswith("kernels/cuda/")):
            return f"<{header}>: nothing below host/ prints"
        allowed = header in STANDARD or (path.startswith("kernels/cuda/") and CUDA.match(header)) \
            or header in MACHINE_OF.get(path.rsplit(".", 1)[0], ())
        return None if allowed else f"<{header}> is not on the list of kernels/"
    if header in STANDARD or POSIX.match(header):
        return None
    return library_breach(path, header)


def line_of(text, place):
    return text.count("\n", 0, place) + 1


def breaches(root):
    found, seen = [], 0
    for layer in ("models", "kernels", "host"):
        for source in sorted((root / layer).rglob("*")):
            if source.suffix not in SOURCES:
                continue
            path = source.relative_to(root).as_posix()
            text = source.read_text()
            for include in INCLUDE.finditer(text):
                seen += 1
                problem = breach(path, include[1] == '"', include[2])
                if problem:
                    found.append(f"{path}:{line_of(text, include.start(2))}: {problem}")
            for call in () if path in SHOWN_ONLY else BORROWED.finditer(text):
                found.append(f"{path}:{line_of(text, call.start())}: {call[0]}...): the platform's "
                             f"{call[1]} is not the same everywhere, models/elementary.hpp is")
    if seen < 100:
        found.append(f"{root}: only {seen} includes seen, so nothing was checked")
    return found


PLANTED = [
    ("models/number.hpp", '#include "kernels/engine.hpp"'),
    ("models/number.hpp", "#include <vector>"),
    ("models/curve.hpp", "#  include <fmt/format.h>"),
    ("kernels/engine.hpp", '#include "host/book.hpp"'),
    ("kernels/cpu/tile.cpp", "#include <cuda_runtime.h>"),
    ("kernels/cpu/tile.cpp", '#include "kernels/cuda/tile.hpp"'),
    ("kernels/cpu/tile.cpp", "#include <iostream>"),
    ("host/csv.cpp", "#include <hdf5.h>"),
    ("host/csv.cpp", "#include <QuantLib/quantlib.hpp>"),
    ("host/synth.cpp", "double planted() { return std::exp(1.0); }"),
    ("host/csv.cpp", '#include "tests/models/ulp.hpp"'),
]


def planted_are_found():
    missed = []
    for place, line in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            for layer in ("models", "kernels", "host"):
                shutil.copytree(ROOT / layer, copy / layer)
            source = copy / place
            before = breaches(copy)
            source.write_text(source.read_text() + "\n" + line + "\n")
            new = [text for text in breaches(copy) if text not in before]
            if len(new) != 1 or not new[0].startswith(place + ":"):
                missed.append(f"{line} in {place} was not found: {new}")
    return missed


def main():
    if sys.argv[1:] == ["--planted"]:
        problems, good = planted_are_found(), f"all {len(PLANTED)} planted breaches were found"
    else:
        problems = breaches(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
        good = "no breach"
    print("\n".join(problems) or good)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
