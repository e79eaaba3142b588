"""Lets the detectors look at every message they have not seen in their present version."""

from __future__ import annotations

from argparse import ArgumentParser
from random import SystemRandom
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from moderation import screening
from screening.findings import Concern
from screening.looking import Looker
from tasks import rulebook


class Command(BaseCommand):
    help = (
        "Screen everything that the detectors have not seen in their present version. It can be broken off and started "
        "again: what was looked at stays looked at."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = [concern.value for concern in Concern]
        parser.add_argument(
            "--concern", action="append", choices=names, help="only what was not screened for this; may be repeated"
        )

    def handle(self, **options: Any) -> None:
        concerns = [Concern(name) for name in options["concern"] or list(Concern)]
        with Looker() as looker:
            unknown = [concern.value for concern in options["concern"] or () if concern not in looker.versions()]
            if unknown and unknown != [Concern.NEAR_DUPLICATE]:
                raise CommandError(f"No detector is installed for {', '.join(unknown)}.")
            total = screening.behind(looker.versions(), concerns).count()
            found = screening.rescreen(
                looker=looker,
                concerns=concerns,
                now=timezone.now(),
                rules=rulebook.in_force(),
                rng=SystemRandom(),
            )
            count = sum(1 for _message in tqdm(found, total=total, unit="messages", disable=None))
        self.stderr.write(f"{count} messages were screened.")
