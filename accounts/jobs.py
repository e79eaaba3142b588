"""Celery entry points of accounts."""

from __future__ import annotations

from random import SystemRandom

from celery import shared_task
from django.utils import timezone

from accounts import deliveries, news, webhooks


@shared_task(name="accounts.deliver_webhooks")
def deliver_webhooks() -> int:
    return deliveries.deliver(clock=timezone.now, rng=SystemRandom())


@shared_task(name="accounts.forget_notices")
def forget_notices() -> int:
    return webhooks.forget(now=timezone.now())


@shared_task(name="accounts.forget_news")
def forget_news() -> int:
    return news.forget(now=timezone.now())
