#!/usr/bin/env python3
"""The book through scipy: CSR x dense, counted by numpy. Started by the program peers.

    scipy_peer.py FOLDER        files of bench/peers/scipy.cpp; says its settings, then answers lines:
                                run       breaching cells
                                answer    the same, and writes breaches.u32 and flags.u8
"""
import json
import pathlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy
import scipy.sparse

CHUNK = 512  # pools of a product
WIDTHS = 256, 512, 1024, 4096  # columns of a product: the best is found by trying


class Peer:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        said = json.loads((self.folder / "problem.json").read_text())
        self.pools, self.columns, self.threads = said["pools"], said["columns"], said["threads"]
        begin = self.read("begin.i32", np.int32)[:self.pools + 1]
        terms = begin[-1]
        weights = scipy.sparse.csr_matrix(
            (self.read("weight.f32", np.float32)[:terms], self.read("index.i32", np.int32)[:terms],
             begin), shape=(self.pools, said["rows"]))
        self.chunks = [(first, weights[first:first + CHUNK]) for first in range(0, self.pools, CHUNK)]
        self.cash = self.read("cash.f32", np.float32)[:self.pools, None]
        self.values = self.read("values.f32", np.float32).reshape(said["rows"], self.columns)
        self.workers = ThreadPoolExecutor(self.threads)
        self.choose_width()

    def read(self, name, kind):
        return np.fromfile(self.folder / name, kind)

    def arrange(self, width):
        self.width = min(width, self.columns)
        self.tiles = [(first, np.ascontiguousarray(self.values[:, first:first + width]))
                      for first in range(0, self.columns, width)]

    def choose_width(self):
        """On a quarter of the pools, before anybody is timed."""
        some = self.chunks[:max(1, len(self.chunks) // 4)]
        taken = {}
        for width in WIDTHS:
            self.arrange(width)
            for _ in range(3):
                start = time.perf_counter()
                self.sweep(some)
                now = time.perf_counter() - start
                taken[width] = min(now, taken.get(width, now))
        self.arrange(min(taken, key=taken.get))

    def below(self, first, weights, tile):
        excess = weights @ tile
        excess += self.cash[first:first + weights.shape[0]]
        return excess < 0

    def sweep(self, chunks):
        def part(task):
            (_, tile), (first, weights) = task
            return np.count_nonzero(self.below(first, weights, tile))
        tasks = [(tile, chunk) for tile in self.tiles for chunk in chunks]
        return sum(self.workers.map(part, tasks))

    def run(self):
        return self.sweep(self.chunks)

    def answer(self):
        flags = np.zeros((self.pools, self.columns), np.bool_)
        for start, tile in self.tiles:
            for first, weights in self.chunks:
                flags[first:first + weights.shape[0], start:start + tile.shape[1]] = \
                    self.below(first, weights, tile)
        np.packbits(flags, axis=1, bitorder="little").tofile(self.folder / "flags.u8")
        flags.sum(axis=1).astype(np.uint32).tofile(self.folder / "breaches.u32")
        return int(flags.sum())


def main():
    peer = Peer(sys.argv[1])
    print(f"scipy {scipy.__version__}, {peer.threads} threads, {CHUNK} pools x {peer.width} columns "
          "at a time", flush=True)
    for line in sys.stdin:
        print({"run": peer.run, "answer": peer.answer}[line.strip()](), flush=True)


if __name__ == "__main__":
    main()
