"""Client programs are told what happens: signed, until it arrives, and again when they ask for it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from threading import Event
from uuid import uuid4

import pytest
from celery import current_app
from celery.contrib.testing.worker import start_worker
from django.conf import LazySettings
from django.db import OperationalError, connection, transaction

from accounts import deliveries, jobs, keys, webhooks
from accounts.deliveries import HOPELESS, LEASE, RETRIES
from accounts.models import ApiClient, Delivery, DeliveryState, Notice, NoticeKind, Scope, Webhook
from accounts.outgoing import AddressRefused
from accounts.webhooks import InvalidKinds, KindNotAllowed, TooManyWebhooks, WebhookNotFound
from moderation import actions, reports
from tasks import scoring
from tasks.tree_states import State
from tests.accounts.receiving import Receiver, receiver
from tests.making import (
    NOW,
    another_connection,
    at_once,
    given,
    held,
    impatient,
    make_moderator,
    make_person,
    make_tree,
    replies_to,
    root_of,
)

pytestmark = pytest.mark.django_db(transaction=True)

FINISHED = NoticeKind.TREE_FINISHED


class Clock:
    """Stands still unless told otherwise."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as there:
        yield there


def client_with(*scopes: Scope) -> ApiClient:
    return keys.issue(description="A program", scopes=scopes or (Scope.EXPORTER,), now=NOW)[0]


def subscribed(there: Receiver, *kinds: NoticeKind, client: ApiClient | None = None) -> Webhook:
    client = client or client_with()
    return webhooks.subscribe(client=client, url=there.url, kinds=kinds or (FINISHED,), now=NOW)


def announced(subject: str = "", now: datetime = NOW, kind: NoticeKind = FINISHED) -> None:
    with transaction.atomic():
        webhooks.announce(kind=kind, subject=uuid4(), payload={"name": subject}, now=now)


def delivered(clock: Clock, after: timedelta = timedelta()) -> int:
    clock.now += after
    return deliveries.deliver(clock=clock, rng=Random(1))


def names(there: Receiver) -> list[str]:
    return sorted(message["data"]["name"] for message in there.messages)


# --- subscribing


def test_a_client_subscribes_and_only_it_sees_that(there: Receiver) -> None:
    mine, other = client_with(), client_with()
    webhook = subscribed(there, FINISHED, FINISHED, client=mine)
    assert webhook.kinds == [FINISHED]
    assert webhook.secret.startswith("whsec_")
    assert len(b64decode(webhook.secret.removeprefix("whsec_"))) == 32
    assert webhook.secret != subscribed(there, client=mine).secret
    assert webhooks.of(mine).count() == 2
    assert not webhooks.of(other).exists()
    assert webhooks.get(client=mine, webhook_id=webhook.pk) == webhook
    for refused in (
        lambda: webhooks.get(client=other, webhook_id=webhook.pk),
        lambda: webhooks.unsubscribe(client=other, webhook_id=webhook.pk),
        lambda: webhooks.ping(client=other, webhook_id=webhook.pk, now=NOW),
        lambda: webhooks.replay(client=other, webhook_id=webhook.pk, delivery_id=uuid4(), now=NOW),
        lambda: webhooks.replay_since(client=other, webhook_id=webhook.pk, since=NOW, now=NOW),
    ):
        with pytest.raises(WebhookNotFound):
            refused()


def test_only_who_moderates_is_told_of_reports(there: Receiver) -> None:
    for scope in (Scope.MODERATOR, Scope.ADMIN):
        assert subscribed(there, NoticeKind.REPORT_FILED, client=client_with(scope))
    for scope in (Scope.VOLUNTEER, Scope.EXPORTER):
        with pytest.raises(KindNotAllowed):
            subscribed(there, FINISHED, NoticeKind.REPORT_FILED, client=client_with(scope))
    for kind in (FINISHED, NoticeKind.RELEASE_PUBLISHED):
        assert subscribed(there, kind, client=client_with(Scope.VOLUNTEER))


def test_a_subscription_without_kinds_or_to_tests_is_refused(there: Receiver) -> None:
    for kinds in ([], [NoticeKind.PING]):
        with pytest.raises(InvalidKinds):
            webhooks.subscribe(client=client_with(), url=there.url, kinds=kinds, now=NOW)


def test_an_address_of_this_machine_is_refused_where_it_is_not_allowed(there: Receiver, settings: LazySettings) -> None:
    settings.WEBHOOKS_TO_LOOPBACK = False
    with pytest.raises(AddressRefused):
        subscribed(there)


