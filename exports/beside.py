"""What is known beside the messages of some trees: preferences, single answers, what authors gave their work for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from accounts.models import Consent, Profile
from exports import schema, training
from exports.redaction import Ids
from exports.training import Pair, Told
from exports.votes import Cast, RankingVote, ReviewVote
from tasks.models import Message, Preference, Ranking, Review, Tree


class Beside:
    """Loaded for many trees at once: one query for each thing that is asked for."""

    def __init__(self, messages: Sequence[Message], ids: Ids, unwilling: Any) -> None:
        self.messages, self.ids, self.unwilling = messages, ids, unwilling
        self.message_ids = [message.pk for message in messages]
        self.people: dict[UUID, UUID] = {}
        """Pseudonym → person, of those whose answers were cast so far."""

    def told(self, tree: Tree, built: schema.Tree) -> Told:
        """With ids as they are in the file."""
        there = {node.message_id for node in schema.walk(built.prompt)}
        pairs: dict[UUID, list[Pair]] = defaultdict(list)
        for row in self._preferences[tree.pk]:
            chosen, rejected = self.ids.message(row.chosen_id), self.ids.message(row.rejected_id)
            if chosen in there and rejected in there:
                pairs[self.ids.message(row.parent_id)].append(_pair(row, chosen, rejected))
        scopes = {self.ids.message(pk): scope for pk, scope in self._scopes[tree.pk].items()}
        return Told(tree=built, split=training.split_of(tree.pk), pairs=pairs, scopes=scopes)

    def cast(self, tree: Tree, built: schema.Tree) -> Cast:
        there = {node.message_id for node in schema.walk(built.prompt)}
        return Cast(
            tree=built,
            split=training.split_of(tree.pk),
            reviews=[vote for vote in self._reviews[tree.pk] if vote.message_id in there],
            rankings=[_among(vote, there) for vote in self._rankings[tree.pk] if vote.parent_id in there],
        )

    def _pseudonym(self, person_id: UUID) -> UUID:
        pseudonym = self.ids.person(person_id)
        self.people[pseudonym] = person_id
        return pseudonym

    @cached_property
    def _tree_of(self) -> dict[UUID, UUID]:
        return {message.pk: message.tree_id for message in self.messages}

    @cached_property
    def _preferences(self) -> dict[UUID, list[Preference]]:
        found: dict[UUID, list[Preference]] = defaultdict(list)
        # By their parents, so that the index finds them.
        rows = Preference.objects.filter(parent__in=self.message_ids).order_by("parent", "chosen", "rejected")
        for row in rows.iterator():
            found[self._tree_of[row.parent_id]].append(row)
        return found

    @cached_property
    def _scopes(self) -> dict[UUID, dict[UUID, str]]:
        """What the author of each message gave it for. Who never said anything gave it for everything."""
        authors = {message.author_id for message in self.messages if message.author_id}
        narrower = Profile.objects.filter(person__in=authors).exclude(consent=Consent.DATASET)
        said = dict(narrower.values_list("person", "consent"))
        found: dict[UUID, dict[UUID, str]] = defaultdict(dict)
        for message in self.messages:
            found[message.tree_id][message.pk] = (
                said.get(message.author_id, Consent.DATASET.value) if message.author_id else Consent.DATASET.value
            )
        return found

    @cached_property
    def _reviews(self) -> dict[UUID, list[ReviewVote]]:
        found: dict[UUID, list[ReviewVote]] = defaultdict(list)
        rows = Review.objects.filter(message__in=self.message_ids, known_answer=False)
        for row in rows.exclude(reviewer__in=self.unwilling).order_by("message", "created_at", "id").iterator():
            vote = ReviewVote(
                message_id=self.ids.message(row.message_id),
                person=self._pseudonym(row.reviewer_id),
                labels=row.labels,
                mode=row.mode,
                at=row.created_at,
                sensitivity=row.sensitivity,
                specificity=row.specificity,
            )
            found[self._tree_of[row.message_id]].append(vote)
        return found

    @cached_property
    def _rankings(self) -> dict[UUID, list[RankingVote]]:
        found: dict[UUID, list[RankingVote]] = defaultdict(list)
        rows = Ranking.objects.filter(parent__in=self.message_ids).exclude(ranker__in=self.unwilling)
        for row in rows.order_by("parent", "created_at", "id").iterator():
            vote = RankingVote(
                parent_id=self.ids.message(row.parent_id),
                person=self._pseudonym(row.ranker_id),
                order=[[self.ids.message(UUID(pk)) for pk in group] for group in row.order],
                shown=[self.ids.message(UUID(pk)) for pk in row.shown],
                not_rankable=row.not_rankable,
                why_not=row.why_not,
                unacceptable=[self.ids.message(UUID(pk)) for pk in row.unacceptable],
                adherence=row.adherence,
                at=row.created_at,
            )
            found[self._tree_of[row.parent_id]].append(vote)
        return found


def _pair(row: Preference, chosen: UUID, rejected: UUID) -> Pair:
    return Pair(
        chosen=chosen,
        rejected=rejected,
        p_chosen=row.p_chosen,
        p_low=row.p_low,
        p_high=row.p_high,
        p_better=row.p_better,
        n_votes=row.n_votes,
        n_ties=row.n_ties,
        flip_margin=row.flip_margin,
        cause=row.cause or None,
        rules=row.rules_id,
    )


def _among(vote: RankingVote, there: set[UUID]) -> RankingVote:
    """The same without replies that are not in the file."""
    groups = [[each for each in group if each in there] for group in vote.order]
    return RankingVote(
        parent_id=vote.parent_id,
        person=vote.person,
        order=[group for group in groups if group],
        shown=[each for each in vote.shown if each in there],
        not_rankable=vote.not_rankable,
        why_not=vote.why_not,
        unacceptable=[each for each in vote.unacceptable if each in there],
        adherence=vote.adherence,
        at=vote.at,
    )
