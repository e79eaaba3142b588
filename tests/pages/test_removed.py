"""What was removed, why, and the appeal; and what moderators wrote to somebody."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from accounts.models import News, NewsKind, Role, Status, User
from moderation import actions, appeals, automatic, sanctions, undoing
from moderation.log import Grounds
from moderation.models import Action, ActionLog, Appeal
from moderation.reasons import REASONS, Reason
from tasks import reactions, rulebook
from tasks.models import Message
from tasks.reactions import RED_FLAG
from tasks.tree_states import State
from tests.making import add_message, make_people, make_tree, root_of
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db

SPAM = Grounds(reason=Reason.SPAM.value, told="Please no links to your shop.")
LATE = "It is not advertising: the shop is the answer."


def given() -> dict[str, Any]:
    return {"now": timezone.now(), "rules": rulebook.in_force(), "rng": Random(1)}


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


@pytest.fixture
def moderator() -> User:
    return make_person("Strict Sheriff", role=Role.MODERATOR)


@pytest.fixture
def removed(person: User, moderator: User) -> Message:
    """A message of the person's that a moderator removed."""
    message = make_message(person, "Buy at my shop")
    remove(message, moderator)
    return message


def make_message(person: User, text: str) -> Message:
    tree = make_tree()
    return add_message(tree=tree, parent=root_of(tree), author=person, text=text)


def remove(message: Message, by: User | None, grounds: Grounds = SPAM) -> ActionLog:
    actions.delete_message(message_id=message.pk, by=by, why="Third time", grounds=grounds, **given())
    line = ActionLog.objects.filter(action=Action.DELETE_MESSAGE).last()
    assert line is not None
    return line


def address(message: Message) -> str:
    return reverse("removed_message", args=[message.pk])


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def file_appeal(client: Client, message: Message, text: str = LATE) -> Any:
    return client.post(address(message), {"text": text})


def decide(message: Message, by: User, *, upheld: bool, answer: str = "Read again: no.") -> None:
    appeals.decide(message_id=message.pk, upheld=upheld, by=by, answer=answer, why="", **given())


def test_the_author_reads_what_was_removed_why_and_never_by_whom(
    client: Client, removed: Message, moderator: User
) -> None:
    for url in (reverse("removed_messages"), address(removed)):
        text = text_of(client, url)
        assert "Buy at my shop" in text
        assert "A moderator removed it." in text
        assert str(REASONS[Reason.SPAM].told) in text
        assert moderator.display_name not in text
        assert str(moderator.pk) not in text
        assert "Third time" not in text, "that is said among moderators"
    assert "Please no links to your shop." in text_of(client, address(removed))


def test_the_reason_is_read_in_the_language_of_the_pages(client: Client, removed: Message) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    with translation.override("de"):
        reason = str(REASONS[Reason.SPAM].told)
    text = text_of(client, address(removed))
    assert '<html lang="de"' in text
    assert reason in text


def test_who_lost_a_message_below_another_reads_that_nothing_is_said_against_it(
    client: Client, person: User, moderator: User
) -> None:
    above = make_message(make_person(), "The bad one")
    mine = add_message(tree=above.tree, parent=above, author=person, text="A fine answer")
    remove(above, moderator)
    text = text_of(client, address(mine))
    assert "A message above it was removed" in text
    assert "The bad one" not in text
    assert SPAM.told not in text
    assert str(REASONS[Reason.SPAM].told) not in text
    file_appeal(client, mine)
    assert Appeal.objects.get().message == mine


def test_what_happened_automatically_is_said_to_be_so(client: Client, person: User) -> None:
    reply = make_message(person, "Flagged")
    prompt = root_of(make_tree(author=person))
    for message in (reply, prompt):
        for one in make_people(rulebook.in_force().auto_mod_red_flags):
            reactions.add(message=message, person=one, emoji=RED_FLAG, now=timezone.now())
    automatic.moderate(**given())
    prompt.tree.refresh_from_db()
    assert prompt.tree.state == State.ABORTED_LOW_GRADE
    assert "It was removed automatically" in text_of(client, address(reply))
    assert "its conversation was ended automatically" in text_of(client, address(prompt))
    listed = text_of(client, reverse("removed_messages"))
    assert address(reply) in listed
    assert address(prompt) in listed
    assert address(prompt) in text_of(client, reverse("my_messages"))
    file_appeal(client, prompt)
    assert Appeal.objects.get().message == prompt


