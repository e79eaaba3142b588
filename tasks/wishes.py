"""What a person would like to work on. Nobody is asked for more: without a wish everything is offered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from tasks.kinds import Kind
from tasks.topics import Difficulty, Topic


@dataclass(frozen=True)
class Wish:
    """Which conversations and kinds of work a person wants; what is empty leaves it open.

    A conversation of which nobody said a topic or a difficulty is for everybody: else whoever wishes something would
    never meet the trees that programs and imports bring. New prompts have no conversation yet.
    """

    topics: frozenset[Topic] = frozenset()
    difficulties: frozenset[Difficulty] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    """Narrows only what is drawn when no kind is asked for."""

    def __bool__(self) -> bool:
        return bool(self.topics or self.difficulties or self.kinds)

    @property
    def sql(self) -> str:
        """A condition over a row `t` of tasks, with the names of its values; empty without a wish about trees.

        A subquery with one value, asked for each row passed over: EXISTS would be joined over all open rows.
        """
        said = []
        if self.topics:
            said.append("(tree.topic = '' OR tree.topic = ANY(%(topics)s::text[]))")
        if self.difficulties:
            said.append("(tree.difficulty IS NULL OR tree.difficulty = ANY(%(difficulties)s::int[]))")
        if not said:
            return ""
        return f" AND coalesce((SELECT {' AND '.join(said)} FROM tasks_tree tree WHERE tree.id = t.tree_id), true)"  # noqa: S608  # ours

    @property
    def params(self) -> dict[str, Any]:
        """The values that `sql` names."""
        return {
            "topics": sorted(topic.value for topic in self.topics),
            "difficulties": sorted(int(difficulty) for difficulty in self.difficulties),
        }

    def of_trees(self, path: str) -> Q:
        """The same condition for a queryset that reaches the tree by this path."""
        said = Q()
        if self.topics:
            said &= Q(**{f"{path}__topic": ""}) | Q(**{f"{path}__topic__in": sorted(self.topics)})
        if self.difficulties:
            said &= Q(**{f"{path}__difficulty": None}) | Q(**{f"{path}__difficulty__in": sorted(self.difficulties)})
        return said


ANYTHING = Wish()
