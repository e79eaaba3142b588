"""Volunteers for the stopwatch: each claims and answers, through the use cases or through HTTP."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode

HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Measured:
    """Seconds of each call, queries of each call, and what went wrong."""

    claims: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    claim_queries: list[int] = field(default_factory=list)
    answer_queries: list[int] = field(default_factory=list)
    acks: list[float] = field(default_factory=list)
    refusals: int = 0
    errors: list[str] = field(default_factory=list)
    wall: float = 0.0
    lock: Any = field(default_factory=threading.Lock)

    def add(self, other: Measured) -> None:
        for name in ("claims", "answers", "claim_queries", "answer_queries", "acks", "errors"):
            getattr(self, name).extend(getattr(other, name))
        self.refusals += other.refusals


class Counter:
    """Counts the queries of one thread's connection."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)


def through_functions(people: list[Any], calls: int, seed: int, submit: bool, measured: Measured) -> None:
    """One volunteer's thread: claim, then answer or give back, `calls` times."""
    from django.db import connection
    from django.utils import timezone

    from common.errors import DomainError
    from tasks import assignment, interactions, rulebook, work

    rng, mine, counter = Random(seed), Measured(), Counter()
    rules = rulebook.in_force()
    try:
        with connection.execute_wrapper(counter):
            for _ in range(calls):
                person = rng.choice(people)
                counter.count, started = 0, time.perf_counter()
                try:
                    task = assignment.claim(
                        person=person, lang="en", kind=None, now=timezone.now(), rules=rules, rng=rng
                    )
                except DomainError:
                    mine.refusals += 1
                    continue
                mine.claims.append(time.perf_counter() - started)
                mine.claim_queries.append(counter.count)
                if not submit:
                    assignment.release(task_id=task.pk, by=person, now=timezone.now(), rules=rules, rng=rng)
                    continue
                draft = _draft(work.show(task, person=person), rng)
                counter.count, started = 0, time.perf_counter()
                try:
                    interactions.submit(
                        task_id=task.pk, by=person, draft=draft, now=timezone.now(), rules=rules, rng=rng
                    )
                except DomainError:
                    mine.refusals += 1
                    continue
                mine.answers.append(time.perf_counter() - started)
                mine.answer_queries.append(counter.count)
    except Exception as problem:  # an error is a result here: it is counted and printed
        mine.errors.append(repr(problem))
    finally:
        connection.close()
        with measured.lock:
            measured.add(mine)


def _draft(shown: Any, rng: Random) -> Any:
    from tasks.drafts import RankingDraft, ReplyDraft, ReviewDraft
    from tasks.kinds import Deed

    if shown.row.deed is Deed.WRITE:
        return ReplyDraft.of(f"A reply of some length, number {token_hex(8)}. " * 4, limit=2000)
    if shown.row.deed is Deed.REVIEW:
        return ReviewDraft.of(shown.kind, {name: 0.0 for name, _label in shown.labels})
    order = [[reply.pk] for reply in shown.replies]
    rng.shuffle(order)
    return RankingDraft.of(order, shown=[reply.pk for reply in shown.replies])


def through_http(
    port: int, sessions: list[tuple[str, str]], calls: int, seed: int, submit: bool, measured: Measured
) -> None:
    """One volunteer's thread: POST for a task, GET its page, POST the answer or give it back."""
    rng, mine = Random(seed), Measured()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        for _ in range(calls):
            session, token = rng.choice(sessions)
            cookies = {"Cookie": f"sessionid={session}; csrftoken={token}"}
            page = {"csrfmiddlewaretoken": token}
            seconds, status, place, _body = _send(connection, "POST", "/work/", cookies, page)
            if status != 302:
                mine.refusals += 1
                continue
            mine.claims.append(seconds)
            if not submit:
                _send(connection, "POST", f"{place}release/", cookies, page)
                continue
            _seconds, _status, _place, body = _send(connection, "GET", place, cookies, None)
            answer = {**page, **_fields(body, rng)}
            seconds, status, _place, _body = _send(connection, "POST", place, cookies, answer)
            if status == 302:
                mine.answers.append(seconds)
            elif status >= 500:
                mine.errors.append(f"{status} for an answer")
            else:
                mine.refusals += 1
    except Exception as problem:  # as above
        mine.errors.append(repr(problem))
    finally:
        connection.close()
        with measured.lock:
            measured.add(mine)


