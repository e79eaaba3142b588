"""`manage.py tree_diagram`: draw the table of a tree's life into docs/architecture.md."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tasks.tree_states import CHANGES, TRANSITIONS, State, Transition, always

BEGIN, END = "<!-- tree diagram: begin -->", "<!-- tree diagram: end -->"
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "architecture.md"

#: Where trees are born, and how.
BIRTHS = {State.INITIAL_PROMPT_REVIEW: "somebody writes a prompt", State.BACKLOG_RANKING: "imported"}


def words(row: Transition) -> str:
    """On which event, and when: `drawn, if still there`. Moves after any change name only the guard."""
    event = "" if row.events == CHANGES else " or ".join(sorted(row.events))
    guard = "" if row.guard is always else row.guard.__name__
    return ", if ".join(part.replace("_", " ") for part in (event, guard) if part)


def diagram() -> str:
    """The Mermaid source. Halting by hand is left out: it is possible in every state and would hide the rest."""
    labels: dict[tuple[State, State], list[str]] = defaultdict(list)
    for row in TRANSITIONS:
        if words(row) != "halted":
            labels[row.source, row.target].append(words(row))
    lines = ["stateDiagram-v2"]
    lines += [f"    [*] --> {state}: {how}" for state, how in BIRTHS.items()]
    lines += [f"    {source} --> {target}: {' / '.join(how)}" for (source, target), how in labels.items()]
    return "\n".join(lines)


def drawn_into(text: str) -> str:
    """The document with the diagram between its markers. Raises ValueError where there are none."""
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"There is no {BEGIN} … {END}.")
    return f"{before}{BEGIN}\n\n```mermaid\n{diagram()}\n```\n\n{END}{after}"


class Command(BaseCommand):
    help = "Draw the table of a tree's life into docs/architecture.md; with --check only say whether it is up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the drawing is stale")
        parser.add_argument("--document", type=Path, default=DOCUMENT, help="the file to draw into")

    def handle(self, **options: Any) -> None:
        document: Path = options["document"]
        try:
            text = document.read_text(encoding="utf-8")
            drawn = drawn_into(text)
        except (OSError, ValueError) as problem:
            raise CommandError(f"{document}: {problem}") from problem
        if drawn == text:
            self.stderr.write(f"{document.name} is up to date.")
        elif options["check"]:
            raise CommandError(f"{document.name} is stale: run manage.py tree_diagram.")
        else:
            document.write_text(drawn, encoding="utf-8")
            self.stderr.write(f"{document.name} drawn.")
