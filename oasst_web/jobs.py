"""Celery entry points of the site itself."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from exports import takedowns
from oasst_web import news_mail, withdrawals


@shared_task(name="oasst_web.forget_sessions")
def forget_sessions() -> None:
    """Expired sessions are of no use to anybody."""
    call_command("clearsessions")


@shared_task(name="oasst_web.publish_takedowns", time_limit=60 * 60)
def publish_takedowns() -> int:
    """Written into the ledger and taken out of the files: what was taken back since the last time."""
    return takedowns.sweep(moderation=withdrawals.KNOWN, now=timezone.now())


@shared_task(name="oasst_web.mail_news")
def mail_news() -> int:
    return news_mail.send(clock=timezone.now)