def test_a_client_has_so_many_webhooks_and_no_more_also_when_it_asks_twice_at_once(there: Receiver) -> None:
    client = client_with()
    for _ in range(webhooks.MOST - 1):
        subscribed(there, client=client)
    with held("accounts_apiclient", client.pk), impatient(), pytest.raises(OperationalError, match="lock timeout"):
        subscribed(there, client=client)
    webhook = subscribed(there, client=client)
    with pytest.raises(TooManyWebhooks):
        subscribed(there, client=client)
    webhooks.unsubscribe(client=client, webhook_id=webhook.pk)
    assert subscribed(there, client=client)


# --- what is told


def test_a_finished_tree_is_announced(there: Receiver, clock: Clock) -> None:
    subscribed(there)
    tree = make_tree(state=State.READY_FOR_SCORING, replies=2, lang="de")
    assert delivered(clock) == 0
    scoring.score_waiting(**given())
    assert delivered(clock) == 1
    assert there.messages == [
        {
            "type": "tree.finished",
            "timestamp": "2026-01-05T12:00:00Z",
            "data": {"tree_id": str(tree.pk), "lang": "de", "first_time": True},
        }
    ]


def test_a_tree_scored_anew_is_announced_again(there: Receiver, clock: Clock) -> None:
    subscribed(there)
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=3)
    actions.delete_message(message_id=replies_to(root_of(tree))[0].pk, by=make_moderator(), why="", **given(now=NOW))
    scoring.score_waiting(**given())
    assert delivered(clock) == 2
    assert {message["data"]["first_time"] for message in there.messages} == {True, False}


def test_a_report_is_announced_without_its_words(there: Receiver, clock: Clock) -> None:
    subscribed(there, NoticeKind.REPORT_FILED, client=client_with(Scope.MODERATOR))
    tree = make_tree()
    report = reports.report(message_id=tree.pk, person=make_person(), labels=["spam"], text="It is Ada!", now=NOW)
    assert delivered(clock) == 1
    assert there.messages[0]["data"] == {
        "report_id": report.pk,
        "message_id": str(tree.pk),
        "tree_id": str(tree.pk),
        "lang": "en",
        "labels": ["spam"],
    }
    assert b"Ada" not in there.received[0].body


def test_what_is_rolled_back_is_not_announced(there: Receiver, clock: Clock) -> None:
    subscribed(there)
    with transaction.atomic():
        webhooks.announce(kind=FINISHED, subject=uuid4(), payload={}, now=NOW)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert delivered(clock) == 0


def test_each_is_told_what_it_asked_for(there: Receiver, clock: Clock) -> None:
    with receiver() as other:
        subscribed(there, FINISHED)
        subscribed(other, FINISHED, NoticeKind.RELEASE_PUBLISHED)
        announced("a tree")
        announced("a release", kind=NoticeKind.RELEASE_PUBLISHED)
        assert delivered(clock) == 3
        assert (names(there), names(other)) == (["a tree"], ["a release", "a tree"])


def test_whose_key_was_revoked_is_told_nothing_more(there: Receiver, clock: Clock) -> None:
    webhook = subscribed(there)
    announced()
    keys.revoke(client_id=webhook.client_id, now=NOW)
    announced()
    assert delivered(clock) == 0
    assert (there.received, Delivery.objects.count()) == ([], 1)


def test_whoever_unsubscribes_is_told_nothing_more(there: Receiver, clock: Clock) -> None:
    webhook = subscribed(there)
    announced()
    webhooks.unsubscribe(client=webhook.client, webhook_id=webhook.pk)
    announced()
    assert (delivered(clock), Delivery.objects.count(), Notice.objects.count()) == (0, 0, 2)


