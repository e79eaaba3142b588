"""`python -m benchmarks WHAT`: README.md beside this file tells what there is."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from typing import Any

from benchmarks import databases
from benchmarks.sweeps import SWEEPS

#: Volunteers at the same time, and how many calls each of them makes.
CROWDS = {1: 300, 50: 20}
#: The same for the published protocol, each call being a task, its acknowledgement and its answer; and how many answers
#: per second all of them together want to give, 0 being as many as they can.
API_CROWDS = ((1, 100, 0), (50, 20, 60), (50, 20, 80), (50, 20, 0))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    what = ["fill", "claims", "answers", "http", "pages", "sweeps", "consensus", "screening", "duplicates", "exports"]
    parser.add_argument("what", choices=what)
    parser.add_argument("--json", action="store_true", help="one JSON line per measurement on standard output")
    parser.add_argument("--seeds", type=int, default=8, help="of consensus: how often each simulation is run")
    options = parser.parse_args()
    if options.what == "consensus":
        from benchmarks import consensus  # needs no database, and its imports take a while

        consensus.run(options.seeds, options.json)
        return
    if options.what == "screening":
        from benchmarks import screening  # the same

        screening.run(options.json)
        return
    with databases.server() as environment:
        # Its statements come many at once, which a prepared one cannot.
        filling = {**environment, "DATABASE_PREPARES": "0"}
        for size in databases.SIZES:
            _run(filling, "-c", f"from benchmarks import fill; import os; fill.fill(dict(os.environ), {size!r})")
        if options.what == "fill":
            return
        if options.what == "sweeps":
            _sweeps(environment, options.json)
            return
        if options.what == "pages":
            _pages(environment, options.json)
            return
        if options.what == "duplicates":
            _both_sizes(environment, "benchmarks.duplicates", options.json)
            return
        if options.what == "exports":
            _exports(environment, options.json)
            return
        if options.what == "http":
            _http(environment, options.json)
            return
        rows = []
        for way in ("functions", "http"):
            for volunteers, calls in CROWDS.items():
                pair = [_measured(environment, size, way, volunteers, calls, options.what) for size in databases.SIZES]
                for row in pair:
                    row["ratio"] = round(row["p50_ms"] / pair[0]["p50_ms"], 2)
                    rows.append(row)
                    if options.json:
                        print(json.dumps(row), flush=True)
        drifts = {size: _drifts(environment, size) for size in databases.SIZES}
        if not options.json:
            _table(options.what, rows)
        print(f"Drifts found by check_trees afterwards: {drifts}", file=sys.stderr)
        if any(row["errors"] for row in rows) or any(drifts.values()):
            sys.exit(1)


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        cwd=databases.ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def _sweeps(environment: dict[str, str], as_json: bool) -> None:
    """Each job over the full database, in a process of its own; under the rules in force a replay must find nothing."""
    rows: list[dict[str, object]] = []
    for what in SWEEPS:
        row: dict[str, object] = json.loads(_run(environment, "-m", "benchmarks.sweeps", what).splitlines()[-1])
        rows.append(row)
        if as_json:
            print(json.dumps(row), flush=True)
    if not as_json:
        print("| " + " | ".join(rows[0]) + " |")
        print("|" + " --- |" * len(rows[0]))
        for row in rows:
            print("| " + " | ".join(map(str, row.values())) + " |")
    if any(row["job"] == "replay" and row["result"] != "0 differences" for row in rows):
        sys.exit(1)


def _pages(environment: dict[str, str], as_json: bool) -> None:
    """Each page at both sizes; `ratio` is its p50 over that on the small one."""
    rows: list[dict[str, object]] = []
    small: dict[object, float] = {}
    for size in databases.SIZES:
        for row in json.loads(_run(environment, "-m", "benchmarks.pages", size).splitlines()[-1]):
            small.setdefault(row["page"], row["p50_ms"])
            rows.append({**row, "ratio": round(row["p50_ms"] / small[row["page"]], 2)})
    if as_json:
        print("\n".join(map(json.dumps, rows)))
        return
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + " --- |" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |")


def _both_sizes(environment: dict[str, str], module: str, as_json: bool) -> None:
    """One row for each size; `ratio` is its p50 over that of the small one."""
    rows: list[dict[str, object]] = []
    for size in databases.SIZES:
        rows += json.loads(_run(environment, "-m", module, size).splitlines()[-1])
    for row in rows:
        row["ratio"] = round(row["p50_ms"] / rows[0]["p50_ms"], 2)  # type: ignore[operator]
    if as_json:
        print("\n".join(map(json.dumps, rows)))
        return
    _lines(rows)


def _lines(rows: list[dict[str, object]]) -> None:
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + " --- |" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |")


def _exports(environment: dict[str, str], as_json: bool) -> None:
    """`ratio` is seconds over those of a tenth of the same trees, where there is one."""
    from benchmarks.exports import WHAT  # its own imports need no Django

    rows: dict[str, dict[str, Any]] = {}
    for what in WHAT:
        row = rows[what] = json.loads(_run(environment, "-m", "benchmarks.exports", what).splitlines()[-1])
        tenth = rows.get(f"{what}, a tenth")
        row["ratio"] = round(row["seconds"] / tenth["seconds"], 1) if tenth else ""
        if as_json:
            print(json.dumps(row), flush=True)
    if not as_json:
        _lines(list(rows.values()))


def _http(environment: dict[str, str], as_json: bool) -> None:
    """The published protocol at full size: one volunteer, then fifty. No error and no over-collection may be found."""
    rows: list[dict[str, object]] = []
    for volunteers, calls, pace in API_CROWDS:
        asked = ("full", "api", str(volunteers), str(calls), str(pace))
        out = _run(environment, "-m", "benchmarks.measure", *asked)
        rows.append(json.loads(out.splitlines()[-1]))
    drifts = _drifts(environment, "full")
    if as_json:
        print("\n".join(map(json.dumps, rows)))
    else:
        print("| " + " | ".join(rows[0]) + " |")
        print("|" + " --- |" * len(rows[0]))
        for row in rows:
            print("| " + " | ".join(map(str, row.values())) + " |")
    print(f"Drifts found by check_trees afterwards: {drifts}", file=sys.stderr)
    if drifts or any(row["errors"] for row in rows):
        sys.exit(1)


def _measured(
    environment: dict[str, str], size: str, way: str, volunteers: int, calls: int, what: str
) -> dict[str, object]:
    out = _run(environment, "-m", "benchmarks.measure", size, way, str(volunteers), str(calls), what)
    row: dict[str, object] = json.loads(out.splitlines()[-1])
    return row


def _drifts(environment: dict[str, str], size: str) -> int:
    """Over-collection, lost answers, wrong counters: what check_trees finds in the active trees after the load."""
    out = _run(
        environment, "-c", f"from benchmarks import fill; import os; fill.count_drifts(dict(os.environ), {size!r})"
    )
    return int(out)


def _table(what: str, rows: list[dict[str, object]]) -> None:
    columns = ["way", "volunteers", "size", "per_second", "p50_ms", "p95_ms", "p99_ms", "ratio", "queries_p50",
               "queries_max", "calls", "refusals", "errors"]  # fmt: skip
    print(f"| {what}: " + " | ".join(columns) + " |")
    print("|" + " --- |" * len(columns))
    for row in rows:
        print("| " + " | ".join(str(row.get(column, "")) for column in columns) + " |")


if __name__ == "__main__":
    main()
