"""`manage.py rules`: show the rules in force, or store a new version of them."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tasks import rulebook
from tasks.rules import InvalidRules


class Command(BaseCommand):
    help = "Show the rules in force; with --set NAME=VALUE store a new version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="may be given many times")
        parser.add_argument("--note", default="", help="why the rules are changed")
        parser.add_argument("--json", action="store_true", help="print the rules for programs on standard output")

    def handle(self, **options: Any) -> None:
        changes = {}
        for pair in options["set"]:
            name, equals, value = pair.partition("=")
            if not equals:
                raise CommandError(f"{pair!r} is not of the form NAME=VALUE.")
            changes[name.strip()] = value.strip()
        try:
            rules = rulebook.in_force()
            if changes:
                rules = rulebook.change(changes=changes, by=None, note=options["note"], now=timezone.now())
        except InvalidRules as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({"version": rules.version, **rules.values()}, indent=2))
        else:
            self.stderr.write(f"Rules, version {rules.version}:")
            for name, value in rules.values().items():
                self.stderr.write(f"  {name} = {value}")
