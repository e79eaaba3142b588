"""What happens to one's tasks, messages and reports, which badges one earns, and what moderators decide about one:
server-sent events.

A stream occupies a thread of the web server. So it ends by itself, only so many are open at once, and the others get
what there is and come again. The client loses nothing by that: it goes on after the last id it saw.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from threading import BoundedSemaphore

from django.db import connection
from django.http import StreamingHttpResponse
from django.utils import translation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from accounts import news
from accounts.models import News, NewsKind, Status, User
from accounts.news import BEGINNING, Place
from oasst_web.api.routes import Call, Routes
from oasst_web.api.v2 import schemas
from oasst_web.api.v2.paging import InvalidCursor
from oasst_web.api.v2.protocol import person_of
from stats.badges import BADGES

#: Seconds between two looks into the database. Each opens a connection, for none is held in between.
EVERY = 2.0
#: Streams that wait at once, in each process: half of its threads (gunicorn.conf.py).
STREAMS = 2
WAITING = BoundedSemaphore(STREAMS)
#: Lines read at once.
BATCH = 100
#: Milliseconds after which a client comes again: after a stream that waited, and after one that could not.
SOON, LATER = 1_000, 10_000

routes = Routes()


@routes.add(
    "GET",
    "events",
    people="signed_in",
    query=schemas.EventQuery,
    headers=(
        OpenApiParameter(
            "Last-Event-ID",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description="Id of the last event one has: the stream goes on after it. Without it, it begins now.",
        ),
    ),
    answer={
        "text/event-stream": "Events: `task_expired`, `message_accepted`, `message_rejected`, `report_answered`, "
        "`badge_earned`, `message_removed`, `appeal_decided`, `warned`, `suspended`, `moderators_called`"
    },
    raises=(InvalidCursor,),
)
def follow_events(call: Call) -> StreamingHttpResponse:
    """What happens to this person's tasks, messages and reports, the badges they earn, and what moderators decide about
    them, as server-sent events. The data of each are JSON.

    The stream ends after `wait` seconds; a client opens it again with the id of the last event, as browsers do by
    themselves. A verdict is told when its conversation stops growing.
    """
    person = person_of(call)
    given = call.request.headers.get("Last-Event-ID") or call.query.get("after")
    newest = news.newest(person)
    # Never beyond what there is: the place may be of another database, from before a restore.
    place = min(_read(given), newest) if given else newest
    stream = _stream(person, place, call.query["wait"], translation.get_language() or "en")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


def _stream(person: User, place: Place, wait: int, lang: str) -> Iterator[str]:
    waits = wait > 0 and WAITING.acquire(blocking=False)
    try:
        # An id without data: a client that sees nothing in this stream knows where to go on.
        yield f"retry: {SOON if waits else LATER}\nid: {_written(place)}\n\n"
        until = time.monotonic() + (wait if waits else 0)
        while True:
            lines = news.after(place, person=person, limit=BATCH)
            # Who was banned meanwhile is refused when they come again; until then they hear no more.
            welcome = User.objects.filter(pk=person.pk, status__in=[Status.ACTIVE, Status.SUSPENDED]).exists()
            _let_go()
            if not welcome:
                return
            for line in lines:
                place = news.place_of(line)
                yield _event(line, lang)
            if len(lines) == BATCH:
                continue
            left = until - time.monotonic()
            if left <= 0:
                return
            # Also tells whether anybody still listens.
            yield ": waiting\n\n"
            time.sleep(min(EVERY, left))
    finally:
        if waits:
            WAITING.release()


def _let_go() -> None:
    """Nobody's connection while we wait for the clock or the client."""
    if not connection.in_atomic_block:
        connection.close()


def _event(line: News, lang: str) -> str:
    about = dict(line.about)
    if line.kind == NewsKind.BADGE_EARNED and about.get("badge") in BADGES:
        # A stream is written when its request is over, and the language of the request is forgotten.
        with translation.override(lang):
            about["name"] = str(BADGES[about["badge"]].name)
    data = json.dumps({**about, "at": line.at.isoformat()})
    return f"id: {_written(news.place_of(line))}\nevent: {line.kind}\ndata: {data}\n\n"


def _written(place: Place) -> str:
    return f"{place.transaction}-{place.id}"


def _read(text: str) -> Place:
    """Raises InvalidCursor."""
    transaction, _dash, number = text.partition("-")
    try:
        place = Place(int(transaction), int(number))
    except ValueError:
        raise InvalidCursor from None
    if not BEGINNING <= place < Place(2**63, 0) or not 0 <= place.id < 2**63:
        raise InvalidCursor
    return place