def test_unsubscribing_waits_for_who_is_just_announcing(there: Receiver) -> None:
    """Else what happened would fail for want of the webhook, or the webhook could not go because of the delivery."""
    webhook = subscribed(there)
    announcing = Event()

    def announce() -> None:
        with transaction.atomic():
            webhooks.announce(kind=FINISHED, subject=uuid4(), payload={}, now=NOW)
            announcing.set()
            somebody_waits = (
                "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            with connection.cursor() as cursor:
                for _ in range(500):
                    cursor.execute(somebody_waits)
                    if cursor.fetchone():
                        return
                    time.sleep(0.02)
        pytest.fail("Nobody waited.")

    def unsubscribe() -> None:
        announcing.wait()
        webhooks.unsubscribe(client=webhook.client, webhook_id=webhook.pk)

    at_once(announce, unsubscribe)
    assert not Webhook.objects.exists()


def test_announcing_waits_for_nobody_who_only_changes_a_webhook(there: Receiver) -> None:
    webhook = subscribed(there)
    with held("accounts_webhook", webhook.pk), impatient():
        announced()


# --- how it is sent


def test_a_message_is_signed_as_the_specification_says(there: Receiver, clock: Clock) -> None:
    webhook = subscribed(there)
    announced("Größe")
    delivered(clock)
    (request,) = there.received
    key = b64decode(webhook.secret.split("_", 1)[1])
    said = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    expected = b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    assert request.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert request.id == str(Delivery.objects.get().pk)
    assert request.headers["content-type"] == "application/json"
    assert request.path == "/hook?from=us"
    assert json.loads(request.body)["data"] == {"name": "Größe"}


def test_the_signature_is_that_of_the_specifications_own_example() -> None:
    signed = deliveries.signature(
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        sent_at=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_arrived_is_not_sent_again(there: Receiver, clock: Clock) -> None:
    subscribed(there)
    announced()
    assert (delivered(clock), delivered(clock, timedelta(days=9))) == (1, 0)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.delivered_at, delivery.last_status) == (DeliveryState.DELIVERED, NOW, 204)


def test_a_message_is_sent_again_after_a_failure_with_the_same_id_and_a_new_time(there: Receiver, clock: Clock) -> None:
    webhook = subscribed(there)
    announced()
    there.status = 500
    assert delivered(clock) == 0
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.last_status) == (DeliveryState.WAITING, 500)
    assert delivery.last_problem == "The receiver answered 500."
    webhook.refresh_from_db()
    assert webhook.failing_since == NOW
    assert delivered(clock, timedelta(seconds=20)) == 0
    assert len(there.received) == 1, "it is not asked again at once"
    there.status = 200
    assert delivered(clock, timedelta(seconds=20)) == 1
    first, second = there.received
    assert (first.id, first.body) == (second.id, second.body)
    assert int(second.headers["webhook-timestamp"]) == int(first.headers["webhook-timestamp"]) + 40
    webhook.refresh_from_db()
    delivery.refresh_from_db()
    assert not webhook.failing_since
    assert (delivery.state, delivery.last_problem) == (DeliveryState.DELIVERED, "")


@pytest.mark.parametrize("status", [302, 400, 404, 429, 503])
def test_only_a_status_of_success_is_one(there: Receiver, clock: Clock, status: int) -> None:
    subscribed(there)
    announced()
    there.status = status
    assert delivered(clock) == 0
    assert Delivery.objects.get().state == DeliveryState.WAITING


def test_the_waits_grow_and_after_three_days_a_message_is_given_up(there: Receiver, clock: Clock) -> None:
    webhook = subscribed(there)
    announced()
    there.status = 500
    waits = []
    while (due := Delivery.objects.get().next_attempt_at) is not None:
        waits.append(due - clock.now)
        delivered(clock, due - clock.now)
    assert len(there.received) == len(RETRIES) + 1
    assert waits[1:] == sorted(waits[1:])
    assert timedelta(days=2.7) < sum(waits, timedelta()) < timedelta(days=3.6)
    # Not everything that was missed comes back at the same moment.
    assert all(
        wait != planned and abs(wait / planned - 1) <= 0.1 for wait, planned in zip(waits[1:], RETRIES, strict=True)
    )
    assert Delivery.objects.get().state == DeliveryState.FAILED
    webhook.refresh_from_db()
    assert webhook.enabled
    assert delivered(clock, timedelta(days=1)) == 0


def test_a_receiver_that_is_down_loses_nothing(clock: Clock) -> None:
    with receiver() as there:
        subscribed(there)
    port = int(there.url.split(":")[2].split("/")[0])
    for number in range(12):
        announced(f"{number:02}")
    assert delivered(clock) == 0
    assert Delivery.objects.filter(next_attempt_at__isnull=False).count() == 12
    assert Delivery.objects.exclude(last_problem="").count() == deliveries.EACH
    # A sweep while it is down asks once: the rest keep their attempts.
    assert delivered(clock, timedelta(hours=1)) == 0
    assert sorted(Delivery.objects.values_list("attempts", flat=True)).count(0) >= 12 - deliveries.EACH - 1
    with receiver(port=port) as there:
        assert delivered(clock, timedelta(hours=1)) == 12
        assert names(there) == [f"{number:02}" for number in range(12)]
        assert not Webhook.objects.filter(failing_since__isnull=False).exists()