def test_an_appeal_is_sent_once_and_shows_how_it_stands(client: Client, removed: Message) -> None:
    assert file_appeal(client, removed)["Location"] == address(removed)
    assert Appeal.objects.get().text == LATE
    text = text_of(client, address(removed))
    assert "You appealed on" in text
    assert LATE in text
    assert "Send the appeal" not in text
    response = file_appeal(client, removed, "And another thing")
    assert response.status_code == 409
    assert "And another thing" in response.content.decode()
    assert Appeal.objects.get().text == LATE


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_an_appeal_without_or_with_too_many_words_comes_back_as_it_was(
    client: Client, removed: Message, text: str
) -> None:
    response = file_appeal(client, removed, text)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Write why the message should come back" in page
    assert text in page
    assert not Appeal.objects.exists()


def test_an_appeal_sent_after_the_session_ended_is_given_back(client: Client, removed: Message) -> None:
    client.logout()
    response = file_appeal(client, removed)
    assert response.status_code == 401
    assert LATE in response.content.decode()
    assert not Appeal.objects.exists()


def test_a_rejected_appeal_shows_the_answer(client: Client, removed: Message) -> None:
    file_appeal(client, removed)
    decide(removed, make_person("Second Sheriff", role=Role.MODERATOR), upheld=False)
    text = text_of(client, address(removed))
    assert "a second moderator decided that the message stays removed" in text
    assert "Read again: no." in text
    assert "Second Sheriff" not in text
    assert "Appeal rejected" in text_of(client, reverse("removed_messages"))


def test_an_appeal_that_was_right_shows_that_the_message_is_back(client: Client, removed: Message) -> None:
    file_appeal(client, removed)
    decide(removed, make_person(role=Role.MODERATOR), upheld=True, answer="Sorry!")
    text = text_of(client, address(removed))
    assert "The message is back." in text
    assert "Sorry!" in text
    assert reverse("message", args=[removed.pk]) in text
    assert "Only you and the moderators" not in text
    news = client.get(reverse("news")).content.decode()
    assert "A moderator agreed with your appeal" in news
    assert address(removed) in news


def test_a_removal_that_was_taken_back_leads_to_the_conversation(client: Client, removed: Message) -> None:
    line = ActionLog.objects.latest("id")
    moderator = User.objects.get(pk=line.by_id)
    undoing.undo(line_id=line.pk, by=moderator, **given())
    assert client.get(address(removed))["Location"] == reverse("message", args=[removed.pk])
    assert address(removed) not in text_of(client, reverse("removed_messages"))
    assert not News.objects.filter(kind=NewsKind.MESSAGE_REMOVED).exists()


def test_there_is_nothing_to_appeal_where_nobody_knows_why(client: Client, person: User) -> None:
    message = make_message(person, "From an import")
    Message.objects.filter(pk=message.pk).update(deleted=True)
    text = text_of(client, address(message))
    assert "No reason is on record" in text
    assert "Send the appeal" not in text
    assert file_appeal(client, message).status_code == 409


def test_nobody_reads_or_appeals_for_the_messages_of_others(client: Client, moderator: User) -> None:
    theirs = make_message(make_person(), "Of somebody else")
    remove(theirs, moderator)
    for response in (client.get(address(theirs)), file_appeal(client, theirs)):
        assert response.status_code == 404
        assert "Of somebody else" not in response.content.decode()
    assert "Of somebody else" not in text_of(client, reverse("removed_messages"))
    assert not Appeal.objects.exists()
    assert Client().get(address(theirs)).status_code == 302


def test_who_lost_nothing_is_told_so(client: Client) -> None:
    assert "Nothing of yours was removed." in text_of(client, reverse("removed_messages"))
    assert "Nothing yet." in text_of(client, reverse("notices"))


