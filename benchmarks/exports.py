"""How long exports and releases take, and in how much memory: `python -m benchmarks exports`.

A process of its own for each line. A tenth of the trees goes first: the whole should take ten times as long.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from benchmarks import databases

#: Messages that are taken back from a release.
TAKEN_BACK = 1_000
#: What is measured, in order.
WHAT = ("finished, a tenth", "finished", "all, a tenth", "all", "release", "release, two processes", "takedowns")


def measure(environment: dict[str, str], what: str) -> dict[str, Any]:
    """One row."""
    databases.use(environment, "full")
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory(dir=environment["OASST_DATA_DIR"]) as directory:
        os.environ["RELEASES_DIR"] = directory
        from django.conf import settings

        settings.RELEASES_DIR = Path(directory)
        if what.startswith("release"):
            return _release(what, helped="two" in what)
        if what == "takedowns":
            return _takedowns(Path(directory))
        return _trees(what, Path(directory))


def _trees(what: str, directory: Path) -> dict[str, Any]:
    """Trees as JSON lines, as Open-Assistant's exporter writes them; all of them with labels and events."""
    from common.moments import one_moment
    from exports import building, lines, writing
    from exports.building import Content, Tally
    from exports.selection import Selection, Which
    from tasks.tree_states import State

    everything = what.startswith("all")
    selection = Selection(
        states=None if everything else frozenset({State.READY_FOR_EXPORT}),
        ids_below=UUID(int=(1 << 128) // 10) if "tenth" in what else None,
        **dict.fromkeys(("deleted", "spam", "synthetic"), Which.WITH if everything else Which.WITHOUT),
    )
    content, tally, started = Content(labels=everything, events=everything), Tally(), time.perf_counter()
    with one_moment(), writing.lines(str(directory / "trees.jsonl")) as write:
        for tree in building.trees(selection, content, tally):
            write(lines.tree_json(tree))
    return _row(what, time.perf_counter() - started, tally.messages)


def _release(what: str, *, helped: bool) -> dict[str, Any]:
    """Every format, Parquet too, with audit, card and manifest."""
    release, seconds = _built(helped=helped)
    assert release.manifest is not None
    return _row(what, seconds, sum(release.manifest["counts"]["rows_by_format"].values()))


def _built(*, helped: bool = False) -> tuple[Any, float]:
    from django.utils import timezone

    from exports.models import Release
    from exports.releases import asking, build, config
    from tasks.tree_states import State

    Release.objects.filter(name="benchmark").delete()
    open_gates = {"screened": 0, "duplicates": 1, "toxicity": 1, "language": 1, "personal_data": 1}
    states = [state.value for state in State if state is not State.HALTED_BY_MODERATOR]
    asked = config.checked({"title": "x", "license": "apache-2.0", "gates": open_gates, "states": states})
    release = asking.ask(name="benchmark", config=asked, benchmarks={}, by=None, now=timezone.now(), here=True)
    helpers = list[subprocess.Popen[bytes]]()

    def call(done: int, of: int) -> None:
        """What a worker would do on the message that a job sends."""
        if helped and not helpers:
            command = [sys.executable, "-m", "benchmarks.exports", "helper", str(release.pk), str(of)]
            helpers.append(subprocess.Popen(command))

    started = time.perf_counter()
    assert build.build(release.pk, clock=timezone.now, tell=call)
    seconds = time.perf_counter() - started
    for helper in helpers:
        helper.wait()
    release.refresh_from_db()
    return release, seconds


def _help(environment: dict[str, str], release_id: int, count: int) -> None:
    databases.use(environment, "full")
    from exports.releases import build, places

    (snapshot,) = [each.name for each in places.workshop("benchmark").iterdir() if each.name != "files"]
    build.help_build(release_id, snapshot, count)


def _takedowns(directory: Path) -> dict[str, Any]:
    """The script of a release, over a copy of all its lines, with a ledger of messages drawn by chance."""
    from exports.models import ReleasedMessage
    from exports.redaction import Pseudonyms
    from exports.releases import oasst_apply_takedowns, places

    release, _seconds = _built()
    assert release.manifest is not None
    ids, before, lines = Pseudonyms(release.seed), oasst_apply_takedowns.GENESIS, list[bytes]()
    every = ReleasedMessage.objects.filter(release=release).order_by("message_id").values_list("message_id", flat=True)
    for number, pk in enumerate(Random(1).sample(list(every), TAKEN_BACK), start=1):
        line = {"number": number, "release": release.name, "taken": "message", "subject": str(ids.message(pk))}
        before = oasst_apply_takedowns.digest_of(before, line)
        lines.append(json.dumps({**line, "digest": before}).encode())
    (directory / "ledger.jsonl").write_bytes(b"\n".join(lines))
    copy = directory / "copy"
    shutil.copytree(places.of(release.name), copy, ignore=shutil.ignore_patterns("*.parquet"))
    script = copy / "oasst-apply-takedowns"
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-I", str(script), str(directory / "ledger.jsonl"), str(copy)], check=True, stdout=sys.stderr
    )
    seconds = time.perf_counter() - started
    return _row("takedowns", seconds, sum(release.manifest["counts"]["rows_by_format"].values()), mb="")


def _row(what: str, seconds: float, rows: int, *, mb: int | str | None = None) -> dict[str, Any]:
    """`rows`: messages of a tree file, rows of all formats of a release. `mb`: largest resident size of the process."""
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return {
        "what": what,
        "rows": rows,
        "seconds": round(seconds, 1),
        "rows_per_second": round(rows / seconds),
        "mb": peak if mb is None else mb,
    }


if __name__ == "__main__":
    if sys.argv[1] == "helper":
        _help(dict(os.environ), int(sys.argv[2]), int(sys.argv[3]))
    else:
        print(json.dumps(measure(dict(os.environ), sys.argv[1])))
