"""Files for trainers: what a row of each format is, that it leaks nothing, and that it is the same bytes every time."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pyarrow.parquet
import pytest
from django.core.management import CommandError, call_command

from accounts import profiles
from accounts.models import Consent
from exports import reading, training
from exports.formats import FORMATS, HUB, Needs
from exports.reading import BrokenLine, TreeLine
from exports.table import arrow_schema
from exports.training import Pair
from tasks import scoring
from tasks.models import Message, Preference
from tasks.tree_states import State
from tests.exports.files import bring_in, load, message, number, real, tree, write
from tests.making import (
    NOW,
    add_message,
    add_ranking,
    add_review,
    advance,
    given,
    make_people,
    make_person,
    make_tree,
    replies_to,
    root_of,
)

pytestmark = pytest.mark.django_db

FIXED = [name for name, row in FORMATS.items() if row.needs is not Needs.TREE]
TRAINING = [name for name, row in FORMATS.items() if row.needs is Needs.TOLD]
SEED = ("--anonymizer-seed", "a secret of this test")


def export(path: Path, format: str, *options: str) -> list[dict[str, Any]]:
    call_command("export_trees", str(path), "--format", format, *options, stderr=StringIO())
    return load(path) if path.suffix == ".jsonl" else []


def test_the_layout_of_the_hub_may_be_parquet_and_holds_what_its_lines_hold(tmp_path: Path) -> None:
    make_tree(state=State.READY_FOR_EXPORT, replies=2)
    options = ("--format", "hub", "--labels", "--scores")
    call_command("export_trees", str(tmp_path / "a.parquet"), *options, stderr=StringIO())
    call_command("export_trees", str(tmp_path / "a.jsonl"), *options, stderr=StringIO())
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert table.schema.equals(arrow_schema(HUB))
    lines = load(tmp_path / "a.jsonl")
    assert [row["text"] for row in table.to_pylist()] == [line["text"] for line in lines]
    for row, line in zip(table.to_pylist(), lines, strict=True):
        assert row["detoxify"]["toxicity"] == line["detoxify"]["toxicity"]
        assert row["labels"] == line["labels"]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def contents(turns: list[dict[str, str]]) -> list[str]:
    return [turn["content"] for turn in turns]


def a_ranked_tree() -> tuple[Message, list[Message]]:
    """Three replies; the second was put first by three people."""
    tree = make_tree(state=State.RANKING, replies=3)
    root = root_of(tree)
    first, second, third = replies_to(root)
    for person in make_people(3):
        add_ranking(parent=root, by=person, order=[[second], [first], [third]])
    advance(tree)
    scoring.score_waiting(**given())
    return root, [second, first, third]


def test_every_row_has_every_key_of_its_format_in_order(out: Path) -> None:
    a_ranked_tree()
    for name in FIXED:
        rows = export(out, name, *SEED)
        assert rows, name
        for row in rows:
            assert list(row) == [column.name for column in FORMATS[name].columns]


def test_preferences_have_the_better_reply_first_and_how_sure_it_is(out: Path) -> None:
    root, (best, middle, worst) = a_ranked_tree()
    rows = export(out, "preferences")
    assert len(rows) == 3
    pairs = {(row["chosen_id"], row["rejected_id"]): row for row in rows}
    row = pairs[str(best.pk), str(worst.pk)]
    stored = Preference.objects.get(chosen=best, rejected=worst)
    assert row["prompt"] == [{"role": "user", "content": root.text}]
    assert row["chosen"] == [{"role": "assistant", "content": best.text}]
    assert row["rejected"] == [{"role": "assistant", "content": worst.text}]
    assert (row["p_chosen"], row["p_low"], row["n_votes"]) == (stored.p_chosen, stored.p_low, 3)
    assert row["message_ids"] == [str(root.pk), str(best.pk), str(worst.pk)]
    assert (str(middle.pk), str(worst.pk)) in pairs


def test_only_preferences_that_are_sure_enough(out: Path) -> None:
    a_ranked_tree()
    chances = sorted(row["p_better"] for row in export(out, "preferences"))
    assert 0.5 < chances[0] < chances[-1] < 1
    assert len(export(out, "preferences", "--min-preference", str(chances[-1]))) == 1
    assert export(out, "preferences", "--min-preference", "1") == []


def test_replies_that_the_rankings_cannot_tell_apart_are_no_preference(out: Path) -> None:
    tree = make_tree(state=State.RANKING, replies=2)
    replies = replies_to(root_of(tree))
    for person in make_people(3):
        add_ranking(parent=root_of(tree), by=person, order=[replies])
    advance(tree)
    scoring.score_waiting(**given())
    assert export(out, "preferences") == []
    (row,) = export(out, "ranked")
    assert [each["tied"] for each in row["completions"]] == [True, True]
    assert [each["strength"] for each in row["completions"]] == [0.0, 0.0]
    assert export(out, "kto") == []


def test_a_ranked_set_is_in_order_with_falling_strengths(out: Path) -> None:
    _root, order = a_ranked_tree()
    (row,) = export(out, "ranked")
    assert [each["message_id"] for each in row["completions"]] == [str(reply.pk) for reply in order]
    assert [each["rank"] for each in row["completions"]] == [0, 1, 2]
    strengths = [each["strength"] for each in row["completions"]]
    assert strengths == sorted(strengths, reverse=True)
    assert sum(strengths) == pytest.approx(0)


def test_kto_takes_the_best_and_the_worst_and_what_reviewers_rejected(out: Path) -> None:
    root, (best, _middle, worst) = a_ranked_tree()
    add_message(tree=root.tree, parent=root, verdict=False, text="Rejected")
    rows = export(out, "kto")
    assert {(contents(row["completion"])[0], row["label"]) for row in rows} == {(best.text, True), (worst.text, False)}
    with_spam = export(out, "kto", "--include-spam")
    assert [row["because"] for row in with_spam if contents(row["completion"]) == ["Rejected"]] == ["review"]
    assert len(with_spam) == 3


def test_sft_has_every_reply_once_and_no_beginning_of_another_row(out: Path) -> None:
    tree = make_tree(state=State.GROWING, replies=2, goal=9)
    root = root_of(tree)
    first, second = replies_to(root)
    asked = add_message(tree=tree, parent=first)
    answered = add_message(tree=tree, parent=asked)
    add_message(tree=tree, parent=answered)  # Nobody answered this one.
    rows = export(out, "sft", "--state", "growing")
    assert sorted(contents(row["messages"]) for row in rows) == sorted(
        [[root.text, first.text, asked.text, answered.text], [root.text, second.text]]
    )
    assert [turn["role"] for turn in rows[0]["messages"]][:2] == ["user", "assistant"]


def test_published_orders_make_preferences_of_which_no_chance_is_known(out: Path, tmp_path: Path) -> None:
    published = tree(message(1, message(2, rank=1), message(3, rank=0), message(4, rank=1)))
    bring_in(write(tmp_path / "in.jsonl", [published]))
    rows = export(out, "preferences")
    assert [(row["chosen_id"], row["rejected_id"]) for row in rows] == [(number(3), number(2)), (number(3), number(4))]
    assert {row["p_chosen"] for row in rows} == {None}
    assert {row["rules_version"] for row in rows} == {None}


def test_a_tree_is_on_one_side_for_ever_and_the_sides_have_their_shares(out: Path) -> None:
    sides = [training.split_of(uuid4()) for _ in range(4000)]
    for name, share in training.SPLITS:
        assert sides.count(name) / len(sides) == pytest.approx(share, abs=0.03)
    # Published with a release, so never to change.
    assert training.split_of(UUID(int=1)) == training.split_of(UUID(int=1)) == "train"
    root, _order = a_ranked_tree()
    side = training.split_of(root.tree_id)
    for options in ((), SEED):
        assert {row["split"] for row in export(out, "preferences", *options)} == {side}
    for name, _share in training.SPLITS:
        assert bool(export(out, "preferences", "--split", name)) == (name == side)


def test_the_narrowest_use_that_an_author_gave_holds_for_the_whole_row(out: Path) -> None:
    root, (best, middle, worst) = a_ranked_tree()
    profiles.change(person=middle.author, now=NOW, consent=Consent.RESEARCH)
    open_rows = export(out, "preferences")
    assert [(row["chosen_id"], row["rejected_id"]) for row in open_rows] == [(str(best.pk), str(worst.pk))]
    assert {row["scope"] for row in open_rows} == {"dataset"}
    rows = export(out, "preferences", "--use", "research")
    assert len(rows) == 3
    for row in rows:
        assert row["scope"] == ("research" if str(middle.pk) in row["message_ids"] else "dataset")
    # What hangs below a message that was not given for this is not there either.
    profiles.change(person=root.author, now=NOW, consent=Consent.HERE)
    assert export(out, "preferences", "--use", "research") == []


def test_raw_answers_leave_only_under_pseudonyms_and_only_about_what_is_in_the_file(out: Path) -> None:
    root, (_best, _middle, worst) = a_ranked_tree()
    for name in ("reviews", "rankings"):
        with pytest.raises(CommandError, match="anonymizer-seed"):
            export(out, name)
    Message.objects.filter(pk=worst.pk).update(deleted=True)
    hidden = str(worst.pk)
    reviews, rankings = export(out, "reviews", *SEED), export(out, "rankings", *SEED)
    assert len(reviews) == 3 * 3
    assert len(rankings) == 3
    everybody = {str(pk) for pk in Message.objects.values_list("author", flat=True)} | {str(root.pk), hidden}
    assert not any(word in json.dumps([*reviews, *rankings]) for word in everybody)
    for row in rankings:
        assert len(row["shown"]) == 2
        assert [len(group) for group in row["order"]] == [1, 1]
    assert {row["labels"]["spam"] for row in reviews} == {0.0}
    assert {row["labels"]["quality"] for row in reviews} == {None}


def test_whoever_gave_their_answers_for_less_is_not_among_them(out: Path) -> None:
    root, _order = a_ranked_tree()
    reviewer = make_person()
    add_review(root, by=reviewer)
    before = len(export(out, "reviews", *SEED))
    profiles.change(person=reviewer, now=NOW, consent=Consent.HERE)
    assert len(export(out, "reviews", *SEED)) == before - 1


def test_no_format_leaks_what_is_deleted_rejected_undecided_or_not_given(out: Path) -> None:
    root, (best, middle, worst) = a_ranked_tree()
    add_message(tree=root.tree, parent=root, verdict=False, text="SECRET rejected")
    add_message(tree=root.tree, parent=root, verdict=None, text="SECRET undecided")
    Message.objects.filter(pk=worst.pk).update(deleted=True, text="SECRET deleted")
    below = add_message(tree=root.tree, parent=middle, text="SECRET not given")
    add_message(tree=root.tree, parent=below, text="SECRET below it")
    profiles.change(person=below.author, now=NOW, consent=Consent.HERE)
    for name in FORMATS:
        out.unlink(missing_ok=True)
        export(out, name, *SEED, *(["--events", "--labels"] if name not in FIXED else []))
        assert "SECRET" not in out.read_text()
        assert best.text in out.read_text() or name in ("reviews", "rankings")


@pytest.mark.parametrize("name", FIXED)
def test_parquet_has_the_same_rows_with_types_and_the_same_bytes_each_time(tmp_path: Path, name: str) -> None:
    a_ranked_tree()
    rows = export(tmp_path / "rows.jsonl", name, *SEED)
    files = [tmp_path / f"{number}.parquet" for number in range(2)]
    for file in files:
        export(file, name, *SEED)
    table = pyarrow.parquet.read_table(files[0])
    assert table.to_pylist() == rows
    assert table.schema.equals(arrow_schema(FORMATS[name].columns))
    assert files[0].read_bytes() == files[1].read_bytes()


def test_zstd_and_gzip_hold_the_same_lines(tmp_path: Path) -> None:
    a_ranked_tree()
    plain = tmp_path / "rows.jsonl"
    export(plain, "sft")
    for suffix in ("gz", "zst"):
        packed = tmp_path / f"rows.jsonl.{suffix}"
        call_command("export_trees", str(packed), "--format", "sft", stderr=StringIO())
        with pyarrow.input_stream(str(packed), compression={"gz": "gzip", "zst": "zstd"}[suffix]) as stream:
            assert stream.read() == plain.read_bytes()


def test_a_zstd_file_comes_back_in_and_a_damaged_one_says_so(tmp_path: Path) -> None:
    a_ranked_tree()
    plain, packed = tmp_path / "trees.jsonl", tmp_path / "trees.jsonl.zst"
    for path in (plain, packed):
        call_command("export_trees", str(path), stderr=StringIO())
    (tree,) = (line.tree for line in reading.read(packed) if isinstance(line, TreeLine))
    assert [tree] == [line.tree for line in reading.read(plain) if isinstance(line, TreeLine)]
    whole = packed.read_bytes()
    packed.write_bytes(whole[: len(whole) // 2])
    (broken,) = reading.read(packed)
    assert isinstance(broken, BrokenLine)
    packed.write_bytes(whole[:20] + b"\0" * 30 + whole[50:])
    assert all(isinstance(line, BrokenLine) for line in reading.read(packed))


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("trees", ("--split", "train"), "--split goes with"),
        ("sft", ("--deleted-only",), "single messages"),
        ("sft", ("--min-preference", "0.7"), "--min-preference goes with"),
        ("preferences", ("--min-preference", "0.3"), "from 0.5 to 1"),
    ],
)
def test_what_does_not_go_together_is_refused_in_words(
    out: Path, name: str, options: tuple[str, ...], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        export(out, name, *options)
    assert not out.exists()


def test_a_tree_cannot_be_parquet(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no fixed columns"):
        export(tmp_path / "trees.parquet", "trees")


def test_strengths_are_log_odds_and_never_without_end() -> None:
    a, b = uuid4(), uuid4()
    (strong, weak) = training.strengths([Pair(chosen=a, rejected=b, p_chosen=1.0)]).values()
    assert strong == -weak
    assert strong == pytest.approx(4.595, abs=0.001)
    assert training.strengths([Pair(chosen=a, rejected=b)]) == {}


@pytest.mark.parametrize("name", TRAINING)
def test_real_trees_make_rows(out: Path, name: str) -> None:
    bring_in(real("oasst_en_100.trees.jsonl"))
    rows = export(out, name, "--include-synthetic")
    assert len(rows) > 50
    assert len({row["row_id"] for row in rows}) == len(rows)
