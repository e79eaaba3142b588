"""`manage.py export_trees`: write trees or messages in the published formats."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.models import Consent
from common import dates, moments
from exports import building, leakage, lines, training, writing
from exports.building import Content, Tally
from exports.formats import FORMATS, Needs, hub_row
from exports.leakage import Grams
from exports.redaction import Ids, Pseudonyms
from exports.selection import Selection, Which
from screening.findings import Concern
from tasks.kinds import LABELS
from tasks.tree_states import State


class Command(BaseCommand):
    help = "Export trees or messages as JSON lines. docs/data-format.md explains every field and option."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "out",
            metavar="OUT",
            help="file to write, compressed if it ends in .gz or .zst; - for standard output; .parquet for formats "
            "with fixed columns",
        )
        parser.add_argument(
            "--format",
            choices=FORMATS,
            help="what a line is; trees if not given. "
            + ". ".join(f"{name}: {row.about}" for name, row in FORMATS.items()),
        )
        parser.add_argument("--lang", default="", help="only trees in these languages, for example en,de")
        parser.add_argument("--state", help="all, or states with commas between; ready_for_export if not given")
        for sort, what in (
            ("deleted", "deleted messages"),
            ("spam", "messages that were rejected or not reviewed (only: rejected)"),
            ("synthetic", "messages written by a machine"),
        ):
            either = parser.add_mutually_exclusive_group()
            either.add_argument(f"--include-{sort}", action="store_true", help=f"also {what}")
            either.add_argument(f"--{sort}-only", action="store_true", help=f"single messages, and only {what}")
        parser.add_argument("--prompts-only", action="store_true", help="no replies")
        parser.add_argument("--user", type=UUID, help="single messages of this person, in trees of any state")
        parser.add_argument(
            "--use",
            choices=[consent.value for consent in Consent],
            default=Consent.DATASET.value,
            help="what the file is for: leaves out what its authors gave for less (default: dataset)",
        )
        parser.add_argument("--limit", type=int, help="stop after so many trees, or single messages")
        parser.add_argument("--since", help="only trees begun at this date or later (ISO, UTC)")
        parser.add_argument("--until", help="only trees begun before this date (ISO, UTC)")
        parser.add_argument(
            "--min-label", action="append", default=[], metavar="LABEL=X", help="only messages with this mean or more"
        )
        parser.add_argument(
            "--max-label", action="append", default=[], metavar="LABEL=X", help="only messages with this mean or less"
        )
        parser.add_argument(
            "--without-findings",
            default="",
            metavar="CONCERNS",
            help=f"leave out messages in which screening found one of these: {', '.join(Concern)}",
        )
        parser.add_argument(
            "--without-benchmarks",
            action="append",
            default=[],
            metavar="FILE",
            help=f"leave out messages that have {leakage.N} words in a row with a line of this text file",
        )
        parser.add_argument("--labels", "--export-labels", action="store_true", help="add averaged labels")
        parser.add_argument("--events", "--export-events", action="store_true", help="add every reaction and ranking")
        parser.add_argument("--scores", action="store_true", help="add detoxify.toxicity to English messages")
        parser.add_argument("--skips", action="store_true", help="count skips among the emojis")
        parser.add_argument(
            "--anonymizer-seed", metavar="SEED", help="replace all ids by pseudonyms made with this secret"
        )
        parser.add_argument(
            "--split", choices=[name for name, _share in training.SPLITS], help="only rows of trees on this side"
        )
        parser.add_argument(
            "--min-preference",
            type=float,
            metavar="P",
            help="preferences only: pairs whose better reply is the better one with this chance at least, 0.5 to 1",
        )
        parser.add_argument("--keep-nulls", action="store_true", help="write null instead of leaving a field out")
        parser.add_argument("--json", action="store_true", help="print a report for programs on standard output")

    def handle(self, **options: Any) -> None:
        selection, layout = _selection(options), options["format"]
        if selection.single and layout == "trees":
            raise CommandError("This asks for single messages, which make no trees. Use --format messages.")
        layout = layout or ("messages" if selection.single else "trees")
        _check(layout, selection, options)
        tally, started = Tally(), time.perf_counter()
        try:
            with moments.one_moment(), writing.table(options["out"], FORMATS[layout].columns) as write:
                for data in tqdm(
                    _rows(selection, _content(options), tally, layout, options),
                    unit=" lines",
                    disable=not sys.stderr.isatty(),
                ):
                    write(data)
        except OSError as problem:
            raise CommandError(f"{options['out']} cannot be written: {problem.strerror or problem}.") from problem
        self._tell(tally, options, time.perf_counter() - started)

    def _tell(self, tally: Tally, options: Mapping[str, Any], seconds: float) -> None:
        left_out = {reason.value: count for reason, count in sorted(tally.left_out.items()) if count}
        if options["json"]:
            report = {
                "trees": tally.trees,
                "messages": tally.messages,
                "left_out": left_out,
                "seconds": round(seconds, 1),
            }
            # Standard output may be the file itself.
            (self.stderr if options["out"] == "-" else self.stdout).write(json.dumps(report, indent=2))
        trees = f"trees {tally.trees}, " if tally.trees else ""
        self.stderr.write(f"Exported: {trees}messages {tally.messages}. Seconds: {seconds:.1f}.")
        for reason, count in left_out.items():
            self.stderr.write(f"Left out: {reason.replace('_', ' ')} {count}")
        if options["anonymizer_seed"] is None:
            self.stderr.write("Ids are exported as they are. --anonymizer-seed replaces them.")


def _selection(options: Mapping[str, Any]) -> Selection:
    if options["user"] and options["state"]:
        raise CommandError("--user takes trees of every state; leave --state out.")
    if options["limit"] is not None and options["limit"] < 0:
        raise CommandError("--limit must not be negative.")
    return Selection(
        states=None if options["user"] else _states(options["state"] or State.READY_FOR_EXPORT.value),
        langs=frozenset(_names(options["lang"])),
        deleted=_which(options, "deleted"),
        spam=_which(options, "spam"),
        synthetic=_which(options, "synthetic"),
        prompts_only=options["prompts_only"],
        person=options["user"],
        use=Consent(options["use"]),
        since=_date(options, "since"),
        until=_date(options, "until"),
        at_least=_thresholds(options, "min_label"),
        at_most=_thresholds(options, "max_label"),
        without_findings=_concerns(options["without_findings"]),
        grams=_grams(options["without_benchmarks"]),
        limit=options["limit"],
    )


def _content(options: Mapping[str, Any]) -> Content:
    seed = options["anonymizer_seed"]
    if seed == "":
        raise CommandError("--anonymizer-seed must not be empty: anybody could guess it.")
    ids = Ids() if seed is None else Pseudonyms(seed)
    said = {name: options[name] for name in ("labels", "events", "scores", "skips")}
    return Content(**said, ids=ids)


def _check(layout: str, selection: Selection, options: Mapping[str, Any]) -> None:
    """What the formats with fixed columns can be asked for, and the others cannot; and the other way round."""
    fixed = FORMATS[layout].needs is not Needs.TREE
    if fixed and selection.single:
        raise CommandError(f"This asks for single messages, of which {layout} cannot be made. Use --format messages.")
    if not FORMATS[layout].columns and options["out"].endswith(".parquet"):
        raise CommandError(
            f"{layout} has no fixed columns, so it cannot be Parquet. Write it as .jsonl.gz or .jsonl.zst."
        )
    if not fixed and options["split"]:
        raise CommandError(f"--split goes with formats for training, not with {layout}.")
    if FORMATS[layout].needs is Needs.CAST and options["anonymizer_seed"] is None:
        raise CommandError("Single answers leave only under pseudonyms: give --anonymizer-seed.")
    strength = options["min_preference"]
    if strength is not None and (layout != "preferences" or not 0.5 <= strength <= 1):
        raise CommandError("--min-preference goes with --format preferences, and is a chance from 0.5 to 1.")


def _rows(
    selection: Selection, content: Content, tally: Tally, layout: str, options: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    chosen = FORMATS[layout]
    if chosen.needs is Needs.TREE:
        yield from _lines(selection, content, tally, layout, options)
        return
    content = replace(content, labels=True)
    told = building.told if chosen.needs is Needs.TOLD else building.cast
    for each in told(selection, content, tally):
        if options["split"] and each.split != options["split"]:
            continue
        for row in chosen.rows(each):
            if layout != "preferences" or training.sure_enough(row, options["min_preference"]):
                yield row


def _lines(
    selection: Selection, content: Content, tally: Tally, layout: str, options: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    keep_nulls = options["keep_nulls"]
    if layout == "trees":
        for tree in building.trees(selection, content, tally):
            yield lines.tree_json(tree, keep_nulls=keep_nulls)
        return
    # Lines keep what no column is for.
    hub = hub_row if options["out"].endswith(".parquet") else lines.hub_json
    for row in building.rows(selection, content, tally):
        yield hub(row) if layout == "hub" else lines.row_json(row, keep_nulls=keep_nulls)


def _names(commas: str) -> list[str]:
    return [name.strip() for name in commas.split(",") if name.strip()]


def _states(commas: str) -> frozenset[State] | None:
    if commas == "all":
        return None
    unknown = sorted(set(_names(commas)) - set(State))
    if unknown:
        raise CommandError(f"Unknown state {', '.join(unknown)}. Known: all, {', '.join(State)}.")
    return frozenset(State(name) for name in _names(commas))


def _thresholds(options: Mapping[str, Any], option: str) -> dict[str, float]:
    found = {}
    for said in options[option]:
        name, _equals, number = said.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            raise CommandError(f"--{option.replace('_', '-')} is {said!r}; it must be like quality=0.5.") from None
        if name not in LABELS:
            raise CommandError(f"Unknown label {name!r}. Known: {', '.join(LABELS)}.")
    return found


def _concerns(commas: str) -> frozenset[str]:
    unknown = sorted(set(_names(commas)) - set(Concern))
    if unknown:
        raise CommandError(f"Unknown concern {', '.join(unknown)}. Known: {', '.join(Concern)}.")
    return frozenset(_names(commas))


def _grams(files: list[str]) -> Grams:
    try:
        return Grams.of_texts(line for name in files for line in leakage.lines(Path(name)))
    except OSError as problem:
        raise CommandError(f"{problem.filename} cannot be read: {problem.strerror}.") from problem


def _which(options: Mapping[str, Any], sort: str) -> Which:
    if options[f"{sort}_only"]:
        return Which.ONLY
    return Which.WITH if options[f"include_{sort}"] else Which.WITHOUT


def _date(options: Mapping[str, Any], name: str) -> datetime | None:
    if options[name] is None:
        return None
    try:
        return dates.moment(options[name])
    except ValueError:
        raise CommandError(f"--{name} is {options[name]!r}, which is not an ISO date such as 2026-01-31.") from None