def test_markup_in_anybodys_words_stays_words(client: Client, person: User, moderator: User) -> None:
    message = make_message(person, "<script>alert(1)</script>")
    remove(message, moderator, Grounds(reason=Reason.SPAM.value, told="<img src=x onerror=alert(2)>"))
    file_appeal(client, message, "<b onclick=alert(3)>")
    text = text_of(client, address(message))
    for bad in ("<script>alert", "<img src=x", "<b onclick"):
        assert bad not in text


def test_a_page_of_removed_messages_takes_few_queries(
    client: Client, person: User, moderator: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        message = make_message(person, f"Gone {number}")
        remove(message, moderator)
        if number % 3:
            file_appeal(client, message)
    with django_assert_max_num_queries(12):
        text_of(client, reverse("removed_messages"))
    with django_assert_max_num_queries(15):
        text_of(client, reverse("my_messages"))
    with django_assert_max_num_queries(15):
        text_of(client, address(message))


# --- what moderators wrote


def warn(person: User, by: User) -> None:
    grounds = Grounds(reason=Reason.INSULT.value, told="Stay friendly, please.")
    sanctions.warn(person_id=person.pk, by=by, why="Their notes", grounds=grounds, now=timezone.now())


def suspend(person: User, by: User, days: int = 7) -> None:
    until = timezone.now() + timedelta(days=days)
    sanctions.suspend(person_id=person.pk, by=by, until=until, why="", grounds=SPAM, **given())


def test_warnings_and_suspensions_are_there_to_be_read_without_a_name(
    client: Client, person: User, moderator: User
) -> None:
    warn(person, moderator)
    suspend(person, moderator)
    text = text_of(client, reverse("notices"))
    until = User.objects.get(pk=person.pk).suspended_until
    assert until is not None
    for words in ("Stay friendly, please.", str(REASONS[Reason.INSULT].told), SPAM.told, "Their notes"):
        assert (words in text) is (words != "Their notes")
    assert date_format(until, "DATETIME_FORMAT") in text
    assert moderator.display_name not in text
    assert text.index(SPAM.told) < text.index("Stay friendly"), "newest first"


def test_a_warning_that_was_taken_back_is_not_shown(client: Client, person: User, moderator: User) -> None:
    warn(person, moderator)
    undoing.undo(line_id=ActionLog.objects.get(action=Action.WARN_PERSON).pk, by=moderator, **given())
    assert "Stay friendly" not in text_of(client, reverse("notices"))


def test_nobody_reads_what_was_written_to_others(client: Client, moderator: User) -> None:
    warn(make_person(), moderator)
    assert "Stay friendly" not in text_of(client, reverse("notices"))


def test_who_is_suspended_reads_until_when_and_why_on_the_first_page_and_may_appeal(
    client: Client, person: User, moderator: User, removed: Message
) -> None:
    suspend(person, moderator)
    text = text_of(client, reverse("dashboard"))
    until = User.objects.get(pk=person.pk).suspended_until
    assert until is not None
    assert date_format(until, "DATETIME_FORMAT") in text
    assert SPAM.told in text
    for name in ("my_messages", "removed_messages", "notices", "account_data"):
        assert reverse(name) in text
        assert text_of(client, reverse(name))
    refused = client.post(reverse("claim"))
    assert refused.status_code == 403
    assert date_format(until, "DATETIME_FORMAT") in refused.content.decode()
    file_appeal(client, removed)
    assert Appeal.objects.get().person == person
    data = client.post(reverse("account_data"))
    assert data["Content-Type"] == "application/zip"
    data.close()


def test_when_a_suspension_is_over_the_dashboard_is_back(client: Client, person: User, moderator: User) -> None:
    suspend(person, moderator)
    sanctions.end_suspensions(now=timezone.now() + timedelta(days=8))
    assert "suspended until" not in text_of(client, reverse("dashboard"))
    assert User.objects.get(pk=person.pk).status == Status.ACTIVE