def _send(
    connection: http.client.HTTPConnection, method: str, path: str, cookies: dict[str, str], form: dict[str, str] | None
) -> tuple[float, int, str, str]:
    started = time.perf_counter()
    connection.request(method, path, urlencode(form) if form else None, {**cookies, **HEADERS})
    response = connection.getresponse()
    body = response.read().decode()
    return time.perf_counter() - started, response.status, response.headers.get("Location", ""), body


def _fields(page: str, rng: Random) -> dict[str, str]:
    """An answer to whatever form the page shows."""
    if 'name="text"' in page and "<textarea" in page and 'name="place-' not in page and 'name="label-spam"' not in page:
        return {"text": f"A reply of some length, number {token_hex(8)}. " * 4}
    if 'name="label-spam"' in page:
        return {"label-spam": "0", "no_flags": "on"}
    names = sorted(set(re.findall(r'name="(place-[^"]+)"', page)))
    places = rng.sample(range(1, len(names) + 1), len(names))
    return {name: str(place) for name, place in zip(names, places, strict=True)}


def through_api(
    port: int, key: str, crowd: list[str], calls: int, seed: int, measured: Measured, every: float = 0.0
) -> None:
    """One volunteer's thread through the published protocol: POST for a task, acknowledge it, POST the answer.

    With `every`, a new task is asked for so many seconds after the last one was, as far as the answers come in time.
    """
    rng, mine = Random(seed), Measured()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    started = time.perf_counter() + rng.random() * every
    try:
        for number in range(calls):
            time.sleep(max(0.0, started + number * every - time.perf_counter()))
            person = {"id": rng.choice(crowd), "display_name": "Volunteer", "auth_method": "discord"}
            seconds, status, task = _call(connection, key, "tasks/", {"type": "random", "user": person, "lang": "en"})
            mine.claims.append(seconds)
            if status != 200:
                _note(mine, status, "a task request")
                continue
            name = token_hex(8)
            seconds, status, _nothing = _call(connection, key, f"tasks/{task['id']}/ack", {"message_id": name})
            mine.acks.append(seconds)
            if status != 204:
                _note(mine, status, "an acknowledgement")
                continue
            seconds, status, _done = _call(connection, key, "tasks/interaction", _interaction(task, person, name, rng))
            if status == 200:
                mine.answers.append(seconds)
            else:
                _note(mine, status, "an answer")
    except Exception as problem:  # as above
        mine.errors.append(repr(problem))
    finally:
        connection.close()
        with measured.lock:
            measured.add(mine)


def _call(connection: http.client.HTTPConnection, key: str, path: str, body: Any) -> tuple[float, int, Any]:
    started = time.perf_counter()
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
    response = connection.getresponse()
    text = response.read().decode()
    return time.perf_counter() - started, response.status, json.loads(text) if text else None


def _note(mine: Measured, status: int, what: str) -> None:
    """503 with 1006 says that nothing is available, which is a refusal in this protocol."""
    if status >= 500 and status != 503:
        mine.errors.append(f"{status} for {what}")
    else:
        mine.refusals += 1


def _interaction(task: Any, person: Any, name: str, rng: Random) -> Any:
    """An answer to whatever the task asks."""
    if "valid_labels" in task:
        labels = dict.fromkeys(task["valid_labels"], 0.0)
        about = {"message_id": task["message_id"], "task_id": task["id"], "labels": labels}
        return {"type": "text_labels", "user": person, "text": "", **about}
    if "reply_messages" in task:
        places = list(range(len(task["reply_messages"])))
        rng.shuffle(places)
        return {"type": "message_ranking", "user": person, "message_id": name, "ranking": places}
    text = f"A reply of some length, number {token_hex(8)}. " * 4
    return {
        "type": "text_reply_to_message",
        "user": person,
        "message_id": name,
        "user_message_id": token_hex(8),
        "text": text,
    }
