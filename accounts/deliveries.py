"""Send what is on its way to webhooks: taken, committed, sent, noted.

Nothing is locked while we wait for a receiver. A worker that dies in between leaves a delivery that is due again when
its lease has run out, so a receiver may get a message twice, with the same id, but never not at all. Messages,
signatures and the waits between attempts follow https://www.standardwebhooks.com (specification 1.0.0).
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts import locking, outgoing
from accounts.models import Delivery, Webhook

#: How long to wait after each failed attempt, in minutes. When they are used up a delivery is given up, three days and
#: some hours after the first attempt.
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (0.5, 5, 30, 120, 300, 600, 840, 1200, 1440))
#: By how much a wait may differ, so that not everything a receiver missed comes at the same moment.
JITTER = 0.1
#: A receiver that has taken nothing for so long is asked no more until its client wants it.
HOPELESS = timedelta(days=7)

#: For so long a delivery belongs to who sends it: more than a batch can take.
LEASE = timedelta(minutes=3)
#: After that a job takes nothing more: the next goes on.
SHIFT = timedelta(seconds=50)
#: In one batch: receivers, deliveries to each of them, and how many are sent at the same time.
RECEIVERS, EACH, THREADS = 16, 4, 32

#: The receiver wants nothing more.
GONE = 410


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt."""

    status: int | None
    problem: str
    """Empty if the receiver has it."""


def deliver(*, clock: Callable[[], datetime], rng: Random) -> int:
    """Send what is due and return how much of it arrived. Of a receiver that is failing one message is tried, and more
    only when it takes that one: so it costs the others little, and its messages keep their attempts."""
    until, arrived, failing = clock() + SHIFT, 0, set[UUID]()
    with ThreadPoolExecutor(THREADS) as pool:
        while clock() < until and (batch := _take(clock(), failing)):
            sending = {pool.submit(_send, delivery, clock): delivery for delivery in batch}
            for future in as_completed(sending):
                delivery, outcome = sending[future], future.result()
                if outcome.problem:
                    failing.add(delivery.webhook_id)
                    _note_failure(delivery, outcome, clock(), rng)
                else:
                    arrived += 1
                    _note_arrival(delivery, outcome, clock())
    return arrived


def _take(now: datetime, failing: Collection[UUID]) -> list[Delivery]:
    """Deliveries that are ours until their lease runs out. Committed before anything is sent."""
    with transaction.atomic(durable=True):
        taken = locking.claim_deliveries(now=now, until=now + LEASE, webhooks=RECEIVERS, each=EACH, passed_by=failing)
    return list(Delivery.objects.filter(pk__in=taken).select_related("webhook", "notice"))


def _send(delivery: Delivery, clock: Callable[[], datetime]) -> Outcome:
    """One attempt. Runs in a thread, and asks the database nothing."""
    body, sent_at = _body(delivery), int(clock().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Open-Assistant-Webhooks",
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": str(sent_at),
        "webhook-signature": signature(
            secret=delivery.webhook.secret, message_id=str(delivery.pk), sent_at=sent_at, body=body
        ),
    }
    try:
        status = outgoing.post(delivery.webhook.url, body=body, headers=headers, loopback=settings.WEBHOOKS_TO_LOOPBACK)
    except outgoing.NotSent as problem:
        return Outcome(None, str(problem))
    return Outcome(status, "" if 200 <= status < 300 else f"The receiver answered {status}.")


def _body(delivery: Delivery) -> bytes:
    notice = delivery.notice
    happened = notice.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    message = {"type": notice.kind, "timestamp": happened, "data": notice.payload}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def signature(*, secret: str, message_id: str, sent_at: int, body: bytes) -> str:
    """HMAC-SHA256 over id, time and body, as the header has it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, b"%s.%d.%s" % (message_id.encode(), sent_at, body), sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def _note_arrival(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    _note(delivery, outcome, delivered_at=now, next_attempt_at=None)
    Webhook.objects.filter(pk=delivery.webhook_id, failing_since__isnull=False).update(failing_since=None)


def _note_failure(delivery: Delivery, outcome: Outcome, now: datetime, rng: Random) -> None:
    again = None
    if delivery.attempts <= len(RETRIES):
        again = now + RETRIES[delivery.attempts - 1] * rng.uniform(1 - JITTER, 1 + JITTER)
    _note(delivery, outcome, next_attempt_at=again)
    webhook = Webhook.objects.filter(pk=delivery.webhook_id)
    webhook.filter(failing_since__isnull=True).update(failing_since=now)
    (webhook if outcome.status == GONE else webhook.filter(failing_since__lte=now - HOPELESS)).update(enabled=False)


def _note(delivery: Delivery, outcome: Outcome, **changes: datetime | None) -> None:
    """Only while it is ours: replayed or taken by somebody else meanwhile, it is no longer ours to settle."""
    ours = Delivery.objects.filter(pk=delivery.pk, next_attempt_at=delivery.next_attempt_at)
    ours.update(last_status=outcome.status, last_problem=outcome.problem[:200], **changes)
