"""`manage.py write_python_client`: the typed Python client of version 2 of the API, as the API is now."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from oasst_web.api import python_client


class Command(BaseCommand):
    help = "Write the package oasst_client for the API as it is described now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--output", type=Path, default=python_client.HOME, help="the directory to put it into (clients/python)"
        )

    def handle(self, *, output: Path, **options: Any) -> None:
        try:
            package = python_client.write(output)
        except python_client.ClientNotWritten as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"Wrote {package}.")
