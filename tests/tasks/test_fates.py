"""What authors are told of their messages, over everything that can be."""

from __future__ import annotations

from itertools import product
from uuid import uuid4

import pytest

from tasks import fates
from tasks.fates import Facts, Fate
from tasks.kinds import Role
from tasks.models import Message, Tree
from tasks.tree_states import ACTIVE, UNDER_REVIEW, State

CASES = [
    Facts(state=state, is_prompt=is_prompt, verdict=verdict, deleted=deleted, rank=rank)
    for state, is_prompt, verdict, deleted, rank in product(
        State, (True, False), (True, False, None), (True, False), (None, 1)
    )
]


@pytest.mark.django_db
def test_the_filter_finds_exactly_what_is_told() -> None:
    """Every message has one fate, and the query for that fate finds it while no other query does."""
    expected: dict[object, Fate] = {}
    trees, prompts, replies = [], [], []
    for facts in CASES:
        tree = Tree(id=uuid4(), lang="en", state=facts.state, goal_tree_size=3, max_depth=2, max_children_count=2)
        common = {"tree": tree, "lang": "en", "text": "Text", "role": Role.PROMPTER}
        said = {"review_result": facts.verdict, "deleted": facts.deleted, "rank": facts.rank}
        prompt = Message(id=tree.pk, depth=0, **common, **(said if facts.is_prompt else {}))
        trees.append(tree)
        prompts.append(prompt)
        if facts.is_prompt:
            expected[prompt.pk] = fates.of(facts)
        else:
            reply = Message(parent=prompt, depth=1, **common, **said)
            replies.append(reply)
            expected[reply.pk] = fates.of(facts)
    Tree.objects.bulk_create(trees)
    Message.objects.bulk_create(prompts)
    Message.objects.bulk_create(replies)
    asked = Message.objects.filter(pk__in=list(expected))
    found = [(pk, fate) for fate in Fate for pk in asked.filter(fates.WHERE[fate]).values_list("pk", flat=True)]
    assert len(found) == len(expected)
    assert dict(found) == expected


@pytest.mark.parametrize("facts", CASES, ids=str)
def test_every_case_is_told_in_one_whole_sentence(facts: Facts) -> None:
    (said,) = fates.sentences(facts)
    assert said[0].isupper()
    assert said.endswith(".")
    assert fates.FATES[fates.of(facts)]


def test_before_the_verdict_nothing_is_told_that_the_reviews_say() -> None:
    told = {
        tuple(fates.sentences(Facts(state=state, is_prompt=is_prompt, verdict=None)))
        for state, is_prompt in product(UNDER_REVIEW, (True, False))
    }
    assert told == {("In review: others are asked what they think of it.",)}


def test_a_place_is_told_only_when_it_is_final() -> None:
    for state in ACTIVE:
        told = fates.sentences(Facts(state=state, is_prompt=False, verdict=True, rank=1, ranks=[0, 1]))
        assert "place" not in told[0]


@pytest.mark.parametrize(
    ("rank", "ranks", "sentence"),
    [
        (1, [0, 1, 2, 3], "Ranked in place 2 of 4 replies."),
        (0, [0, 1], "Ranked best of 2 replies."),
        (1, [0, 1, 1, 3], "Shares place 2 of 4 with replies that are as good."),
        (0, [0, 0], "Shares place 1 of 2 with replies that are as good."),
        (0, [0], "Accepted. The conversation is finished."),
    ],
)
def test_the_place_among_the_replies(rank: int, ranks: list[int], sentence: str) -> None:
    facts = Facts(state=State.READY_FOR_EXPORT, is_prompt=False, verdict=True, rank=rank, ranks=ranks)
    assert fates.sentences(facts) == [sentence]


def test_what_else_is_known_of_it_comes_after() -> None:
    facts = Facts(state=State.GROWING, is_prompt=True, verdict=True, corrected=True, edited=True, release="2026-01")
    assert fates.sentences(facts)[1:] == [
        "You corrected it after sending it.",
        "The moderators changed its text.",
        "It is in release 2026-01 of the dataset.",
    ]


def test_good_and_bad_news_are_not_the_same() -> None:
    assert not fates.GOOD & fates.BAD
    assert Fate.IN_REVIEW not in fates.GOOD | fates.BAD
