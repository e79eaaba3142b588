"""Celery entry points of the site itself."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command


@shared_task(name="oasst_web.forget_sessions")
def forget_sessions() -> None:
    """Expired sessions are of no use to anybody."""
    call_command("clearsessions")
