"""Which keys there are, and when each was used last."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand

from accounts.models import ApiClient


class Command(BaseCommand):
    help = "List every API client: id, scopes, last use, name. Keys themselves are kept nowhere."

    def handle(self, *args: Any, **options: Any) -> None:
        for client in ApiClient.objects.order_by("created_at"):
            used = f"used {client.last_used_at:%Y-%m-%d %H:%M}" if client.last_used_at else "never used"
            gone = f", revoked {client.revoked_at:%Y-%m-%d %H:%M}" if client.revoked_at else ""
            self.stdout.write(f"{client.pk}  {', '.join(client.scopes)}  {used}{gone}  {client.description}")
