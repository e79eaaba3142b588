"""`manage.py replay --rules FILE`: what would have come out under other rules. Changes nothing."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.errors import DomainError
from tasks import replay
from tasks.replay import Tally

#: Differences listed in full; the rest is counted.
LISTED = 20


class Command(BaseCommand):
    help = "Run the stored answers under other rules, and tell which verdicts, ranks and pairs would differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rules",
            type=Path,
            required=True,
            metavar="FILE",
            help="rules as JSON, all or some, as `manage.py rules --json` prints them; the others stay",
        )
        parser.add_argument("--list", type=int, default=LISTED, metavar="N", help="differences to list, -1 for all")
        parser.add_argument("--json", action="store_true", help="print a report for programs on standard output")

    def handle(self, **options: Any) -> None:
        started, tally = time.monotonic(), Tally()
        try:
            changes = replay.changes_in(_read(options["rules"]))
        except DomainError as refusal:
            raise CommandError(f"{options['rules']}: {refusal}") from refusal
        count = 0
        listed: list[replay.Difference] = []
        for difference in replay.replay(changes, tally):
            count += 1
            if options["list"] < 0 or len(listed) < options["list"]:
                listed.append(difference)
        seconds = round(time.monotonic() - started, 1)
        if options["json"]:
            report = {
                "changes": changes,
                **vars(tally),
                "differences": count,
                "listed": [asdict(difference) for difference in listed],
                "seconds": seconds,
            }
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        changed = ", ".join(f"{name}={value}" for name, value in changes.items())
        self.stderr.write(f"Changed rules: {changed or 'none; these are the rules in force'}.")
        for difference in listed:
            self.stderr.write(f"  {difference}")
        if count > len(listed):
            self.stderr.write(f"  … and {count - len(listed)} more (--list -1 shows all)")
        for name, counts in (("Verdicts", tally.verdicts), ("Ranks", tally.ranks), ("Pairs", tally.pairs)):
            said = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
            self.stderr.write(f"{name}: {said or 'none'}.")
        self.stderr.write(
            f"Reviews saved {tally.reviews_saved}, verdicts left open {tally.reviews_lacking}; "
            f"rankings saved {tally.rankings_saved}, lacking {tally.rankings_lacking}."
        )
        self.stderr.write(
            f"{tally.reviews} reviews and {tally.rankings} rankings in {tally.trees} trees replayed in {seconds} s: "
            f"{count} differences."
        )


def _read(path: Path) -> dict[str, Any]:
    """The rules in a file. A version number in it is passed over: these are values."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise CommandError(f"{path} cannot be read: {problem.strerror}.") from problem
    except ValueError as problem:
        raise CommandError(f"{path} is not JSON: {problem}.") from problem
    if not isinstance(values, dict):
        raise CommandError(f"{path} must hold one JSON object: rule names and their values.")
    values.pop("version", None)
    return values
