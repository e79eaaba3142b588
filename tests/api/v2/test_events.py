"""Version 2, events: what happened comes in order, once, also across streams, and waiting costs no connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from threading import Timer
from time import monotonic
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import news
from accounts.models import News, NewsKind, User
from oasst_web.api.v2 import events
from stats import awarding
from tasks import assignment
from tests.api.v2.calling import Caller, problem
from tests.making import given, make_tree

pytestmark = pytest.mark.django_db(transaction=True)


def tell(person: User, source: str) -> None:
    line = News(
        person=person, kind=NewsKind.MESSAGE_ACCEPTED, source=source, about={"message_id": source}, at=timezone.now()
    )
    news.tell([line])


def stream(caller: Caller, *, last: str | None = None, **query: Any) -> str:
    headers = {} if last is None else {"Last-Event-ID": last}
    response = caller.get("events", headers=headers, **{"wait": 0, **query})
    assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream")
    return b"".join(response.streaming_content).decode()


def parsed(text: str) -> tuple[list[tuple[str, dict[str, Any]]], str]:
    """The events as a browser reads them, and the last id it remembers."""
    found, last = [], ""
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        last = fields.get("id", last)
        if "data" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found, last


def ids(text: str) -> list[str]:
    return [data["message_id"] for _kind, data in parsed(text)[0]]


def test_a_stream_begins_now_and_goes_on_where_the_last_one_ended() -> None:
    caller, other = Caller(), Caller()
    tell(caller.person, "before")
    found, last = parsed(stream(caller))
    assert found == []
    tell(caller.person, "first")
    tell(other.person, "not mine")
    tell(caller.person, "second")
    text = stream(caller, last=last)
    assert ids(text) == ["first", "second"]
    assert ids(stream(caller, last=parsed(text)[1])) == []
    # For clients that cannot send the header.
    assert ids(stream(caller, after=last)) == ["first", "second"]
    assert ids(stream(caller, after="0-0")) == ["before", "first", "second"]


def test_an_earned_badge_is_told_by_its_name() -> None:
    caller = Caller(streak_days=7)
    _none, last = parsed(stream(caller))
    awarding.award(now=timezone.now(), everybody=True)
    ((kind, data),), _last = parsed(stream(caller, last=last))
    assert (kind, data["badge"], data["name"]) == ("badge_earned", "week-streak", "A week of it")
    assert data["at"]


def test_an_expired_task_is_told() -> None:
    make_tree()
    caller = Caller()
    task = caller.claimed("assistant_reply")
    _none, last = parsed(stream(caller))
    assignment.return_expired(**given(now=timezone.now() + timedelta(days=1)))
    ((kind, data),), _last = parsed(stream(caller, last=last))
    assert (kind, data["task_id"], data["kind"]) == ("task_expired", task["id"], "assistant_reply")
    assert data["at"]


def test_more_than_is_read_at_once_comes_whole() -> None:
    caller = Caller()
    for number in range(events.BATCH + 3):
        tell(caller.person, str(number))
    assert ids(stream(caller, after="0-0")) == [str(number) for number in range(events.BATCH + 3)]


@pytest.mark.parametrize("last", ["nonsense", "1", "-1-1", "1--1", "1-x", f"{2**63}-1", f"1-{2**63}", "\x00"])
def test_an_id_that_was_never_given_out_is_refused(last: str) -> None:
    response = Caller().get("events", after=last, wait=0)
    assert problem(response)[0] == 422


def test_an_id_from_before_a_restore_begins_with_what_is_there() -> None:
    caller = Caller()
    _none, last = parsed(stream(caller, last="9000000000-5"))
    tell(caller.person, "after")
    assert ids(stream(caller, last=last)) == ["after"]


def test_a_stream_waits_without_a_connection_and_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "EVERY", 0.3)
    caller = Caller()
    began = monotonic()
    response = caller.get("events", wait=2)
    chunks: Iterator[bytes] = iter(response.streaming_content)
    assert b"retry: 1000" in next(chunks)

    def later() -> None:
        tell(caller.person, "meanwhile")
        connection.close()

    timer = Timer(0.5, later)
    timer.start()
    seen = b""
    for chunk in chunks:
        # Whatever is sent: nothing is held while the client reads or the clock runs.
        assert connection.connection is None
        seen += chunk
    timer.join()
    response.close()
    assert ids(seen.decode()) == ["meanwhile"]
    assert 1.5 < monotonic() - began < 6


def test_only_so_many_wait_and_the_others_come_again_later() -> None:
    caller = Caller()
    tell(caller.person, "there")
    for _ in range(events.STREAMS):
        events.WAITING.acquire()
    try:
        began = monotonic()
        text = stream(caller, after="0-0", wait=25)
    finally:
        for _ in range(events.STREAMS):
            events.WAITING.release()
    assert ids(text) == ["there"]
    assert "retry: 10000" in text
    assert monotonic() - began < 10


def test_a_stream_that_nobody_reads_leaves_its_place() -> None:
    caller = Caller()
    for _ in range(6):
        response = caller.get("events", wait=25)
        next(iter(response.streaming_content))
        response.close()
    assert events.WAITING.acquire(blocking=False)
    events.WAITING.release()


def test_nobody_waits_for_longer_than_a_stream_lasts() -> None:
    assert problem(Caller().get("events", wait=26)) == (422, "invalid-request")
