#!/usr/bin/env python3
"""The PTX of the CUDA engine says of every sum and product how it is rounded.

    cuda_bits.py LIBRARY

nvcc writes "mul.f64" where later stages may fuse the product with a sum that follows, and "mul.rn.f64"
where they may not (--fmad=false). Which they do is decided for the device, where no simulator sees it.
The library carries its PTX uncompressed.
"""
import collections
import pathlib
import re
import sys

OPERATION = re.compile(rb"\b(fma|mul|add|sub)((?:\.[a-z]+)*)\.(f32|f64)\b")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = collections.Counter(
        b"".join((name, how, b".", kind)).decode() for name, how, kind in
        OPERATION.findall(pathlib.Path(sys.argv[1]).read_bytes()))
    free = {name: count for name, count in found.items() if ".rn." not in name}
    if not found["fma.rn.f64"] or not found["mul.rn.f64"]:
        sys.exit(f"no PTX with doubles in {sys.argv[1]}: nothing was looked at")
    if free:
        sys.exit("may be fused by ptxas: " + ", ".join(f"{count} {name}" for name, count in free.items()))
    print(f"{sum(found.values())} operations, each rounded to nearest by itself")


main()
