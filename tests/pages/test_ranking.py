"""The ranking page: places, and what can be said of the replies beside their order."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tasks.kinds import NOT_RANKABLE, Kind
from tasks.models import Message, Ranking, Skip, Task
from tests.pages.site import client_of, give, make_rankable
from tests.pages.test_reviewing import Forms, page_of, shown

pytestmark = pytest.mark.django_db

TEXTS = ("It scatters.", "Because.", "Who knows.")


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


@pytest.fixture
def task(person: User, crowd: list[User]) -> Task:
    return give(person, Kind.RANK_ASSISTANT_REPLIES, make_rankable(crowd, TEXTS))


def replies(task: Task) -> dict[str, str]:
    return {reply.text: str(reply.pk) for reply in Message.objects.filter(parent=task.message_id)}


def places(task: Task, *given: str) -> dict[str, str]:
    ids = replies(task)
    return {f"place-{ids[text]}": place for text, place in zip(TEXTS, given, strict=True)}


def test_marks_and_a_comment_are_stored_beside_the_order(client: Client, person: User, task: Task) -> None:
    bad = replies(task)["Who knows."]
    said = {**places(task, "1", "2", "3"), "unacceptable": [bad], "comment": " The third one gives up. "}
    assert client.post(page_of(task), said).status_code == 302
    ranking = Ranking.objects.get(ranker=person)
    assert (ranking.unacceptable, ranking.comment) == ([bad], "The third one gives up.")
    assert (ranking.not_rankable, ranking.why_not) == (False, "")


def test_why_replies_cannot_be_ranked_is_asked_and_need_not_be_said(
    client: Client, person: User, task: Task, crowd: list[User]
) -> None:
    page = shown(client, task)
    for reason in NOT_RANKABLE.values():
        assert str(reason) in page
    assert client.post(page_of(task), {"not_rankable": "on", "why_not": ""}).status_code == 302
    assert Ranking.objects.get(ranker=person).why_not == ""


def test_the_reason_is_stored(client: Client, person: User, task: Task) -> None:
    client.post(page_of(task), {"not_rankable": "on", "why_not": "all_unacceptable"})
    ranking = Ranking.objects.get(ranker=person)
    assert (ranking.not_rankable, ranking.why_not) == (True, "all_unacceptable")


def test_a_reason_that_was_unticked_again_says_nothing(client: Client, person: User, task: Task) -> None:
    client.post(page_of(task), {**places(task, "1", "2", "3"), "why_not": "other"})
    ranking = Ranking.objects.get(ranker=person)
    assert (ranking.not_rankable, ranking.why_not) == (False, "")


def test_a_refused_ranking_comes_back_with_every_mark(client: Client, task: Task) -> None:
    bad = replies(task)["Because."]
    said = {**places(task, "2", "", ""), "unacceptable": [bad], "comment": "Hm. " * 600, "why_not": "other"}
    response = client.post(page_of(task), said)
    page = unescape(response.content.decode())
    assert response.status_code == 422
    assert set(Forms(page).checked) >= {("unacceptable", bad), ("why_not", "other")}
    assert "Hm. Hm. " in page
    assert sorted(place.place for place in response.context["form"].places) == ["", "", "2"]


def test_marks_for_replies_that_are_not_there_are_refused(client: Client, task: Task) -> None:
    other = str(task.message_id)
    assert client.post(page_of(task), {**places(task, "1", "2", "3"), "unacceptable": [other]}).status_code == 422
    assert not Ranking.objects.exists()


def test_the_same_order_with_another_comment_is_told_that_it_was_not_stored(client: Client, task: Task) -> None:
    client.post(page_of(task), places(task, "1", "2", "3"))
    response = client.post(page_of(task), {**places(task, "1", "2", "3"), "comment": "One more thing"})
    assert response.status_code == 409
    assert "One more thing" in response.content.decode()


def test_each_reply_can_be_reported_in_a_tab_of_its_own_while_one_holds_the_task(
    client: Client, person: User, task: Task
) -> None:
    page = shown(client, task)
    for reply in replies(task).values():
        address = reverse("report", args=[reply])
        assert f'href="{address}" target="_blank"' in page
        assert client.get(address).status_code == 200
        sent = client.post(address, {"labels": ["spam"], "text": ""})
        assert client.get(sent["Location"]).status_code == 200
    # The task is as it was, and still theirs.
    assert "Put the replies in order" in shown(client, task)
    assert client.post(page_of(task), places(task, "1", "2", "2")).status_code == 302


def test_who_cannot_judge_gives_a_ranking_back_in_one_tap(client: Client, person: User, task: Task) -> None:
    skip = reverse("skip", args=[task.pk])
    client.post(skip, {"reason": Forms(shown(client, task)).fields[skip]["reason"]})
    assert Skip.objects.get(person=person).reason == "cannot_judge"


def test_a_ranking_just_sent_is_taken_back_and_stands_there_as_it_was(client: Client, person: User, task: Task) -> None:
    bad = replies(task)["Who knows."]
    said = {**places(task, "1", "2", "2"), "unacceptable": [bad], "comment": "Close"}
    client.post(page_of(task), said)
    assert client.post(reverse("undo", args=[task.pk]))["Location"] == page_of(task)
    assert not Ranking.objects.exists()
    page = client.get(page_of(task))
    form = page.context["form"]
    assert {f"place-{place.message.pk}": place.place for place in form.places} == places(task, "1", "2", "2")
    assert [str(place.message.pk) for place in form.places if place.unacceptable] == [bad]
    assert "Close" in page.content.decode()
    assert client.post(page_of(task), said)["Location"] == reverse("done", args=[task.pk])
    assert Ranking.objects.get(ranker=person).comment == "Close"


def test_nothing_to_rank_is_taken_back_without_places_that_nobody_gave(client: Client, task: Task) -> None:
    client.post(page_of(task), {"not_rankable": "on", "why_not": "not_comparable"})
    client.post(reverse("undo", args=[task.pk]))
    form = client.get(page_of(task)).context["form"]
    assert {place.place for place in form.places} == {""}
    assert form.data["not_rankable"] == "on"
    assert form.data["why_not"] == "not_comparable"


def test_a_page_with_all_replies_costs_few_queries(
    client: Client, task: Task, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(page_of(task))
    with django_assert_max_num_queries(15):
        client.get(page_of(task))
