"""Exporting: what is in the file, in which order, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import profiles
from accounts.models import Consent
from common import moments
from exports import building, reading
from exports.building import Content, Tally
from exports.selection import Selection, Which
from moderation import reports
from tasks import interactions, reactions, scoring
from tasks.kinds import Kind
from tasks.models import Message, Review, Skip, Tree
from tasks.tree_states import State
from tests.exports.files import EVERYTHING, OURS, bring_in, message, number, report_of, take_out, tree, write
from tests.making import (
    NOW,
    add_ranking,
    add_review,
    advance,
    at_once,
    given,
    make_people,
    make_person,
    make_tree,
    replies_to,
    root_of,
)

pytestmark = pytest.mark.django_db


def texts(nodes: list[dict[str, Any]]) -> list[Any]:
    """Each message's text, and what is below it."""
    return [
        [node["text"], *texts(node["replies"])] if node.get("replies") else node["text"]
        for node in (line.get("prompt", line) for line in nodes)
    ]


@pytest.fixture
def motley(tmp_path: Path) -> Path:
    """One finished tree with messages of every sort, one with a machine in it, and one that grows."""
    sorts = message(
        1,
        message(2, message(3), deleted=True),
        message(4, review_result=False),
        message(5, review_result=None),
        message(6, message(7, deleted=True, review_result=False)),
    )
    machine = message(10, message(11, synthetic=True), message(12))
    trees = [tree(sorts), tree(machine), tree(message(20, message(21)), "growing")]
    bring_in(write(tmp_path / "motley.jsonl", trees))
    return tmp_path / "out.jsonl"


SELECTIONS: dict[tuple[str, ...], list[Any]] = {
    (): [["Text 1", "Text 6"]],
    ("--include-deleted",): [["Text 1", ["Text 2", "Text 3"], "Text 6"]],
    ("--include-spam",): [["Text 1", "Text 4", "Text 5", "Text 6"]],
    ("--include-deleted", "--include-spam"): [
        ["Text 1", ["Text 2", "Text 3"], "Text 4", "Text 5", ["Text 6", "Text 7"]],
    ],
    ("--include-synthetic",): [["Text 1", "Text 6"], ["Text 10", "Text 11", "Text 12"]],
    ("--state", "growing"): [["Text 20", "Text 21"]],
    ("--lang", "de,en"): [["Text 1", "Text 6"]],
    ("--lang", "de"): [],
    ("--state", "growing,ready_for_export"): [["Text 1", "Text 6"], ["Text 20", "Text 21"]],
    ("--state", "all", "--prompts-only"): ["Text 1", "Text 20"],
    ("--state", "all", "--limit", "1"): [["Text 1", "Text 6"]],
    ("--format", "messages"): ["Text 1", "Text 6"],
    ("--deleted-only",): ["Text 2"],
    ("--deleted-only", "--include-spam"): ["Text 2", "Text 7"],
    ("--spam-only",): ["Text 4"],
    ("--spam-only", "--include-deleted"): ["Text 4", "Text 7"],
    ("--synthetic-only",): ["Text 11"],
    ("--spam-only", "--include-deleted", "--limit", "1"): ["Text 4"],
}


@pytest.mark.parametrize("options", SELECTIONS)
def test_options_choose_what_is_in_the_file(options: tuple[str, ...], motley: Path) -> None:
    assert texts(take_out(motley, *options)) == SELECTIONS[options]


def test_the_report_counts_what_was_left_out_by_reason(motley: Path) -> None:
    report = report_of("export_trees", motley)
    assert (report["trees"], report["messages"]) == (1, 2)
    assert report["left_out"] == {
        "trees_not_selected": 1,
        "trees_with_synthetic_messages": 1,
        "deleted": 2,
        "rejected": 1,
        "unreviewed": 1,
        "orphaned": 1,
    }


def test_nothing_disappears_without_being_counted(motley: Path) -> None:
    report = report_of("export_trees", motley, "--state", "all", "--include-synthetic", "--include-deleted")
    assert report["messages"] + sum(report["left_out"].values()) == Message.objects.count()


def test_a_tree_whose_prompt_is_left_out_is_counted(tmp_path: Path) -> None:
    bring_in(write(tmp_path / "f.jsonl", [tree(message(1, message(2), deleted=True))]))
    report = report_of("export_trees", tmp_path / "out.jsonl")
    assert report["left_out"] == {"deleted": 1, "orphaned": 1, "trees_without_prompt": 1}


