"""Pseudonyms: the same everywhere, and nothing of the old ids is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from exports import schema
from exports.redaction import Pseudonyms
from tasks import reactions
from tasks.models import Message
from tasks.tree_states import State
from tests.exports.files import EVERYTHING, OURS, bring_in, load, message, number, take_out, tree, write
from tests.making import NOW, make_person, make_tree, replies_to, root_of


def test_a_pseudonym_follows_from_seed_and_id_alone() -> None:
    plain = uuid4()
    assert Pseudonyms("s").message(plain) == Pseudonyms("s").message(plain) != plain
    assert Pseudonyms("t").message(plain) != Pseudonyms("s").message(plain)
    assert Pseudonyms("s").person(plain) != Pseudonyms("s").message(plain)


def test_a_pseudonym_is_a_uuid_of_version_8() -> None:
    for _ in range(50):
        hidden = Pseudonyms("seed").message(uuid4())
        assert (hidden.version, hidden.variant) == (8, "specified in RFC 4122")


@pytest.mark.django_db
def test_ids_are_consistent_in_the_whole_file(tmp_path: Path) -> None:
    ranked = make_tree(state=State.READY_FOR_EXPORT, replies=3)
    root, person = root_of(ranked), make_person()
    reactions.toggle(message_id=replies_to(root)[0].pk, person=person, emoji="+1", now=NOW)
    [plain] = take_out(tmp_path / "plain", *EVERYTHING)
    [hidden] = take_out(tmp_path / "hidden", *EVERYTHING, "--anonymizer-seed", "s3cret")
    ids = Pseudonyms("s3cret")

    def expected(data: Any, key: str = "") -> Any:
        if isinstance(data, dict):
            return {name: expected(value, name) for name, value in data.items()}
        if isinstance(data, list):
            return [expected(item, key) for item in data]
        if key == "user_id":
            return str(ids.person(schema.UUID(data)))
        messages = (
            "message_id",
            "parent_id",
            "message_tree_id",
            "ranked_message_ids",
            "ranking_parent_id",
            "ranked_groups",
        )
        return str(ids.message(schema.UUID(data))) if key in messages else data

    assert hidden == expected(plain)
    assert hidden["message_tree_id"] == hidden["prompt"]["message_id"]
    [ranking, *_others] = hidden["prompt"]["events"]["ranking"]
    assert ranking["message_tree_id"] == ranking["ranking_parent_id"] == hidden["message_tree_id"]
    assert set(ranking["ranked_message_ids"]) == {reply["message_id"] for reply in hidden["prompt"]["replies"]}
    text = json.dumps(hidden)
    assert not any(str(pk) in text for pk in Message.objects.values_list("id", flat=True))


@pytest.mark.django_db
def test_what_we_do_not_know_of_an_imported_file_is_not_let_through(tmp_path: Path) -> None:
    told = {"rating": [{"type": "rating", "user_id": number(9), "rating": 3, "nickname": "Jo"}]}
    prompt = message(1, user_id=number(8), events=told, mail="jo@example.org", detoxify={"toxicity": 0.5})
    bring_in(write(tmp_path / "f.jsonl", [tree(prompt, source="jo's laptop", origin="jo")]))
    [hidden] = take_out(tmp_path / "out.jsonl", *EVERYTHING, "--anonymizer-seed", "s")
    text = json.dumps(hidden)
    assert "jo" not in text.lower()
    assert number(9) not in text
    assert hidden["prompt"]["detoxify"] == {"toxicity": 0.5}
    assert hidden["prompt"]["events"]["rating"][0]["rating"] == 3


@pytest.mark.django_db
def test_what_is_no_id_in_the_events_of_an_imported_file_stays_out(tmp_path: Path) -> None:
    told = {"ranking": [{"type": "ranking", "user_id": "Jo", "ranked_message_ids": ["Jo", number(2), 5, None]}]}
    bring_in(write(tmp_path / "f.jsonl", [tree(message(1, events=told))]))
    [hidden] = take_out(tmp_path / "out.jsonl", *EVERYTHING, "--anonymizer-seed", "s")
    known = str(Pseudonyms("s").message(schema.UUID(number(2))))
    [ranking] = hidden["prompt"]["events"]["ranking"]
    assert ranking == {"type": "ranking", "ranked_message_ids": [None, known, None, None]}


@pytest.mark.django_db
def test_a_file_with_pseudonyms_can_be_imported_beside_the_original(tmp_path: Path) -> None:
    bring_in(OURS)
    take_out(tmp_path / "hidden.jsonl", *EVERYTHING, "--anonymizer-seed", "s")
    report = bring_in(tmp_path / "hidden.jsonl")
    assert (report.trees_created, report.broken) == (len(load(OURS)), [])