def test_one_that_fails_holds_up_nobody(there: Receiver, clock: Clock) -> None:
    with receiver() as broken:
        broken.status = 500
        subscribed(broken)
        subscribed(there)
        for _ in range(3 * deliveries.EACH):
            announced()
        assert delivered(clock) == 3 * deliveries.EACH
        assert len(broken.received) == deliveries.EACH


def test_who_says_gone_is_asked_no_more_until_it_wants_something(there: Receiver, clock: Clock) -> None:
    webhook = subscribed(there)
    there.status = 410
    announced("first")
    assert delivered(clock) == 0
    webhook.refresh_from_db()
    assert not webhook.enabled
    announced("second")
    assert delivered(clock, timedelta(hours=1)) == 0
    assert len(there.received) == 1
    there.status = 200
    webhooks.ping(client=webhook.client, webhook_id=webhook.pk, now=clock.now)
    assert delivered(clock) == 3, "the test, and what waited meanwhile"


def test_who_took_nothing_for_a_week_is_asked_no_more(there: Receiver, clock: Clock) -> None:
    webhook = subscribed(there)
    there.status = 500
    announced()
    delivered(clock)
    delivered(clock, HOPELESS - timedelta(minutes=1))
    webhook.refresh_from_db()
    assert webhook.enabled
    announced(now=clock.now)
    delivered(clock, timedelta(minutes=1))
    webhook.refresh_from_db()
    assert not webhook.enabled


# --- exactly who sends


def test_a_delivery_that_another_worker_is_just_taking_is_passed_by(there: Receiver, clock: Clock) -> None:
    subscribed(there)
    announced()
    with held("accounts_delivery", Delivery.objects.get().pk), impatient():
        assert delivered(clock) == 0
    assert there.received == []
    assert delivered(clock) == 1


def test_while_one_worker_sends_no_other_sends_the_same(there: Receiver, clock: Clock) -> None:
    subscribed(there)
    announced("first")
    sent_by_others = []

    def meanwhile() -> None:
        there.meanwhile = lambda: None
        announced("second")
        sent_by_others.extend(at_once(lambda: delivered(clock), lambda: delivered(clock)))
        connection.close()

    there.meanwhile = meanwhile
    assert delivered(clock) + sum(sent_by_others) == 2
    assert names(there) == ["first", "second"]


def test_nothing_is_locked_and_no_transaction_is_open_while_the_receiver_is_waited_for(
    there: Receiver, clock: Clock
) -> None:
    subscribed(there)
    announced()
    seen = []

    def meanwhile() -> None:
        with another_connection() as cursor:
            cursor.execute("SELECT 1 FROM accounts_webhook, accounts_delivery, accounts_notice FOR UPDATE NOWAIT")
            seen.append(cursor.fetchone())
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE state = 'idle in transaction' AND datname = current_database()"
            )
            seen.append(cursor.fetchone())
        connection.close()

    there.meanwhile = meanwhile
    assert delivered(clock) == 1
    assert seen == [(1,), (0,)]


class WorkerKilled(BaseException):
    """Not an Exception: nobody catches it."""


class LastBreath(Clock):
    """Kills the worker when it looks at the time after the receiver has the message."""

    def __init__(self, there: Receiver) -> None:
        super().__init__()
        self.there = there

    def __call__(self) -> datetime:
        if self.there.received:
            raise WorkerKilled
        return self.now


def test_a_worker_killed_after_sending_leaves_a_message_that_is_sent_again_with_the_same_id(
    there: Receiver, clock: Clock
) -> None:
    subscribed(there)
    announced()
    with pytest.raises(WorkerKilled):
        deliveries.deliver(clock=LastBreath(there), rng=Random(1))
    assert Delivery.objects.get().state == DeliveryState.WAITING
    assert delivered(clock, LEASE - timedelta(seconds=1)) == 0, "whoever took it may be sending it still"
    assert delivered(clock, timedelta(seconds=1)) == 1
    first, second = there.received
    assert first.id == second.id
    assert Delivery.objects.get().attempts == 2


def test_what_is_asked_for_anew_while_it_is_being_sent_is_sent_anew(there: Receiver, clock: Clock) -> None:
    webhook = subscribed(there)
    announced()
    delivery = Delivery.objects.get()

    def meanwhile() -> None:
        there.meanwhile = lambda: None
        webhooks.replay(client=webhook.client, webhook_id=webhook.pk, delivery_id=delivery.pk, now=NOW)
        connection.close()

    there.meanwhile = meanwhile
    assert delivered(clock) == 2
    assert [request.id for request in there.received] == [str(delivery.pk)] * 2


