"""How long it takes to find the nearest of all messages of a language: `python -m benchmarks duplicates`.

The signatures are of texts made of words of the published sentences, as many as the database has messages. Half of
what is looked up is nearly one of them. A process of its own for each size.
"""

from __future__ import annotations

import json
import os
import sys
import time
from itertools import count
from random import Random
from typing import Any

from benchmarks import databases, screening
from benchmarks.measure import percentile

#: How many messages are looked up.
TIMES = 300
#: Rows stored at once.
BATCH = 2_000


def _text(number: int, words: list[str]) -> str:
    """Of the message with this number: 20 to 120 words, the same in every run."""
    rng = Random(number)
    return " ".join(rng.choices(words, k=rng.randint(20, 120)))


def _nearly(text: str, words: list[str], rng: Random) -> str:
    """Every twentieth word is another one."""
    return " ".join(rng.choice(words) if rng.random() < 0.05 else word for word in text.split())


def measure(environment: dict[str, str], size: str) -> list[dict[str, Any]]:
    """One row: signatures in the table, milliseconds, and how many near-duplicates were found."""
    databases.use(environment, size)
    from django.core.management import call_command
    from django.db import connection, transaction

    call_command("migrate", verbosity=0, interactive=False)
    from moderation import duplicates
    from moderation.models import Signature
    from screening import near_duplicates
    from tasks.models import Message

    rng, numbers = Random(9), count(Signature.objects.count())
    words = [word for lines in screening._sentences().values() for line in lines for word in line.split()]
    left = Message.objects.filter(signature=None).order_by("id").only("id", "lang")
    while batch := list(left[:BATCH]):
        rows = []
        for message in batch:
            signature = near_duplicates.signature(_text(next(numbers), words)) or b""
            rows.append(
                Signature(
                    message=message,
                    lang=message.lang,
                    version=duplicates.VERSION,
                    minhash=signature,
                    bands=near_duplicates.bands(signature, message.lang),
                )
            )
        Signature.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE moderation_signature")
    total = Signature.objects.count()
    messages = list(Message.objects.order_by("-created_at")[:TIMES])
    times, found = [], 0
    for number, message in enumerate(messages):
        known = _text(rng.randrange(total), words)
        message.text = _nearly(known, words, rng) if number % 2 else _text(10_000_000 + number, words)
        with transaction.atomic():
            began = time.perf_counter()
            found += duplicates.nearest(message, at_least=0.6) is not None
            times.append(time.perf_counter() - began)
            transaction.set_rollback(True)
    return [
        {
            "size": size,
            "signatures": total,
            "p50_ms": round(1000 * percentile(times, 50), 2),
            "p95_ms": round(1000 * percentile(times, 95), 2),
            "max_ms": round(1000 * max(times), 2),
            "found": f"{found} of {TIMES // 2}",
        }
    ]


if __name__ == "__main__":
    print(json.dumps(measure(dict(os.environ), sys.argv[1])))
