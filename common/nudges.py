"""Wake a job after commit. A nudge only makes things fast: every job also sweeps by the clock."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

#: A nudge nobody picked up in this many seconds is worthless: the sweep has run since.
EXPIRES = 60


def soon(job: str) -> None:
    """Ask for `job` (its Celery name) once the transaction has committed. A lost broker is logged, never raised."""

    def send() -> None:
        try:
            current_app.send_task(job, expires=EXPIRES, retry=False, ignore_result=True)
        except (OperationalError, OSError) as problem:
            log.warning("The broker is away, %s waits for its sweep: %s", job, problem)

    transaction.on_commit(send)
