"""How sure the rankings are of each place, on the page of a finished tree."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from oasst_web.pages.trees import CAUSES
from ranking import Cause
from tasks.models import Message, Preference, Tree
from tasks.tree_states import State
from tests.making import make_person, make_tree
from tests.pages.site import client_of

pytestmark = pytest.mark.django_db

TIED = "The rankings cannot tell it from the reply ranked next."


@pytest.fixture
def client() -> Client:
    return client_of(make_person())


@pytest.fixture
def tree() -> Tree:
    """Finished, with three replies."""
    made = make_tree(state=State.READY_FOR_EXPORT, replies=3)
    Preference.objects.all().delete()
    return made


def ranked(tree: Tree) -> list[Message]:
    return list(Message.objects.filter(tree=tree, parent__isnull=False).order_by("rank"))


def prefer(chosen: Message, rejected: Message, p_better: float, cause: str = "") -> None:
    Preference.objects.create(
        parent_id=chosen.parent_id, chosen=chosen, rejected=rejected, cause=cause,
        p_chosen=p_better, p_low=0.4, p_high=0.99, p_better=p_better, n_votes=3, n_ties=0, flip_margin=1,
    )  # fmt: skip


def said(client: Client, tree: Tree) -> list[str]:
    """What the page says of each reply it is sure or unsure of, from top to bottom."""
    page = client.get(reverse("tree", args=[tree.pk])).content.decode()
    found = re.findall(r'<p class="how-sure.*?</p>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", each).split()) for each in found]


def better(chance: str) -> str:
    return f"Better than the reply ranked next with a chance of {chance}."


def test_each_reply_says_how_sure_its_place_before_the_next_one_is(client: Client, tree: Tree) -> None:
    best, second, last = ranked(tree)
    prefer(best, second, 0.874)
    prefer(second, last, 0.61)
    prefer(best, last, 0.95)
    assert said(client, tree) == [better("87 %"), better("61 %")]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"p_better": 0.99996}, better("99 %")),
        ({"p_better": 0.5}, TIED),
        ({"p_better": 0.7, "cause": Cause.TWO_CAMPS}, f"{better('70 %')} {CAUSES[Cause.TWO_CAMPS]}"),
    ],
    ids=["nothing is certain", "a tie", "a cause"],
)
def test_chances_ties_and_causes_are_said_in_plain_words(
    client: Client, tree: Tree, fields: dict[str, Any], sentence: str
) -> None:
    best, second, _last = ranked(tree)
    prefer(best, second, **fields)
    assert said(client, tree) == [sentence]


def test_replies_that_share_a_rank_are_not_told_apart(client: Client, tree: Tree) -> None:
    best, second, last = ranked(tree)
    prefer(best, second, 0.6)
    prefer(second, last, 0.9)
    Message.objects.filter(pk=second.pk).update(rank=0)
    Message.objects.filter(pk=last.pk).update(rank=2)
    assert said(client, tree) == [TIED, better("90 %")]


def test_a_place_against_the_preference_is_not_called_sure(client: Client, tree: Tree) -> None:
    best, second, _last = ranked(tree)
    prefer(second, best, 0.6)
    assert said(client, tree) == [better("40 %")]


def test_nothing_is_said_before_a_tree_is_finished(client: Client, tree: Tree) -> None:
    best, second, _last = ranked(tree)
    prefer(best, second, 0.9)
    Tree.objects.update(state=State.RANKING)
    assert said(client, tree) == []


def test_every_cause_has_words() -> None:
    assert set(CAUSES) == set(Cause)


def test_all_preferences_are_read_at_once(
    client: Client, tree: Tree, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    best, second, last = ranked(tree)
    prefer(best, second, 0.9)
    prefer(second, last, 0.9)
    with django_assert_max_num_queries(10):
        assert len(said(client, tree)) == 2
