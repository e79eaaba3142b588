"""`manage.py import_trees`: bring published trees and messages into this database."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from random import SystemRandom
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from tqdm import tqdm

from exports.importing import Options, Report, import_trees
from tasks import rulebook
from tasks.tree_states import State


def _step(bar: tqdm[Any], count: int) -> None:
    bar.update(count)


class Command(BaseCommand):
    help = (
        "Import trees or flat messages from published files (JSON lines, plain or .gz). docs/data-format.md says more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="store nothing, report what would be stored")
        parser.add_argument("--strict", action="store_true", help="store nothing if any line cannot be used")
        parser.add_argument("--origin", default="", help="kept with every tree; the name of its file if not given")
        parser.add_argument("--lang", default="", help="only trees in these languages, for example en,de")
        parser.add_argument("--limit", type=int, help="look at so many trees only")
        parser.add_argument(
            "--state",
            choices=[state.value for state in State],
            help="state of trees whose file names none; otherwise backlog_ranking where there is something to rank, "
            "else ready_for_export",
        )
        parser.add_argument("--activate", type=int, default=0, help="rank so many of those at once instead of later")
        parser.add_argument("--json", action="store_true", help="print a report for programs on standard output")

    def handle(self, **options: Any) -> None:
        files: list[Path] = options["files"]
        for path in files:
            if not path.is_file():
                raise CommandError(f"There is no file {path}. Nothing was imported.")
        for name in ("limit", "activate"):
            if (options[name] or 0) < 0:
                raise CommandError(f"--{name} must not be negative.")
        chosen = Options(
            origin=options["origin"],
            langs=frozenset(code.strip() for code in options["lang"].split(",") if code.strip()),
            limit=options["limit"],
            state=State(options["state"]) if options["state"] else None,
            activate=options["activate"],
            strict=options["strict"],
            dry_run=options["dry_run"],
        )
        started = time.perf_counter()
        with tqdm(unit=" trees", disable=not sys.stderr.isatty()) as bar:
            try:
                report = import_trees(
                    files=files,
                    options=chosen,
                    now=timezone.now(),
                    rules=rulebook.in_force(),
                    rng=SystemRandom(),
                    progress=lambda count: _step(bar, count),
                )
            except OSError as problem:
                raise CommandError(f"{problem.filename or files[0]} cannot be read: {problem.strerror}.") from problem
            except (OperationalError, InterfaceError) as problem:
                raise CommandError(
                    f"The database went away: {' '.join(str(problem).split())}. Import again when it is back: "
                    "trees that are there are passed over."
                ) from problem
        self._tell(report, chosen, time.perf_counter() - started, as_json=options["json"])
        if options["strict"] and report.refused:
            raise CommandError(
                f"Nothing was stored: lines that cannot be used: {report.refused}. Without --strict the rest is."
            )
        if not report.trees_read and not report.other_languages:
            raise CommandError("Nothing could be read: there is no tree in the files.")

    def _tell(self, report: Report, options: Options, seconds: float, *, as_json: bool) -> None:
        if as_json:
            told = {**asdict(report), "refused_lines": report.refused, "seconds": round(seconds, 1)}
            # In ASCII: a reason may quote half a surrogate pair, and a file may have a name that is not UTF-8.
            self.stdout.write(json.dumps(told, indent=2))
        for broken in report.broken:
            self.stderr.write(str(broken))
        if report.orphans:
            places = ", ".join(str(orphan.line) for orphan in report.orphans[:20])
            more = ", …" if len(report.orphans) > 20 else ""
            count = len(report.orphans)
            self.stderr.write(f"Left out, for the message they reply to is not there: {count}, on lines {places}{more}")
        for move, count in sorted(report.moved_on.items()):
            self.stderr.write(f"Moved on at once, as their messages say: {move}, trees: {count}")
        verb = "Stored" if report.stored else "Would be stored" if options.dry_run else "Sound, but not stored"
        self.stderr.write(
            f"{verb}: trees {report.trees_created}, messages {report.messages_created}, "
            f"people {report.people_created}. Trees that were there already: {report.trees_already_there}. "
            f"Lines that cannot be used: {report.refused}. Seconds: {seconds:.1f}."
        )
