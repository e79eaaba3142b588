"""Reading: the tree, reactions and reports, one's own contributions, the rules."""

from __future__ import annotations

from dataclasses import Field
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from moderation.models import Report
from oasst_web.forms.rules import explanations
from tasks import rulebook
from tasks.kinds import Kind
from tasks.models import Message, Reaction
from tasks.rules import rule_fields
from tests.pages.site import answer as answer_task
from tests.pages.site import (
    client_of,
    give,
    make_growing,
    make_person,
    make_prompt,
    make_rankable,
    make_reply,
    open_prompts,
    review,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(person: User) -> Client:
    return client_of(person)


def test_a_tree_shows_its_messages_and_names_nobody(client: Client, crowd: list[User]) -> None:
    prompt = make_rankable(crowd)
    page = client.get(reverse("tree", args=[prompt.tree_id])).content.decode()
    for text in ("Why is the sky blue?", "It scatters.", "Because.", "Its replies are being ranked."):
        assert text in page
    for author in crowd:
        assert author.display_name not in page


def test_a_tree_takes_as_many_queries_whatever_its_size(
    client: Client, crowd: list[User], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    prompt = make_rankable(crowd)
    with django_assert_max_num_queries(9):
        client.get(reverse("tree", args=[prompt.tree_id]))


def test_a_rejected_reply_is_seen_by_its_author_only(client: Client, crowd: list[User]) -> None:
    prompt = make_growing(crowd[0], crowd[1:4])
    reply = make_reply(prompt, crowd[1], "Buy my watches.")
    review(reply, crowd[2:5], spam=1.0)
    url = reverse("tree", args=[prompt.tree_id])
    assert "Buy my watches." not in client.get(url).content.decode()
    assert client.get(reverse("message", args=[reply.pk])).status_code == 404
    own = client_of(crowd[1]).get(url).content.decode()
    assert "Buy my watches." in own
    assert "Not accepted" in own


def test_a_tree_nobody_may_see_is_not_found(client: Client, crowd: list[User]) -> None:
    prompt = make_prompt(crowd[0])
    Message.objects.filter(pk=prompt.pk).update(deleted=True)
    assert client.get(reverse("tree", args=[prompt.tree_id])).status_code == 404


def test_a_message_link_leads_to_its_place(client: Client, crowd: list[User]) -> None:
    prompt = make_prompt(crowd[0])
    target = client.get(reverse("message", args=[prompt.pk]))["Location"]
    assert target.endswith(f"#m-{prompt.pk}")
    assert "in-question" in client.get(target).content.decode()


def test_thumbs_are_counted_for_those_who_gave_one(client: Client, person: User, crowd: list[User]) -> None:
    prompt = make_prompt(crowd[0])
    for other in crowd[1:3]:
        Reaction.objects.create(message=prompt, person=other, emoji="+1")
    url = reverse("tree", args=[prompt.tree_id])
    assert "Thumb up (2)" not in client.get(url).content.decode()
    assert client.post(reverse("react", args=[prompt.pk]), {"emoji": "+1"}).status_code == 302
    assert "Thumb up (3)" in client.get(url).content.decode()


def test_with_htmx_only_the_thumbs_are_drawn_anew(client: Client, person: User, crowd: list[User]) -> None:
    prompt = make_prompt(crowd[0])
    response = client.post(reverse("react", args=[prompt.pk]), {"emoji": "-1"}, headers={"hx-request": "true"})
    page = response.content.decode()
    assert "<html" not in page
    assert "Thumb down (1)" in page
    client.post(reverse("react", args=[prompt.pk]), {"emoji": "poop"})
    assert Reaction.objects.filter(person=person).count() == 1


def test_a_report_reaches_the_moderators(client: Client, person: User, crowd: list[User]) -> None:
    prompt = make_prompt(crowd[0])
    url = reverse("report", args=[prompt.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"labels": ["pii"], "text": "A telephone number."}).status_code == 302
    report = Report.objects.get(person=person)
    assert (report.labels, report.text) == (["pii"], "A telephone number.")


def test_an_empty_report_is_asked_for_a_reason(client: Client, crowd: list[User]) -> None:
    response = client.post(reverse("report", args=[make_prompt(crowd[0]).pk]), {"text": "  "})
    assert response.status_code == 422
    assert "describe it in a sentence" in response.content.decode()


def test_ones_own_messages_come_with_what_became_of_them(client: Client, person: User, crowd: list[User]) -> None:
    review(make_prompt(person, "Accepted one"), crowd[:3])
    make_prompt(person, "Waiting one")
    make_prompt(crowd[0], "Somebody else's")
    page = client.get(reverse("my_messages")).content.decode()
    assert "Accepted one" in page
    assert "Accepted and drawn" in page
    assert "In review" in page
    assert "Somebody else" not in page


def test_own_reviews_and_rankings_are_listed(client: Client, person: User, crowd: list[User]) -> None:
    prompt = make_rankable(crowd)
    answer_task(person, give(person, Kind.RANK_ASSISTANT_REPLIES, prompt))
    review(make_prompt(crowd[0], "To be judged"), [person])
    assert "It scatters." in client.get(reverse("my_rankings")).content.decode()
    page = client.get(reverse("my_reviews")).content.decode()
    assert "To be judged" in page
    assert "Is the message spam?" in page


def test_what_moderators_deleted_does_not_live_on_in_the_lists_of_its_reviewers(
    client: Client, person: User, crowd: list[User]
) -> None:
    prompt = make_rankable(crowd)
    answer_task(person, give(person, Kind.RANK_ASSISTANT_REPLIES, prompt))
    judged = make_prompt(crowd[0], "My phone number is 555")
    review(judged, [person])
    Message.objects.filter(text__in=["It scatters.", judged.text]).update(deleted=True)
    rankings, reviews = (client.get(reverse(name)).content.decode() for name in ("my_rankings", "my_reviews"))
    assert "It scatters." not in rankings
    assert "Because." in rankings
    assert judged.text not in reviews
    assert "A message that is not shown" in reviews


def test_older_contributions_are_on_the_next_page(
    client: Client, person: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    prompt = make_prompt(person, "Number 0")
    now = timezone.now()
    for number in range(1, 45):
        fields = {
            "tree": prompt.tree,
            "parent": prompt,
            "author": person,
            "role": "assistant",
            "lang": "en",
            "depth": 1,
        }
        # Twos at the same moment: the id decides between them.
        Message.objects.create(
            **fields, text=f"Number {number}", created_at=now + timedelta(seconds=number // 2), deleted=True
        )
    seen: list[str] = []
    url = reverse("my_messages")
    while url:
        with django_assert_max_num_queries(8):
            response = client.get(url)
        page = response.context["page"]
        seen += [message.text for message in page.rows]
        url = reverse("my_messages", query={"after": page.after}) if page.after else ""
    assert len(seen) == 45
    assert set(seen) == {f"Number {number}" for number in range(45)}
    assert seen[-1] == "Number 0"


@pytest.mark.parametrize("cursor", ["x", "2026-01-01_x", "2026-01-01T00:00:00_5", "_", "9" * 400])
def test_a_broken_cursor_means_the_first_page(client: Client, person: User, cursor: str) -> None:
    make_prompt(person, "Mine")
    assert "Mine" in client.get(reverse("my_messages", query={"after": cursor})).content.decode()


def test_every_rule_is_explained() -> None:
    assert set(explanations()) >= {rule.name for rule in rule_fields()}


def test_volunteers_read_the_rules_and_cannot_change_them(client: Client) -> None:
    page = client.get(reverse("rules")).content.decode()
    for name, text in explanations().items():
        if name != "version":
            assert name in page
            assert text.split("\n")[0][:20].split("'")[0] in page
    assert "<input" not in page[page.index("rule-list") : page.index("<footer")]
    assert client.post(reverse("rules"), {"max_active_trees": "1"}).status_code == 403


def as_posted(**changes: str) -> dict[str, str]:
    rules = rulebook.in_force()
    values = {name: str(value) for name, value in rules.values().items()}
    return {**values, "version": str(rules.version), "note": "Because", **changes}


def test_an_administrator_changes_a_rule() -> None:
    client = client_of(make_person(role=Role.ADMIN))
    before = rulebook.in_force()
    changes = {"max_active_trees": "7", "rank_prompter_replies": "True", "init_prompt_disabled_langs": "de"}
    assert client.post(reverse("rules"), as_posted(**changes)).status_code == 302
    after = rulebook.in_force()
    assert after.version > before.version
    assert (after.max_active_trees, after.rank_prompter_replies, after.init_prompt_disabled_langs) == (7, True, "de")
    assert after.goal_tree_size == before.goal_tree_size


def test_saving_without_a_change_stores_nothing() -> None:
    client = client_of(make_person(role=Role.ADMIN))
    before = rulebook.in_force().version
    assert client.post(reverse("rules"), as_posted()).status_code == 302
    assert rulebook.in_force().version == before


@pytest.mark.parametrize("value", ["-1", "many", "", "1.5"])
def test_a_bad_value_is_refused_at_its_field(value: str) -> None:
    client = client_of(make_person(role=Role.ADMIN))
    before = rulebook.in_force()
    response = client.post(reverse("rules"), as_posted(max_active_trees=value, goal_tree_size="9"))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["max_active_trees"]
    assert 'value="9"' in response.content.decode(), "what was typed stays"
    assert rulebook.in_force() == before


def test_values_that_make_no_sense_together_are_refused() -> None:
    client = client_of(make_person(role=Role.ADMIN))
    both = {"newcomer_sensitivity": "0.3", "newcomer_specificity": "0.3"}
    response = client.post(reverse("rules"), as_posted(**both))
    assert response.status_code == 422
    assert "must sum to more than 1" in response.content.decode()


def test_two_administrators_do_not_overwrite_each_other() -> None:
    client = client_of(make_person(role=Role.ADMIN))
    stale = as_posted(max_active_trees="7")
    rulebook.change(changes={"goal_tree_size": 9}, by=None, note="meanwhile", now=timezone.now())
    response = client.post(reverse("rules"), stale)
    assert response.status_code == 409
    assert "Somebody changed the rules meanwhile" in response.content.decode()
    assert rulebook.in_force().goal_tree_size == 9


@pytest.mark.parametrize("rule", rule_fields(), ids=lambda rule: rule.name)
def test_no_value_that_a_rule_takes_stops_people_from_getting_tasks(rule: Field[Any]) -> None:
    if isinstance(rule.default, bool | str):
        return
    person = make_person()
    open_prompts()
    rulebook.change(changes={rule.name: rule.metadata["high"] or 10**14}, by=None, note="mistyped", now=timezone.now())
    assert client_of(person).post(reverse("claim"))["Location"].startswith("/work/")