def test_a_persons_messages_are_exported_from_trees_of_any_state(tmp_path: Path) -> None:
    person = make_person()
    mine = make_tree(state=State.GROWING, author=person)
    make_tree(state=State.GROWING)
    [row] = take_out(tmp_path / "out.jsonl", "--user", str(person.pk))
    assert (row["message_id"], row["tree_state"]) == (str(mine.pk), "growing")


def test_dates_bound_when_a_tree_was_begun(tmp_path: Path) -> None:
    days = [tree(message(n, created_date=f"2023-03-0{n}T12:00:00+00:00")) for n in (1, 2, 3)]
    bring_in(write(tmp_path / "f.jsonl", days))
    taken = take_out(tmp_path / "out.jsonl", "--since", "2023-03-02", "--until", "2023-03-03T12:00:00")
    assert texts(taken) == ["Text 2"]


def test_trees_come_oldest_first_and_replies_by_rank(tmp_path: Path) -> None:
    replies = [message(2, rank=1), message(3), message(4, rank=0), message(5)]
    for n, reply in enumerate(replies):
        reply["created_date"] = f"2023-03-01T12:0{n}:00+00:00"
    later = tree(message(1, *replies, created_date="2023-03-01T12:00:00+00:00"))
    sooner = tree(message(9, created_date="2023-02-01T12:00:00+00:00"))
    bring_in(write(tmp_path / "f.jsonl", [later, sooner]))
    assert texts(take_out(tmp_path / "o")) == ["Text 9", ["Text 1", "Text 4", "Text 2", "Text 3", "Text 5"]]


def test_labels_are_the_mean_of_reviews_and_of_nothing_else(tmp_path: Path) -> None:
    root = root_of(make_tree(state=State.GROWING))
    person = make_person()
    interactions.label_freely(message=root, person=person, labels={"spam": 1.0, "humor": 1.0}, now=NOW)
    reports.report(message_id=root.pk, person=person, labels=["spam"], text="spam!", now=NOW)
    half = add_review(root, by=make_person(), spam=1.0)
    Review.objects.filter(pk=half.pk).update(labels={"spam": 1.0, "quality": 0.5})
    [exported] = take_out(tmp_path / "out.jsonl", "--state", "all", "--labels")
    assert exported["prompt"]["labels"] == {"spam": {"value": 0.25, "count": 4}, "quality": {"value": 0.5, "count": 1}}


def test_published_means_and_new_reviews_are_weighed_by_their_reviewers(tmp_path: Path) -> None:
    labels = {"spam": {"value": 0.25, "count": 4}, "humor": {"value": 0.5, "count": 2}, "pii": {"count": 0}}
    bring_in(write(tmp_path / "f.jsonl", [tree(message(1, labels=labels))]))
    review = add_review(Message.objects.get(), by=make_person())
    Review.objects.filter(pk=review.pk).update(labels={"spam": 1.0, "quality": 0.75, "pii": 1.0})
    [exported] = take_out(tmp_path / "out.jsonl", "--labels")
    assert exported["prompt"]["labels"] == {
        "spam": {"value": 0.4, "count": 5},
        "pii": {"value": 1.0, "count": 1},
        "quality": {"value": 0.75, "count": 1},
        "humor": {"value": 0.5, "count": 2},
    }


def test_labels_and_events_are_there_only_when_asked_for(tmp_path: Path) -> None:
    tree_ = make_tree(state=State.READY_FOR_EXPORT)
    [plain] = take_out(tmp_path / "a.jsonl")
    assert not {"labels", "events"} & plain["prompt"].keys()
    [full] = take_out(tmp_path / "b.jsonl", "--labels", "--events")
    assert full["prompt"]["labels"]["spam"]["count"] == 3
    assert len(full["prompt"]["events"]["ranking"]) == 3
    assert full["message_tree_id"] == str(tree_.pk)


