"""`manage.py check_trees`: recompute everything from the answers, list each drift, exit 1 on any."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from tasks import inspection, rulebook
from tasks.models import Tree


class Command(BaseCommand):
    help = "Recompute every counter, verdict, rank, open task and state from the answers, and list what differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a report for programs on standard output")

    def handle(self, **options: Any) -> None:
        drifts = list(inspection.drifts(rulebook.in_force()))
        trees = Tree.objects.count()
        if options["json"]:
            report = {"trees": trees, "drifts": [asdict(drift) for drift in drifts]}
            self.stdout.write(json.dumps(report, default=str, indent=2))
        for drift in drifts:
            self.stderr.write(str(drift))
        self.stderr.write(f"{trees} trees checked, {len(drifts)} drifts.")
        if drifts:
            sys.exit(1)
