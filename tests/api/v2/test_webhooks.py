"""Version 2, webhooks: programs subscribe, see what became of each message, and ask for it again."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import deliveries, keys
from accounts.models import Delivery, NoticeKind, Scope, Webhook
from accounts.webhooks import MOST
from moderation import reports
from tasks.tree_states import State
from tests.accounts.receiving import Receiver, receiver
from tests.api.calling import Program
from tests.api.v2.calling import Caller, problem
from tests.making import NOW, make_person, make_tree

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as there:
        yield there


class Program2(Program):
    """A program that calls version 2."""

    def call(self, method: str, path: str, body: Any = None, **rest: Any) -> Any:
        return super().call(method, path, body, version=2, **rest)

    def subscribed(self, there: Receiver, *kinds: str) -> dict[str, Any]:
        response = self.post("webhooks", {"url": there.url, "kinds": kinds or ["tree.finished"]})
        assert response.status_code == 201, response.json()
        return dict(response.json())


def deliver() -> int:
    return deliveries.deliver(clock=timezone.now, rng=Random(1))


def test_a_program_subscribes_and_reads_the_secret_once(there: Receiver) -> None:
    program = Program2()
    response = program.post("webhooks", {"url": there.url, "kinds": ["tree.finished", "release.published"]})
    assert response.status_code == 201
    new = response.json()
    assert response["Location"] == f"/api/v2/webhooks/{new['id']}"
    assert new.pop("secret") == Webhook.objects.get().secret
    assert new["kinds"] == ["release.published", "tree.finished"]
    assert (new["url"], new["enabled"], new["failing_since"]) == (there.url, True, None)
    assert program.get(f"webhooks/{new['id']}").json() == new
    assert program.get("webhooks").json() == {"items": [new]}


def test_a_message_arrives_and_is_listed_with_the_id_it_was_sent_under(there: Receiver) -> None:
    program = Program2()
    webhook = program.subscribed(there)
    tree = make_tree(state=State.READY_FOR_EXPORT)
    assert deliver() == 1
    (listed,) = program.get(f"webhooks/{webhook['id']}/deliveries").json()["items"]
    assert listed["id"] == there.received[0].id
    assert (listed["kind"], listed["state"], listed["attempts"]) == ("tree.finished", "delivered", 1)
    assert (listed["last_status"], listed["last_problem"], listed["next_attempt_at"]) == (204, None, None)
    assert listed["payload"] == there.messages[0]["data"]
    assert listed["payload"]["tree_id"] == str(tree.pk)


def test_a_program_that_moderates_is_told_of_reports_and_others_are_not(there: Receiver) -> None:
    order = {"url": there.url, "kinds": ["tree.finished", "report.filed"]}
    for scope in (Scope.VOLUNTEER, Scope.EXPORTER):
        assert problem(Program2(scope).post("webhooks", order)) == (403, "not-allowed")
    Program2(Scope.MODERATOR).subscribed(there, "report.filed")
    reports.report(message_id=make_tree().pk, person=make_person(), labels=[], text="Bad", now=NOW)
    assert deliver() == 1
    assert there.messages[0]["type"] == "report.filed"


def test_deliveries_come_in_pages_and_by_state(there: Receiver) -> None:
    program = Program2()
    path = f"webhooks/{program.subscribed(there)['id']}"
    for _ in range(3):
        make_tree(state=State.READY_FOR_EXPORT)
    assert deliver() == 3
    there.status = 500
    make_tree(state=State.READY_FOR_EXPORT)
    deliver()
    first = program.get(f"{path}/deliveries", limit=3)
    second = program.get(f"{path}/deliveries", limit=3, cursor=first.json()["next"])
    listed = first.json()["items"] + second.json()["items"]
    assert 'rel="next"' in first["Link"]
    assert second.json()["next"] is None
    assert {item["id"] for item in listed} == {str(pk) for pk in Delivery.objects.values_list("pk", flat=True)}
    assert [item["state"] for item in listed].count("waiting") == 1
    (waiting,) = program.get(f"{path}/deliveries", state="waiting").json()["items"]
    assert (waiting["last_status"], waiting["last_problem"]) == (500, "The receiver answered 500.")
    assert len(program.get(f"{path}/deliveries", state="delivered").json()["items"]) == 3
    assert program.get(f"{path}/deliveries", state="failed").json() == {"items": [], "next": None}
    assert program.get(path).json()["failing_since"]
    for wrong in ({"cursor": "what"}, {"limit": 0}, {"state": "lost"}):
        assert problem(program.get(f"{path}/deliveries", **wrong))[0] == 422


def test_listing_costs_the_same_however_many_there_are(there: Receiver) -> None:
    program = Program2()
    path = f"webhooks/{program.subscribed(there)['id']}"
    costs = []
    for _ in range(2):
        make_tree(state=State.READY_FOR_EXPORT)
        with CaptureQueriesContext(connection) as queries:
            program.get(f"{path}/deliveries")
        costs.append(len(queries))
    assert costs[0] >= costs[1]


def test_what_was_given_up_is_replayed_alone_or_with_all_since_a_moment(there: Receiver) -> None:
    program = Program2()
    make_tree(state=State.READY_FOR_EXPORT)
    path = f"webhooks/{program.subscribed(there)['id']}"
    make_tree(state=State.READY_FOR_EXPORT)
    Delivery.objects.update(next_attempt_at=None)
    (failed,) = program.get(f"{path}/deliveries", state="failed").json()["items"]
    response = program.post(f"{path}/deliveries/{failed['id']}/replay")
    assert (response.status_code, response.json()["state"]) == (202, "waiting")
    assert deliver() == 1
    assert there.received[0].id == failed["id"]
    response = program.post(f"{path}/replay", {"since": "2000-01-01T00:00:00Z"})
    assert response.status_code == 202
    assert response.json()["count"] == deliver()
    assert problem(program.post(f"{path}/replay", {"since": "yesterday"})) == (422, "invalid-request")


def test_a_test_message_is_sent(there: Receiver) -> None:
    program = Program2()
    path = f"webhooks/{program.subscribed(there)['id']}"
    response = program.post(f"{path}/test")
    assert (response.status_code, response.json()["kind"]) == (202, NoticeKind.PING)
    assert deliver() == 1
    assert (there.messages[0]["type"], there.received[0].id) == ("ping", response.json()["id"])


def test_a_deleted_webhook_is_gone(there: Receiver) -> None:
    program = Program2()
    path = f"webhooks/{program.subscribed(there)['id']}"
    program.post(f"{path}/test")
    assert program.call("DELETE", path).status_code == 204
    assert problem(program.get(path)) == (404, "webhook-not-found")
    assert deliver() == 0


def test_the_webhooks_of_another_program_are_not_there(there: Receiver) -> None:
    mine, other = Program2(), Program2(Scope.ADMIN)
    path = f"webhooks/{mine.subscribed(there)['id']}"
    delivery = mine.post(f"{path}/test").json()["id"]
    assert other.get("webhooks").json() == {"items": []}
    answers = [
        other.get(path),
        other.call("DELETE", path),
        other.get(f"{path}/deliveries"),
        other.post(f"{path}/test"),
        other.post(f"{path}/replay", {"since": "2000-01-01T00:00:00Z"}),
        other.post(f"{path}/deliveries/{delivery}/replay"),
        mine.post(f"{path}/deliveries/{uuid4()}/replay"),
    ]
    assert [problem(answer) for answer in answers] == [(404, "webhook-not-found")] * len(answers)
    assert Webhook.objects.count() == 1


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://example.org/", True),
        ("https://169.254.169.254/latest/meta-data", True),
        ("http://localhost/", False),
        ("https://[::1]/", False),
        ("file:///etc/passwd", True),
    ],
)
def test_an_address_that_is_not_public_is_refused(settings: LazySettings, url: str, loopback: bool) -> None:
    settings.WEBHOOKS_TO_LOOPBACK = loopback
    assert problem(Program2().post("webhooks", {"url": url, "kinds": ["tree.finished"]})) == (422, "invalid-webhook")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"url": "https://example.org/", "kinds": []},
        {"url": "https://example.org/", "kinds": ["ping"]},
        {"url": "https://example.org/", "kinds": ["everything"]},
        {"url": "https://example.org/\x00", "kinds": ["tree.finished"]},
        {"url": "https://example.org/" + "x" * 2048, "kinds": ["tree.finished"]},
    ],
)
def test_an_order_of_another_shape_is_refused(body: Any) -> None:
    assert problem(Program2().post("webhooks", body)) == (422, "invalid-request")


def test_a_program_has_so_many_webhooks_and_no_more(there: Receiver) -> None:
    program = Program2()
    for _ in range(MOST):
        program.subscribed(there)
    order = {"url": there.url, "kinds": ["tree.finished"]}
    assert problem(program.post("webhooks", order)) == (409, "too-many-webhooks")


def test_a_key_is_needed_and_one_of_a_person_is_none() -> None:
    response = Client().get("/api/v2/webhooks")
    assert problem(response) == (401, "api-client-not-authorized")
    assert response["WWW-Authenticate"] == "X-API-Key"
    assert problem(Caller().get("webhooks")) == (401, "api-client-not-authorized")
    program = Program2()
    assert "X-API-Key" in program.get("webhooks")["Vary"]
    assert problem(program.get("webhooks/7")) == (422, "invalid-request")
    keys.revoke(client_id=program.client.pk, now=timezone.now())
    assert problem(program.get("webhooks")) == (401, "api-client-not-authorized")
