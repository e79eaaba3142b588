"""What people answered about the messages of some trees: labels, reactions, skips and rankings, each kept apart."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count

from exports.redaction import Ids
from exports.schema import LabelMean
from tasks.kinds import KINDS, SKIP_EMOJI, Kind
from tasks.models import Message, Ranking, Reaction, Review, Skip, Tree


class Answers:
    """Loaded for many trees at once: one query for each thing asked for."""

    def __init__(self, trees: Sequence[Tree], *, unwilling: Any, labels: bool, events: bool, skips: bool) -> None:
        """`unwilling`: a query for the people of whom no single answer may be told. In means and counts they stay."""
        self.values: dict[UUID, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.counts: dict[UUID, Counter[str]] = defaultdict(Counter)
        self.told: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        if labels:
            self._load_labels(trees)
        self._load_reactions(trees)
        if skips:
            self._load_skips(trees)
        if events:
            self._load_events(trees, unwilling)

    def _load_labels(self, trees: Sequence[Tree]) -> None:
        """Reviews only: reports and labels nobody asked for are other things, and other tables."""
        reviews = Review.objects.filter(message__tree__in=trees)
        for message_id, labels in reviews.values_list("message_id", "labels").iterator():
            for name, value in labels.items():
                self.values[message_id][name].append(value)

    def _load_reactions(self, trees: Sequence[Tree]) -> None:
        found = Reaction.objects.filter(message__tree__in=trees).order_by()
        for message_id, emoji, count in found.values_list("message_id", "emoji").annotate(Count("id")):
            self.counts[message_id][emoji] += count

    def _load_skips(self, trees: Sequence[Tree]) -> None:
        found = Skip.objects.filter(message__tree__in=trees).order_by()
        for message_id, kind, count in found.values_list("message_id", "kind").annotate(Count("id")):
            self.counts[message_id][SKIP_EMOJI[KINDS[Kind(kind)].deed]] += count

    def _load_events(self, trees: Sequence[Tree], unwilling: Any) -> None:
        reactions = Reaction.objects.filter(message__tree__in=trees).order_by("created_at", "id")
        reactions = reactions.exclude(person__in=unwilling)
        for message_id, person_id, emoji in reactions.values_list("message_id", "person_id", "emoji").iterator():
            self.told[message_id].append({"type": "emoji", "user_id": str(person_id), "emoji": emoji})
        rankings = Ranking.objects.filter(parent__tree__in=trees).order_by("created_at", "id")
        rankings = rankings.exclude(ranker__in=unwilling)
        for ranking in rankings.iterator():
            self.told[ranking.parent_id].append(_ranking_event(ranking))

    def labels(self, message_id: UUID, imported: Mapping[str, Mapping[str, Any]]) -> dict[str, LabelMean]:
        """Mean and count of each label: the reviews here and the published mean, weighted by the people behind them.

        A question nobody answered adds nothing. Without a review here the published numbers stay to the last digit.
        """
        means = {name: LabelMean(mean.get("value"), mean["count"]) for name, mean in imported.items()}
        for name, values in self.values.get(message_id, {}).items():
            before = means.get(name, LabelMean(None, 0))
            weight = before.count if before.value is not None else 0
            count = weight + len(values)
            # fsum: the same numbers give the same mean, in whatever order they come.
            means[name] = LabelMean(math.fsum([*values, (before.value or 0.0) * weight]) / count, count)
        return means

    def emojis(self, message_id: UUID, imported: Mapping[str, int]) -> dict[str, int]:
        """How often each reaction was given, before the import and here."""
        counts: Mapping[str, int] = self.counts.get(message_id, {})
        return {name: imported.get(name, 0) + counts.get(name, 0) for name in imported.keys() | counts.keys()}

    def events(self, message: Message, imported: Mapping[str, Any], ids: Ids) -> dict[str, list[dict[str, Any]]] | None:
        """Each single reaction and ranking by its kind, those of the imported file first; None when there are none.

        A ranking hangs on the message whose replies it orders.
        """
        events: dict[str, list[dict[str, Any]]] = {
            kind: [ids.event(event) for event in told] for kind, told in imported.items()
        }
        for event in self.told.get(message.pk, ()):
            told = dict(event)
            if told["type"] == "ranking":
                told["message_tree_id"] = str(message.tree_id)
            events.setdefault(told["type"], []).append(ids.event(told))
        return events or None


def _ranking_event(ranking: Ranking) -> dict[str, Any]:
    """As the reference writes it: indices into what the person saw, best first. Ties are told in a key of their own."""
    ranked = [message_id for group in ranking.order for message_id in group]
    event: dict[str, Any] = {
        "type": "ranking",
        "user_id": str(ranking.ranker_id),
        "ranking": [ranking.shown.index(message_id) for message_id in ranked],
        "ranked_message_ids": ranked,
        "ranking_parent_id": str(ranking.parent_id),
    }
    if ranking.not_rankable:
        event["not_rankable"] = True
    if any(len(group) > 1 for group in ranking.order):
        event["ranked_groups"] = ranking.order
    return event
