"""Over random trees: no format and no filter lets out what was deleted, rejected, not decided, machine-made or given
for less, nor what hangs below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command

from accounts import profiles
from accounts.models import Consent
from exports.formats import FORMATS, Needs
from tasks.models import Message
from tests.exports.files import bring_in, message, tree, write
from tests.making import NOW, make_people

pytestmark = pytest.mark.django_db

#: Filters that widen what is let out: option, and the field that then may have any value.
WIDER = {"--include-deleted": "deleted", "--include-spam": "review_result", "--include-synthetic": "synthetic"}


def random_trees(rng: Random, people: list[Any]) -> list[dict[str, Any]]:
    number = iter(range(1, 10_000))

    def grown(depth: int) -> dict[str, Any]:
        said: dict[str, Any] = {"user_id": str(rng.choice(people).pk)}
        if rng.random() < 0.15:
            said["deleted"] = True
        if rng.random() < 0.25:
            said["review_result"] = rng.choice([False, None])
        if rng.random() < 0.1:
            said["synthetic"] = True
        replies = [grown(depth + 1) for _ in range(rng.randint(0, 3 if depth < 3 else 0))]
        for place, reply in enumerate(replies):
            reply["rank"] = place
        n = next(number)
        return message(n, *replies, **{**said, "text": f"<{n}>"})

    return [tree(grown(0)) for _ in range(12)]


@dataclass(frozen=True)
class Asked:
    """What a file is made for, and what is let into it."""

    use: Consent
    wider: set[str]
    consents: Mapping[UUID, Consent]
    every: Mapping[UUID, Message]

    def lets_out(self, message: Message) -> bool:
        """The message and all above it; and nothing of a tree with a machine in it, if these were not asked for."""
        path = [message]
        while path[-1].parent_id:
            path.append(self.every[path[-1].parent_id])
        of_tree = (each for each in self.every.values() if each.tree_id == message.tree_id)
        human = "synthetic" in self.wider or not any(each.synthetic for each in of_tree)
        return human and all(map(self._fits, path))

    def _fits(self, message: Message) -> bool:
        assert message.author_id is not None
        narrower = list(Consent).index(self.consents[message.author_id]) > list(Consent).index(self.use)
        return (
            not narrower
            and (not message.deleted or "deleted" in self.wider)
            and (message.review_result is True or "review_result" in self.wider)
        )


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_let_out_that_was_not_given_and_accepted(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    people = make_people(6)
    consents = {person.pk: rng.choice(list(Consent)) for person in people}
    for person in people:
        profiles.change(person=person, now=NOW, consent=consents[person.pk])
    bring_in(write(tmp_path / "in.jsonl", random_trees(rng, people)))
    every = {each.pk: each for each in Message.objects.all()}
    for name, row in FORMATS.items():
        use = rng.choice([Consent.DATASET, Consent.RESEARCH, Consent.EVALUATION])
        options = [option for option in WIDER if rng.random() < 0.4]
        asked = Asked(use, {WIDER[option] for option in options}, consents, every)
        out = tmp_path / f"{name}.jsonl"
        more = ["--labels", "--events"] if row.needs is Needs.TREE else []
        call_command(
            "export_trees", str(out), "--format", name, "--use", use.value, "--state", "all", *options, *more,
            "--anonymizer-seed", "x", stderr=StringIO(),
        )  # fmt: skip
        written = out.read_text()
        leaked = [node.text for node in every.values() if node.text in written and not asked.lets_out(node)]
        assert not leaked, (name, use, options)
        if name in ("trees", "messages", "hub"):
            missing = [node.text for node in every.values() if node.text not in written and asked.lets_out(node)]
            assert not missing, (name, use, options)
