"""Simulations of the consensus library, printed with what was wanted of it: see README.md beside this file."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from benchmarks import adherence, rankings, reviews, speed
from benchmarks.tables import Row, Section, Table, merged

SECTIONS = [reviews.SECTION, rankings.SECTION, adherence.CALIBRATION, adherence.RING]


def run(seeds: int, as_json: bool) -> None:
    """Print every table as soon as all seeds are done, then the times, measured while nothing else runs here."""
    # Threads inside NumPy would only get in the way of the processes.
    os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    started = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = {
            section.name: [pool.submit(_measure, section.name, seed) for seed in range(seeds)] for section in SECTIONS
        }
        for section in SECTIONS:
            by_seed = [job.result() for job in jobs[section.name]]
            rows = {name: merged([of[name] for of in by_seed]) for name in by_seed[0]}
            for table in section.tables(rows):
                _print(table, as_json)
            print(f"{section.name}: {time.perf_counter() - started:.0f} s so far", file=sys.stderr)
    _print(speed.table(), as_json)
    print(f"{seeds} seeds in {time.perf_counter() - started:.0f} s", file=sys.stderr)


def _measure(name: str, seed: int) -> dict[str, list[Row]]:
    return _section(name).measure(seed)


def _section(name: str) -> Section:
    (section,) = (section for section in SECTIONS if section.name == name)
    return section


def _print(table: Table, as_json: bool) -> None:
    for line in table.json_lines() if as_json else [table.markdown()]:
        print(line, flush=True)
