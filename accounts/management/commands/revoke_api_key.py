"""Take a key back."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from accounts import keys


class Command(BaseCommand):
    help = "Take a key back: it opens nothing from now on. What its people wrote stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client", type=UUID, help="The id of the client, from list_api_keys.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            client = keys.revoke(client_id=options["client"], now=timezone.now())
        except keys.ClientNotFound as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"The key of {client} opens nothing any more.")