def test_emojis_add_up_and_our_own_skips_are_told_only_on_request(tmp_path: Path) -> None:
    bring_in(write(tmp_path / "f.jsonl", [tree(message(1, emojis={"+1": 2, "_skip_reply": 3}))]))
    root, person = Message.objects.get(), make_person()
    reactions.toggle(message_id=root.pk, person=person, emoji="skull", now=NOW)
    for somebody in (person, make_person()):
        reactions.toggle(message_id=root.pk, person=somebody, emoji="+1", now=NOW)
    Skip.objects.create(person=person, kind=Kind.ASSISTANT_REPLY, message=root)
    Skip.objects.create(person=person, kind=Kind.LABEL_INITIAL_PROMPT, message=root)
    [plain] = take_out(tmp_path / "a.jsonl")
    assert plain["prompt"]["emojis"] == {"+1": 4, "skull": 1, "_skip_reply": 3}
    [skips] = take_out(tmp_path / "b.jsonl", "--skips")
    assert skips["prompt"]["emojis"] == {"+1": 4, "skull": 1, "_skip_reply": 4, "_skip_labeling": 1}


def ranked_tree() -> tuple[Tree, list[Message]]:
    """Three replies, of which three people put the last first and could not tell the others apart."""
    grown = make_tree(state=State.RANKING, replies=3)
    root = root_of(grown)
    one, two, three = replies_to(root)
    for person in make_people(3):
        add_ranking(parent=root, by=person, order=[[three], [one, two]])
    advance(grown)
    scoring.score_waiting(**given())
    return grown, [one, two, three]


def test_replies_that_nobody_could_tell_apart_say_so(tmp_path: Path) -> None:
    _tree, (one, two, three) = ranked_tree()
    [exported] = take_out(tmp_path / "out.jsonl")
    found = [(reply["message_id"], reply["rank"], reply.get("rank_tied")) for reply in exported["prompt"]["replies"]]
    assert found == [(str(three.pk), 0, None), (str(one.pk), 1, True), (str(two.pk), 1, True)]


def test_a_tie_with_a_reply_that_is_left_out_is_none(tmp_path: Path) -> None:
    _tree, (_one, two, _three) = ranked_tree()
    Message.objects.filter(pk=two.pk).update(deleted=True)
    [exported] = take_out(tmp_path / "out.jsonl")
    assert not any("rank_tied" in reply for reply in exported["prompt"]["replies"])


def test_events_tell_every_reaction_and_ranking(tmp_path: Path) -> None:
    tree_, (one, two, three) = ranked_tree()
    root, person = root_of(tree_), make_person()
    reactions.toggle(message_id=one.pk, person=person, emoji="+1", now=NOW)
    refused = add_ranking(parent=root, by=person, not_rankable=True)
    [exported] = take_out(tmp_path / "out.jsonl", "--events")
    rankings = exported["prompt"]["events"]["ranking"]
    [last] = [ranking for ranking in rankings if "not_rankable" in ranking]
    first = next(ranking for ranking in rankings if "not_rankable" not in ranking)
    assert len(rankings) == 4
    assert first == {
        "type": "ranking",
        "user_id": first["user_id"],
        "ranking": [2, 0, 1],
        "ranked_message_ids": [str(three.pk), str(one.pk), str(two.pk)],
        "ranked_groups": [[str(three.pk)], [str(one.pk), str(two.pk)]],
        "ranking_parent_id": str(root.pk),
        "message_tree_id": str(tree_.pk),
    }
    assert (last["user_id"], last["not_rankable"], "ranked_groups" in last) == (str(refused.ranker_id), True, False)
    [reply] = [reply for reply in exported["prompt"]["replies"] if reply["message_id"] == str(one.pk)]
    assert reply["events"] == {"emoji": [{"type": "emoji", "user_id": str(person.pk), "emoji": "+1"}]}


def test_events_of_an_imported_file_stay_beside_ours(tmp_path: Path) -> None:
    told = {
        "emoji": [{"type": "emoji", "user_id": number(9), "emoji": "-1"}],
        "score": [{"type": "score", "score": 0.5}],
    }
    bring_in(write(tmp_path / "f.jsonl", [tree(message(1, events=told))]))
    reactions.toggle(message_id=Message.objects.get().pk, person=make_person(), emoji="+1", now=NOW)
    [exported] = take_out(tmp_path / "out.jsonl", "--events")
    assert [event["emoji"] for event in exported["prompt"]["events"]["emoji"]] == ["-1", "+1"]
    assert exported["prompt"]["events"]["score"] == told["score"]