def test_a_job_that_has_worked_long_enough_leaves_the_rest_to_the_next(there: Receiver, clock: Clock) -> None:
    subscribed(there)
    for _ in range(deliveries.EACH + 1):
        announced()

    def meanwhile() -> None:
        clock.now = NOW + deliveries.SHIFT

    there.meanwhile = meanwhile
    assert delivered(clock) == deliveries.EACH
    assert delivered(clock) == 1


# --- again


def test_a_test_message_goes_to_its_webhook_alone(there: Receiver, clock: Clock) -> None:
    with receiver() as other:
        webhook = subscribed(there)
        subscribed(other)
        delivery = webhooks.ping(client=webhook.client, webhook_id=webhook.pk, now=NOW)
        assert webhooks.ping(client=webhook.client, webhook_id=webhook.pk, now=NOW) == delivery
        assert delivered(clock) == 1
        assert there.messages[0]["type"] == "ping"
        assert there.messages[0]["data"] == {"webhook_id": str(webhook.pk)}
        assert other.received == []
        assert webhooks.ping(client=webhook.client, webhook_id=webhook.pk, now=NOW) != delivery


@pytest.mark.parametrize("before", [204, 500])
def test_a_delivery_is_replayed_whatever_became_of_it(there: Receiver, clock: Clock, before: int) -> None:
    webhook = subscribed(there)
    announced()
    there.status = before
    for _ in range(len(RETRIES) + 1):
        delivered(clock, timedelta(hours=30))
    (pk,) = Delivery.objects.values_list("pk", flat=True)
    there.received.clear()
    there.status = 200
    again = webhooks.replay(client=webhook.client, webhook_id=webhook.pk, delivery_id=pk, now=clock.now)
    assert (again.state, again.attempts, again.delivered_at) == (DeliveryState.WAITING, 0, None)
    assert delivered(clock) == 1
    assert there.received[0].id == str(pk)
    with pytest.raises(WebhookNotFound):
        webhooks.replay(client=webhook.client, webhook_id=webhook.pk, delivery_id=uuid4(), now=NOW)


def test_all_since_a_moment_is_replayed_also_from_before_the_webhook_was_there(there: Receiver, clock: Clock) -> None:
    announced("too early", now=NOW - timedelta(days=3))
    announced("before", now=NOW - timedelta(days=2))
    announced("a release", now=NOW, kind=NoticeKind.RELEASE_PUBLISHED)
    webhook = subscribed(there)
    announced("delivered")
    assert delivered(clock) == 1
    since = NOW - timedelta(days=2)
    assert webhooks.replay_since(client=webhook.client, webhook_id=webhook.pk, since=since, now=NOW) == 2
    assert delivered(clock) == 2
    assert names(there) == ["before", "delivered", "delivered"]
    assert webhooks.replay_since(client=webhook.client, webhook_id=webhook.pk, since=since, now=NOW) == 2


def test_two_replays_at_once_wait_for_one_another(there: Receiver) -> None:
    webhook = subscribed(there)
    with held("accounts_webhook", webhook.pk), impatient(), pytest.raises(OperationalError, match="lock timeout"):
        webhooks.replay_since(client=webhook.client, webhook_id=webhook.pk, since=NOW, now=NOW)


def test_notices_are_forgotten_when_nobody_can_replay_them_any_more(there: Receiver) -> None:
    webhook = subscribed(there)
    announced()
    assert webhooks.forget(now=NOW + webhooks.KEPT) == 0
    late = NOW + webhooks.KEPT + timedelta(hours=1)
    assert webhooks.replay_since(client=webhook.client, webhook_id=webhook.pk, since=NOW, now=late) == 0
    assert webhooks.forget(now=NOW + webhooks.FORGOTTEN + timedelta(seconds=1)) == 2
    assert not Notice.objects.exists()
    assert Webhook.objects.exists()


# --- the job


def test_what_is_announced_wakes_the_job(there: Receiver) -> None:
    current_app.control.purge()
    subscribed(there)
    with start_worker(current_app, pool="threads", concurrency=1, perform_ping_check=False, shutdown_timeout=30):
        announced("at once", now=NOW)
        while not Delivery.objects.filter(delivered_at__isnull=False).exists():
            time.sleep(0.02)
        current_app.control.purge()
    assert names(there) == ["at once"]


def test_the_jobs_do_by_the_clock_what_nobody_woke_them_for(there: Receiver) -> None:
    subscribed(there)
    announced()
    assert (jobs.deliver_webhooks(), jobs.deliver_webhooks()) == (1, 0)
    assert jobs.forget_notices() in (0, 2)  # By today's date.
