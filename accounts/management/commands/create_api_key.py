"""Make an API client and print its key, once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from accounts import keys
from accounts.models import Scope


class Command(BaseCommand):
    help = "Make an API client and print its key. The key is shown once: only its hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="What the program is called; moderators read it in their log.")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=Scope.values,
            help="What the key may do; give it several times for several scopes.",
        )
        parser.add_argument(
            "--terms-accepted-there",
            action="store_true",
            help="The program itself shows the terms to its people and has their consent.",
        )
        parser.add_argument("--email", default="", help="Whom to write to about this key.")

    def handle(self, *args: Any, **options: Any) -> None:
        client, key = keys.issue(
            description=options["name"],
            scopes=[Scope(scope) for scope in options["scope"]],
            now=timezone.now(),
            admin_email=options["email"],
            terms_accepted_there=options["terms_accepted_there"],
        )
        self.stderr.write(f"Client {client.pk}, scopes: {', '.join(client.scopes)}. The key is not shown again:")
        self.stdout.write(key)
