"""What happens once, when the site starts."""

from __future__ import annotations

from django.apps import AppConfig


class Site(AppConfig):
    name = "oasst_web"

    def ready(self) -> None:
        from oasst_web import security_log, sessions  # their signals want all apps

        sessions.listen()
        security_log.listen()