def test_nulls_are_written_on_request(tmp_path: Path) -> None:
    make_tree(state=State.READY_FOR_EXPORT)
    [plain] = take_out(tmp_path / "a.jsonl")
    [nulls] = take_out(tmp_path / "b.jsonl", "--keep-nulls")
    assert "rank" not in plain["prompt"]
    assert nulls["prompt"]["rank"] is nulls["prompt"]["detoxify"] is nulls["origin"] is None


@pytest.mark.parametrize(
    ("consent", "uses"),
    [
        (Consent.DATASET, {"dataset", "research", "evaluation", "here"}),
        (Consent.RESEARCH, {"research", "evaluation", "here"}),
        (Consent.EVALUATION, {"evaluation", "here"}),
        (Consent.HERE, {"here"}),
    ],
)
def test_what_was_given_for_less_is_in_no_file_for_more(tmp_path: Path, consent: str, uses: set[str]) -> None:
    """Nor what hangs below it, nor a single reaction or ranking; counts keep them."""
    author, other = make_people(2)
    tree = make_tree(state=State.READY_FOR_EXPORT, replies=2, authors=[author, other])
    mine, theirs = (tree.messages.get(author=person) for person in (author, other))
    reactions.add(message=theirs, person=author, emoji="+1", now=NOW)
    add_ranking(parent=root_of(tree), by=author)
    profiles.change(person=author, now=NOW, consent=consent)
    for use in ("dataset", "research", "evaluation", "here"):
        (found,) = take_out(tmp_path / f"{use}.jsonl", "--use", use, "--events")
        replies = {reply["text"]: reply for reply in found["prompt"]["replies"]}
        assert (mine.text in replies) == (use in uses)
        assert theirs.text in replies
        assert replies[theirs.text]["emojis"] == {"+1": 1}
        told = str(author.pk) in str(found)
        assert told == (use in uses)
    report = report_of("export_trees", tmp_path / "again.jsonl")
    assert report["left_out"].get("not_given_for_this", 0) == (consent != Consent.DATASET)


def test_queries_grow_with_chunks_and_not_with_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is that of one chunk: the trees come from a cursor on the server, their answers chunk by chunk."""
    bring_in(OURS)
    content, everything = Content(labels=True, events=True, skips=True), Selection(states=None)
    queries = {}
    for size in (100, 5, 1):
        monkeypatch.setattr(building, "CHUNK", size)
        with CaptureQueriesContext(connection) as seen:
            list(building.trees(everything, content, Tally()))
        queries[size] = len(seen)
    assert queries[100] < 12
    per_chunk = queries[5] - queries[100]
    assert queries[1] == queries[100] + 9 * per_chunk


def test_a_tree_is_handed_on_before_the_next_chunk_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    bring_in(OURS)
    monkeypatch.setattr(building, "CHUNK", 1)
    stream = building.trees(Selection(states=None), Content(), Tally())
    next(stream)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '_django_curs_%%'", [])
        assert cursor.fetchone() == (1,), "the other trees wait on the server"
    with CaptureQueriesContext(connection) as seen:
        next(stream)
    assert 0 < len(seen) < 12


def test_everything_we_grow_can_be_imported_elsewhere(tmp_path: Path) -> None:
    for state in (State.READY_FOR_EXPORT, State.GROWING, State.RANKING, State.INITIAL_PROMPT_REVIEW):
        make_tree(state=state, replies=0 if state is State.INITIAL_PROMPT_REVIEW else 2)
    before = take_out(tmp_path / "before.jsonl", *EVERYTHING)
    assert all(isinstance(found, reading.TreeLine) for found in reading.read(tmp_path / "before.jsonl"))
    assert len(before) == 4


@pytest.mark.django_db(transaction=True)
def test_an_export_shows_one_moment_whatever_happens_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    bring_in(OURS)
    monkeypatch.setattr(building, "CHUNK", 1)
    changed = Message.objects.filter(pk=Tree.objects.latest("created_at").pk)
    with moments.one_moment():
        stream = building.trees(Selection(states=None, synthetic=Which.WITH), Content(), Tally())
        first = next(stream)
        at_once(lambda: changed.update(text="changed meanwhile"))
        rest = list(stream)
    assert not any(tree.prompt.text == "changed meanwhile" for tree in [first, *rest])
    assert changed.get().text == "changed meanwhile"
