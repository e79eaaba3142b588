"""Compile the translations of the pages, and say how far each of them is. Needs no other program."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from common import catalogues


class Command(BaseCommand):
    help = "Compile the translations of the pages and tell how far each of them is."

    def handle(self, *args: Any, **options: Any) -> None:
        (directory,) = settings.LOCALE_PATHS
        catalogues.compile_stale(directory)
        for state in catalogues.states(directory):
            self.stdout.write(
                f"{state.locale}: {state.messages} messages, {state.missing} missing, "
                f"{state.guessed} guessed and not shown, {state.unread} made by a machine and unread"
            )
