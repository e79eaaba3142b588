"""The queue as pages: what is shown and hidden, how it is decided without a script, and what errors keep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from moderation import actions, appeals, queue, reports, screening
from moderation.models import ActionLog, Appeal, Exposure, Finding, QueueItem
from moderation.severity import Severity, Source
from tasks.models import Message
from tests.making import NOW, add_message, advance, given, make_people, make_tree, replies_to, root_of
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator() -> User:
    return make_person("Mora", role=Role.MODERATOR)


@pytest.fixture
def client(moderator: User) -> Client:
    return client_of(moderator)


@pytest.fixture
def message() -> Message:
    """A reported reply with the prompt above and another reply below it."""
    tree = make_tree(replies=2)
    reply = replies_to(root_of(tree))[0]
    add_message(tree=tree, parent=reply, text="What was said below")
    advance(tree)
    Message.objects.filter(pk=reply.pk).update(text="Buy these shoes at once")
    reports.report(message_id=reply.pk, person=make_person("Rita"), labels=["spam"], text="An advert!", now=NOW)
    reply.refresh_from_db()
    return reply


def page(client: Client, name: str, *args: Any, **asked: Any) -> str:
    response = client.get(reverse(name, args=args), asked)
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, name: str, *args: Any, **form: Any) -> Any:
    return client.post(reverse(name, args=args), form)


def decide(client: Client, message: Message, decision: str, **form: Any) -> Any:
    return post(
        client, "decide_item", message.pk, decision=decision, **{"reason": "spam", "text": message.text, **form}
    )


def make_harmful(message: Message) -> None:
    queue.put(message=message, source=Source.FINDING, severity=Severity.SEVERE, now=NOW)


def test_the_queue_shows_what_waits_and_how_much_of_it(client: Client, message: Message) -> None:
    shown = page(client, "moderation_queue")
    assert "Buy these shoes at once" in shown
    assert "Reported" in shown
    assert reverse("moderation_item", args=[message.pk]) in shown
    assert "0 of 30" in " ".join(shown.split())


def test_filters_stay_in_the_address_and_nonsense_shows_everything(client: Client, message: Message) -> None:
    for asked, there in (
        ({"lang": "en", "source": "report"}, True),
        ({"lang": "de"}, False),
        ({"severity": Severity.HIGH.value}, False),
        ({"hours": "24"}, True),
        ({"lang": "xx", "severity": "much", "hours": "-1"}, True),
        ({"after": "x_y_z"}, True),
    ):
        assert ("Buy these shoes" in page(client, "moderation_queue", **asked)) is there, asked


def test_the_list_goes_on_where_the_page_before_ended(client: Client) -> None:
    for number in range(35):
        root = root_of(make_tree())
        queue.put(message=root, source=Source.FINDING, severity=Severity(number % 3 + 1), now=NOW)
    first = client.get(reverse("moderation_queue")).context
    second = client.get(reverse("moderation_queue"), {"after": first["after"]}).context
    seen = [row.item.pk for row in (*first["rows"], *second["rows"])]
    assert len(seen) == len(set(seen)) == 35
    assert second["after"] == ""


def test_an_item_shows_everything_that_speaks_against_it_and_the_tree_around_it(
    client: Client, message: Message
) -> None:
    at = message.text.index("shoes")
    Finding.objects.create(
        message=message,
        concern="links",
        version="addresses-1",
        kind="blocked",
        score=0.9,
        threshold=0.7,
        start=at,
        end=at + 5,
        of_text=screening.digest(message.text),
        severity=Severity.MEDIUM,
        at=NOW,
    )
    actions.edit_message(
        message_id=root_of(message.tree).pk, text="A new prompt", by=make_person(role=Role.ADMIN), why="", **given()
    )
    shown = page(client, "moderation_item", message.pk)
    for part in ("An advert!", "Rita", "A link", "blocked", "<mark", "A new prompt", "What was said below"):
        assert part in shown, part
    assert not Exposure.objects.exists()
    assert QueueItem.objects.get(pk=message.pk).claimed_by is None, "to look changes nothing"


def test_a_changed_text_shows_what_was_changed(client: Client, message: Message) -> None:
    actions.edit_message(message_id=message.pk, text="Buy no shoes", by=make_person(role=Role.ADMIN), why="", **given())
    shown = page(client, "moderation_item", message.pk)
    assert "<del>these shoes at once</del>" in shown
    assert "<ins>no shoes</ins>" in shown


def test_the_next_item_is_held_decided_and_followed_by_the_next(
    client: Client, moderator: User, message: Message
) -> None:
    other = root_of(make_tree())
    queue.put(message=other, source=Source.FINDING, severity=Severity.LOW, now=NOW + timedelta(minutes=1))
    response = post(client, "moderation_next")
    assert response["Location"] == reverse("moderation_item", args=[message.pk])
    assert QueueItem.objects.get(pk=message.pk).claimed_by == moderator
    assert "You hold it until" in page(client, "moderation_item", message.pk)
    response = decide(client, message, "delete", go_on="on", told="No adverts.", why="clear")
    line = ActionLog.objects.get()
    assert response["Location"] == f"{reverse('moderation_item', args=[other.pk])}?done={line.pk}"
    assert (line.reason, line.told, line.why, line.by) == ("spam", "No adverts.", "clear", moderator)
    assert QueueItem.objects.get(pk=other.pk).claimed_by == moderator
    assert "Take the last decision back" in client.get(response["Location"]).content.decode()
    response = post(client, "undo_decision", line.pk)
    assert response["Location"] == reverse("moderation_item", args=[message.pk])
    assert not Message.objects.get(pk=message.pk).deleted
    assert "It is too late" not in client.get(response["Location"]).content.decode()


def test_keeping_never_says_that_it_was_spam(client: Client, message: Message) -> None:
    decide(client, message, "keep")
    assert ActionLog.objects.get().reason == "harmless"


@pytest.mark.parametrize(
    ("decision", "form", "says"),
    [
        ("warn", {"told": ""}, "a warning without words"),
        ("edit", {"text": "  ", "told": "typed with care"}, "typed with care"),
        ("delete", {"reason": "nonsense of mine", "told": "typed with care"}, "typed with care"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(
    client: Client, message: Message, decision: str, form: dict[str, str], says: str
) -> None:
    response = decide(client, message, decision, **{"why": "my reasons", **form})
    assert response.status_code == 422
    shown = response.content.decode()
    assert says in shown
    assert "my reasons" in shown
    assert not ActionLog.objects.exists()


def test_what_somebody_else_holds_is_shown_but_not_decided(client: Client, message: Message) -> None:
    queue.claim(message_id=message.pk, by=make_person("Otto", role=Role.MODERATOR), now=NOW.replace(year=2999))
    shown = page(client, "moderation_item", message.pk)
    assert "Otto looks at it" in " ".join(shown.split())
    assert 'name="decision"' not in shown
    response = decide(client, message, "delete", told="typed with care")
    assert response.status_code == 409
    assert "Another moderator is looking" in response.content.decode()
    assert post(client, "claim_item", message.pk).status_code == 409


def test_what_may_be_harmful_is_not_sent_before_it_is_asked_for_and_then_counts(
    client: Client, moderator: User, message: Message
) -> None:
    make_harmful(message)
    for shown in (page(client, "moderation_queue"), page(client, "moderation_item", message.pk)):
        assert "Buy these shoes" not in shown
        assert "harmful to read" in shown
    post(client, "show_item", message.pk)
    assert "Buy these shoes" in page(client, "moderation_item", message.pk)
    assert Exposure.objects.get().moderator == moderator


def test_other_harmful_texts_of_the_tree_are_not_sent_either(client: Client, message: Message) -> None:
    make_harmful(message)
    other = replies_to(root_of(message.tree))[1]
    shown = page(client, "moderation_item", root_of(message.tree).pk)
    assert "Buy these shoes" not in shown
    assert reverse("moderation_item", args=[message.pk]) in shown
    assert other.text in shown


def test_the_queue_says_when_it_is_enough(client: Client, message: Message, settings: Any) -> None:
    settings.HARM_LIMIT = 1
    make_harmful(message)
    post(client, "show_item", message.pk)
    shown = page(client, "moderation_queue")
    assert "Enough for today" in shown
    more = root_of(make_tree())
    make_harmful(more)
    assert post(client, "show_item", more.pk).status_code == 403
    assert "You have seen enough for today" in page(client, "moderation_item", more.pk)
    assert post(client, "moderation_next")["Location"] == reverse("moderation_queue")


def test_a_moderator_chooses_to_see_less(client: Client) -> None:
    post(client, "moderation_limit", limit="3")
    assert "0 of 3" in " ".join(page(client, "moderation_queue").split())
    post(client, "moderation_limit", limit="many")
    assert "0 of 3" in " ".join(page(client, "moderation_queue").split())


def test_what_refreshes_brings_severe_items_once(client: Client, message: Message) -> None:
    shown = page(client, "moderation_live", seen="")
    assert 'hx-trigger="every 3s' in shown
    new = root_of(make_tree())
    queue.put(message=new, source=Source.FINDING, severity=Severity.SEVERE, now=timezone.now())
    response = client.get(reverse("moderation_live"), {"seen": "other"})
    shown = response.content.decode()
    assert "#severe-now" in shown
    assert reverse("moderation_item", args=[new.pk]) in shown
    again = page(client, "moderation_live", seen=response.context["seen"])
    assert "#severe-now" not in again, "nothing is read aloud twice"


def test_many_are_previewed_then_decided_then_taken_back(client: Client) -> None:
    spammer, other = make_people(2)
    trees = [make_tree(author=spammer, replies=1, authors=[other]) for _ in range(3)]
    for tree in trees:
        queue.put(message=root_of(tree), source=Source.FINDING, severity=Severity.LOW, now=NOW)
    form = {"items": [str(tree.pk) for tree in trees], "decision": "delete", "reason": "spam", "why": "a wave of ads"}
    shown = post(client, "moderation_bulk", **form).content.decode()
    assert "3 trees: Replies are written and reviewed, then Stopped" in " ".join(shown.split())
    assert shown.count('name="items"') == 3
    assert not Message.objects.filter(deleted=True).exists()
    response = post(client, "moderation_bulk", sure="yes", **form)
    assert Message.objects.filter(deleted=True).count() == 6
    shown = client.get(response["Location"]).content.decode()
    assert "Take all of that back" in shown
    post(client, "undo_bulk", response["Location"].split("batch=")[1])
    assert not Message.objects.filter(deleted=True).exists()
    assert post(client, "moderation_bulk", decision="delete", reason="spam").status_code == 302


def test_an_appeal_is_decided_on_the_page(client: Client, message: Message) -> None:
    actions.delete_message(message_id=message.pk, by=make_person(role=Role.MODERATOR), why="", **given())
    assert message.author is not None
    appeals.appeal(message_id=message.pk, by=message.author, text="They are good shoes.", now=NOW)
    assert "They are good shoes." in page(client, "moderation_item", message.pk)
    response = post(client, "decide_appeal", message.pk, answer="", why="my reasons")
    assert response.status_code == 422
    assert "my reasons" in response.content.decode()
    post(client, "decide_appeal", message.pk, answer="You are right.", uphold="yes")
    assert Appeal.objects.get().upheld
    assert not Message.objects.get(pk=message.pk).deleted


def test_the_queue_costs_the_same_however_much_waits(client: Client) -> None:
    def cost(count: int) -> int:
        for _ in range(count):
            queue.put(message=root_of(make_tree()), source=Source.FINDING, severity=Severity.HIGH, now=NOW)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client, "moderation_queue")
        return len(queries)

    few, many = cost(2), cost(25)
    assert few == many <= 20


def test_only_moderators_come_in(message: Message) -> None:
    person = client_of(make_person())
    for name, args in (("moderation_queue", ()), ("moderation_live", ()), ("moderation_item", (message.pk,))):
        assert person.get(reverse(name, args=args)).status_code == 403
    for name in ("claim_item", "decide_item", "show_item", "release_item", "decide_appeal"):
        assert person.post(reverse(name, args=[message.pk])).status_code == 403
