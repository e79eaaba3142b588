"""`manage.py demo`: people to sign in as with one click, and conversations to work on. May run twice."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from random import Random
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from oasst_web.demo import stage


class Command(BaseCommand):
    help = "Create the demo people and, where there are no conversations yet, demo content."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON report on stdout")

    def handle(self, **options: Any) -> None:
        report = stage.set_up(now=timezone.now(), rng=Random(1))  # the same demo every time
        content = "content was added" if report["content_added"] else "there were conversations already"
        self.stderr.write(
            f"Demo: {report['people']} people ({report['new_people']} new); {content}; "
            f"{report['trees']} trees with {report['messages']} messages."
        )
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=2))
