"""Trees as moderators see them: what each waits for, which are stuck, and what can be done about one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role
from moderation import queue
from moderation.models import Action, ActionLog, QueueItem
from moderation.severity import Severity, Source
from tasks.kinds import Kind
from tasks.models import Task, Tree
from tasks.tree_states import State
from tests.making import add_message, add_ranking, advance, claim, make_tree, replies_to, root_of, rules
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return client_of(make_person("Grace", role=Role.MODERATOR, lang="fr"))


def words(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def listed(client: Client, **query: str) -> str:
    return words(client.get(reverse("moderated_trees"), query))


def prompt_of(tree: Tree) -> str:
    return str(root_of(tree).text)


def page_of(client: Client, tree: Tree) -> str:
    return words(client.get(reverse("moderated_tree", args=[tree.pk])))


def somebody(name: str = "") -> Any:
    return make_person(name, last_activity_at=timezone.now())


def test_a_tree_says_what_it_needs_and_how_many_people_could_give_it(client: Client) -> None:
    tree = make_tree(state=State.RANKING, replies=2)
    Tree.objects.update(state_since=timezone.now())
    for _ in range(7):
        somebody()
    said = listed(client)
    assert prompt_of(tree) in said
    assert f"{rules().num_required_rankings} rankings, by people who wrote none of the replies 7 people could" in said
    assert "Replies are ranked" in said
    assert "Stuck" not in said


def test_a_tree_that_needs_more_people_than_there_are_is_stuck(client: Client) -> None:
    make_tree(state=State.RANKING, replies=2)
    said = listed(client)
    assert "nobody could" in said
    assert "1 tree does not go on by itself" in said
    assert "It needs more answers than there are people" in said


def test_of_several_places_the_one_with_the_fewest_people_decides(client: Client) -> None:
    """Two people wrote replies to the prompt: they could rank those below, but not those."""
    authors = [somebody(), somebody()]
    tree = make_tree(state=State.GROWING, replies=2, authors=authors, goal=9)
    asking = add_message(tree=tree, parent=replies_to(root_of(tree))[0])
    for _ in range(2):
        add_message(tree=tree, parent=asking)
    Tree.objects.filter(pk=tree.pk).update(goal_tree_size=6)
    advance(tree)
    somebody()
    both = 2 * rules().num_required_rankings
    assert f"{both} rankings, by people who wrote none of the replies 1 person could" in listed(client)
    page = page_of(client, tree)
    assert "1 person could" in page
    assert "3 people could" in page


def test_narrowed_down_by_language_state_id_and_stuck(client: Client) -> None:
    german = make_tree(state=State.GROWING, lang="de")
    done = make_tree(state=State.READY_FOR_EXPORT)
    halted = make_tree(state=State.HALTED_BY_MODERATOR)

    def shown(**query: str) -> set[Tree]:
        said = listed(client, **query)
        return {tree for tree in (german, done, halted) if prompt_of(tree) in said}

    assert shown() == {german}
    assert shown(state="any") == {german, done, halted}
    assert shown(state="ready_for_export") == {done}
    assert shown(state="any", lang="de") == {german}
    assert shown(lang="fr") == set()
    reply = replies_to(root_of(done))[0]
    assert shown(id=str(done.pk)) == shown(id=str(reply.pk)) == {done}
    assert shown(state="any", stuck="on") == {german}
    # What cannot be read narrows nothing down.
    assert shown(state="nonsense", lang="??", id="no id") == {german}


def test_more_trees_than_fit_are_on_the_next_page(client: Client) -> None:
    trees = [make_tree(state=State.GROWING) for _ in range(23)]
    first = client.get(reverse("moderated_trees")).content.decode()
    after = re.search(r'href="(\?after=[^"]*)"', first)
    assert after is not None
    second = client.get(reverse("moderated_trees") + after[1].replace("&amp;", "&")).content.decode()
    found = [[tree for tree in trees if reverse("moderated_tree", args=[tree.pk]) in page] for page in (first, second)]
    assert [len(each) for each in found] == [20, 3]
    assert set(found[0]) | set(found[1]) == set(trees)


def test_the_list_costs_the_same_whatever_is_on_it(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(12):
        make_tree(state=State.RANKING, replies=2)
    client.get(reverse("moderated_trees"))
    with django_assert_max_num_queries(16):
        client.get(reverse("moderated_trees"))


def test_a_harmful_prompt_is_not_shown_but_where_the_queue_shows_it(client: Client) -> None:
    tree = make_tree(state=State.GROWING)
    prompt = root_of(tree)
    queue.put(message=prompt, source=Source.FINDING, severity=Severity.SEVERE, now=timezone.now())
    assert QueueItem.objects.get().harmful
    for said in (listed(client), page_of(client, tree)):
        assert prompt.text not in said
        assert "May be harmful to read" in said


def test_the_tree_shows_who_said_what_and_how_it_came_here(client: Client) -> None:
    writers = [make_person("Wanda"), make_person("Walter")]
    tree = make_tree(state=State.RANKING, replies=2, authors=writers)
    first, second = replies_to(root_of(tree))
    add_ranking(parent=root_of(tree), by=make_person("Rita"), order=[[second], [first]])
    add_ranking(parent=root_of(tree), by=make_person("Robert"), not_rankable=True)
    holder = somebody("Hana")
    claim(holder, Kind.RANK_ASSISTANT_REPLIES, now=timezone.now())
    page = page_of(client, tree)
    for name in ("Wanda", "Walter", "Rita", "Robert"):
        assert name in page
    assert "B &gt; A" in page
    assert "They cannot be ranked" in page
    assert "Hana works on it until" in page
    assert "3 reviews" in page
    for transition in tree.transitions.all():
        assert transition.event in page


def test_halting_and_resuming_with_a_reason_from_the_table_and_taking_it_back(client: Client) -> None:
    tree = make_tree(state=State.GROWING)
    response = client.post(reverse("halt_tree", args=[tree.pk]), {"reason": "spam", "why": "an advertisement"})
    tree.refresh_from_db()
    assert tree.state == State.HALTED_BY_MODERATOR
    line = ActionLog.objects.get()
    assert (line.action, line.reason, line.why) == (Action.HALT_TREE, "spam", "an advertisement")
    page = words(client.get(response.url))
    assert "an advertisement" in page
    assert "Take the last decision back" in page

    client.post(reverse("resume_tree", args=[tree.pk]), {"reason": "mistake", "why": "it was none"})
    tree.refresh_from_db()
    assert tree.state == State.GROWING

    response = client.post(reverse("halt_tree", args=[tree.pk]), {"reason": "spam"})
    line = ActionLog.objects.latest("pk")
    client.post(reverse("undo_decision", args=[line.pk]))
    tree.refresh_from_db()
    assert tree.state == State.GROWING


def test_without_a_reason_nothing_happens_and_the_words_stay(client: Client) -> None:
    tree = make_tree(state=State.GROWING)
    response = client.post(reverse("halt_tree", args=[tree.pk]), {"why": "what I had typed"})
    assert response.status_code == 422
    assert "what I had typed" in response.content.decode()
    tree.refresh_from_db()
    assert tree.state == State.GROWING
    assert not ActionLog.objects.exists()


def test_what_the_state_does_not_allow_is_refused_in_words(client: Client) -> None:
    tree = make_tree(state=State.GROWING)
    response = client.post(reverse("resume_tree", args=[tree.pk]), {"reason": "mistake", "why": "try"})
    assert response.status_code == 409
    assert "cannot be done" in response.content.decode()


def test_scoring_that_failed_is_tried_again(client: Client) -> None:
    tree = make_tree(state=State.READY_FOR_SCORING, replies=2)
    Tree.objects.filter(pk=tree.pk).update(state=State.SCORING_FAILED)
    assert "Compute its result again" in page_of(client, tree)
    assert "for somebody to have it computed again" in listed(client)
    client.post(reverse("retry_tree", args=[tree.pk]), {"why": "the bug is mended"})
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_SCORING
    assert ActionLog.objects.get().action == Action.RETRY_SCORING


def test_a_deep_tree_is_read_to_its_end(client: Client) -> None:
    tree = make_tree(state=State.GROWING, depth=60, goal=99)
    message = root_of(tree)
    for _ in range(50):
        message = add_message(tree=tree, parent=message)
    assert message.text in page_of(client, tree)


def test_only_for_moderators() -> None:
    tree = make_tree(state=State.GROWING)
    client = client_of(make_person())
    assert client.get(reverse("moderated_trees")).status_code == 403
    assert client.get(reverse("moderated_tree", args=[tree.pk])).status_code == 403
    for name in ("halt_tree", "resume_tree", "retry_tree"):
        assert client.post(reverse(name, args=[tree.pk]), {"reason": "spam", "why": "x"}).status_code == 403
    assert Task.objects.open().filter(tree=tree).exists()


def test_a_tree_that_is_not_there(client: Client) -> None:
    assert client.get(reverse("moderated_tree", args=["00000000-0000-4000-8000-000000000000"])).status_code == 404
