"""Builds trees and messages in the published form from the database, chunk by chunk, at a constant size in memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID

from exports import schema, scores
from exports.answers import Answers
from exports.beside import Beside
from exports.keepsakes import Keepsake
from exports.redaction import Ids
from exports.schema import KEEPSAKE, LabelMean, Node, Row
from exports.selection import LeftOut, Selection, Which
from exports.training import Told
from exports.votes import Cast
from tasks.kinds import Role
from tasks.models import ImportedMessage, Message, Tree
from tasks.tree_states import State

#: Trees read together: a few queries for all of them.
CHUNK = 200


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is said of each message."""

    labels: bool = False
    events: bool = False
    scores: bool = False
    """`detoxify` where no file brought it, as far as we can tell: see `exports.scores`."""
    skips: bool = False
    """Count skips among the emojis. Those that came with an import are there anyway."""
    ids: Ids = field(default_factory=Ids)


@dataclass(kw_only=True)
class Tally:
    """What is in the file and, by reason, what is not."""

    trees: int = 0
    messages: int = 0
    left_out: Counter[LeftOut] = field(default_factory=Counter)


def trees(selection: Selection, content: Content, tally: Tally) -> Iterator[schema.Tree]:
    """The trees asked for, oldest first, replies in order of rank. The tally is complete when the last one is out."""
    for _chunk, _tree, built in _built(selection, content, tally):
        yield built


def _built(selection: Selection, content: Content, tally: Tally) -> Iterator[tuple[_Chunk, Tree, schema.Tree]]:
    for chunk in _chunks(selection, content, tally):
        for tree in chunk.trees:
            if tally.trees == selection.limit:
                return
            if (built := chunk.tree(tree, tally)) is not None:
                tally.trees += 1
                tally.messages += sum(1 for _ in schema.walk(built.prompt))
                yield chunk, tree, built


def told(selection: Selection, content: Content, tally: Tally) -> Iterator[Told]:
    """The trees with what the rankings said of siblings in the file, and what each author gave it for."""
    for chunk, tree, built in _built(selection, content, tally):
        yield chunk.beside.told(tree, built)


def cast(selection: Selection, content: Content, tally: Tally) -> Iterator[Cast]:
    """The trees with each single review and ranking of messages in the file, but those of people who gave them for
    less. Raises ValueError without pseudonyms: who said what is told to nobody."""
    if not content.ids.hidden:
        raise ValueError("single answers leave only under pseudonyms")
    for chunk, tree, built in _built(selection, content, tally):
        yield chunk.beside.cast(tree, built)


@dataclass(frozen=True)
class Whole:
    """A tree with all that any format says of it."""

    _chunk: _Chunk
    tree: Tree
    built: schema.Tree

    @cached_property
    def told(self) -> Told:
        return self._chunk.beside.told(self.tree, self.built)

    @cached_property
    def cast(self) -> Cast:
        return self._chunk.beside.cast(self.tree, self.built)

    @cached_property
    def messages(self) -> list[Message]:
        """Those of the tree that are in the file, as they are stored, oldest first."""
        there, ids = {node.message_id for node in schema.walk(self.built.prompt)}, self._chunk.content.ids
        return [message for message in self._chunk.messages[self.tree.pk] if ids.message(message.pk) in there]

    def votes(self, label: str) -> list[list[float]]:
        """What each reviewer said, message by message, of this label."""
        values = self._chunk.answers.values
        return [values[message.pk][label] for message in self.messages if label in values.get(message.pk, {})]

    @property
    def found(self) -> Sequence[tuple[UUID, str]]:
        """Messages of the tree and the concerns of what screening found in them."""
        return self._chunk.concerns[self.tree.pk]

    @property
    def people(self) -> set[UUID]:
        """Whose single answers `cast` tells, by their own ids."""
        pseudonyms = {vote.person for vote in self.cast.reviews} | {vote.person for vote in self.cast.rankings}
        return {self._chunk.beside.people[pseudonym] for pseudonym in pseudonyms}

    @property
    def people_in_events(self) -> set[UUID]:
        """Whose reactions and rankings the events of the tree tell, by their own ids."""
        told = self._chunk.answers.told
        return {UUID(event["user_id"]) for message in self.messages for event in told.get(message.pk, ())}


def wholes(selection: Selection, content: Content, tally: Tally) -> Iterator[Whole]:
    """The trees for a file of any format. Raises ValueError without pseudonyms."""
    if not content.ids.hidden:
        raise ValueError("single answers leave only under pseudonyms")
    for chunk, tree, built in _built(selection, content, tally):
        yield Whole(chunk, tree, built)


def rows(selection: Selection, content: Content, tally: Tally) -> Iterator[Row]:
    """The messages of those trees, depth first; or, where single messages are asked for, each that fits."""
    if not selection.single:
        for tree in trees(selection, content, tally):
            yield from schema.flat(tree)
        return
    for chunk in _chunks(selection, content, tally):
        for single in chunk.trees:
            for row in chunk.single_rows(single, tally):
                if tally.messages == selection.limit:
                    return
                tally.messages += 1
                yield row


def _chunks(selection: Selection, content: Content, tally: Tally) -> Iterator[_Chunk]:
    found = selection.trees()
    tally.left_out[LeftOut.OTHER_TREES] = selection.in_range().count() - found.count()
    waiting: list[Tree] = []
    for tree in found.iterator(chunk_size=CHUNK):
        waiting.append(tree)
        if len(waiting) == CHUNK:
            yield _Chunk(waiting, selection, content)
            waiting = []
    if waiting:
        yield _Chunk(waiting, selection, content)


class _Chunk:
    """Some trees with all that was said in them and of them."""

    def __init__(self, trees: Sequence[Tree], selection: Selection, content: Content) -> None:
        self.trees, self.selection, self.content = trees, selection, content
        self.messages: dict[UUID, list[Message]] = defaultdict(list)
        for message in Message.objects.filter(tree__in=trees).order_by("created_at", "id"):
            self.messages[message.tree_id].append(message)
        found = ImportedMessage.objects.filter(message__tree__in=trees)
        self.imported: dict[UUID, ImportedMessage] = {imported.pk: imported for imported in found}
        unwilling = self.unwilling_people = selection.unwilling()
        here = unwilling.filter(person__messages__tree__in=trees)
        self.unwilling = frozenset(here.values_list("person", flat=True))
        self.answers = Answers(
            trees,
            unwilling=unwilling,
            labels=content.labels or selection.thresholds,
            events=content.events,
            skips=content.skips,
        )

    @cached_property
    def beside(self) -> Beside:
        """What is known beside the trees; loaded when a format asks for it."""
        messages = [message for of_tree in self.messages.values() for message in of_tree]
        return Beside(messages, self.content.ids, self.unwilling_people)

    @cached_property
    def concerns(self) -> dict[UUID, list[tuple[UUID, str]]]:
        """What screening found in messages of each tree and no moderator overruled."""
        found: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
        # Findings are moderation's, which this app does not know: messages have a relation to them.
        there = Message.objects.filter(tree__in=self.trees, findings__outdated_at=None, findings__cleared_at=None)
        rows = there.exclude(findings=None).values_list("tree_id", "pk", "findings__concern").distinct()
        for tree_id, pk, concern in rows.order_by("pk", "findings__concern"):
            found[tree_id].append((pk, concern))
        return found

    @cached_property
    def _unwanted(self) -> frozenset[UUID]:
        """Messages in which screening found what must not be in the file."""
        wrong = self.selection.without_findings
        every = (found for of_tree in self.concerns.values() for found in of_tree) if wrong else ()
        return frozenset(pk for pk, concern in every if concern in wrong)

    @cached_property
    def _toxicity(self) -> dict[UUID, float]:
        """Of the messages that brought no such scores along."""
        every = (message for of_tree in self.messages.values() for message in of_tree)
        asked = [each for each in every if "detoxify" not in (i.extra if (i := self.imported.get(each.pk)) else {})]
        told = scores.toxicity([(message.text, message.lang) for message in asked])
        return {message.pk: score for message, score in zip(asked, told, strict=True) if score is not None}

    def tree(self, tree: Tree, tally: Tally) -> schema.Tree | None:
        messages = self.messages[tree.pk]
        if self.selection.synthetic is Which.WITHOUT and any(message.synthetic for message in messages):
            tally.left_out[LeftOut.SYNTHETIC_TREES] += 1
            return None
        fit, children = self._fit(messages, tally), defaultdict(list)
        for message in fit:
            children[message.parent_id].append(message)
        if not children[None]:
            tally.left_out[LeftOut.WITHOUT_PROMPT] += 1
            tally.left_out[LeftOut.ORPHANED] += len(fit)
            return None
        prompt = self._grown(children[None][0], children)
        tally.left_out[LeftOut.ORPHANED] += len(fit) - sum(1 for _ in schema.walk(prompt))
        keepsake = self._keepsake(messages[0].tree_id)
        ids = self.content.ids
        return schema.Tree(
            prompt=prompt,
            state=State(tree.state),
            # Free text that may name a person or a machine.
            origin=None if ids.hidden else keepsake.origin,
            extra=ids.unknown(keepsake.tree),
        )

    def single_rows(self, tree: Tree, tally: Tally) -> Iterator[Row]:
        fit = self._fit(self.messages[tree.pk], tally)
        siblings: dict[UUID | None, list[Message]] = defaultdict(list)
        for message in fit:
            siblings[message.parent_id].append(message)
        tied = {parent_id: _tied(group) for parent_id, group in siblings.items()}
        for message in fit:
            node = self._node(message, tied=message.rank in tied[message.parent_id])
            yield Row(node=node, tree_id=self.content.ids.message(tree.pk), state=State(tree.state))

    def _fit(self, messages: Sequence[Message], tally: Tally) -> list[Message]:
        fit = []
        for message in messages:
            labels = self._means(message.pk) if self.selection.thresholds else None
            reason = self.selection.leaves_out(message, unwilling=self.unwilling, found=self._unwanted, labels=labels)
            if reason is None:
                fit.append(message)
            else:
                tally.left_out[reason] += 1
        return fit

    def _grown(self, message: Message, children: dict[UUID | None, list[Message]], tied: bool = False) -> Node:
        replies = sorted(children[message.pk], key=self._order)
        shared = _tied(replies)
        grown = tuple(self._grown(reply, children, reply.rank in shared) for reply in replies)
        return replace(self._node(message, tied=tied), replies=grown)

    def _order(self, message: Message) -> tuple[object, ...]:
        """By rank, those without one last; then as the file had them, by date, by id."""
        place = self._keepsake(message.pk).place
        rank = message.rank
        return (rank is None, rank or 0, place is None, place or 0, message.created_at, message.pk)

    def _keepsake(self, message_id: UUID) -> Keepsake:
        imported = self.imported.get(message_id)
        return Keepsake.found(imported.extra) if imported else Keepsake()

    def _node(self, message: Message, *, tied: bool) -> Node:
        ids, imported, unsaid = self.content.ids, self.imported.get(message.pk), self._keepsake(message.pk).unsaid
        extra = {key: value for key, value in (imported.extra if imported else {}).items() if key != KEEPSAKE}
        if self.content.scores and "detoxify" not in extra and (score := self._toxicity.get(message.pk)) is not None:
            extra["detoxify"] = {"toxicity": score}
        events = extra.pop("events", {})
        emojis = self.answers.emojis(message.pk, imported.emojis if imported else {})
        return Node(
            message_id=ids.message(message.pk),
            parent_id=ids.message(message.parent_id) if message.parent_id else None,
            user_id=ids.person(message.author_id) if message.author_id else None,
            created_date=None if "created_date" in unsaid else message.created_at,
            text=message.text,
            role=Role(message.role),
            lang=None if "lang" in unsaid else message.lang,
            review_count=message.review_count or (None if "review_count" in unsaid else 0),
            review_result=message.review_result,
            deleted=message.deleted or (None if "deleted" in unsaid else False),
            rank=message.rank,
            rank_tied=tied,
            synthetic=message.synthetic or (None if "synthetic" in unsaid else False),
            model_name=message.model_name or None,
            emojis=emojis or ({} if imported and "emojis" not in unsaid else None),
            labels=self._labels(message.pk, unsaid) if self.content.labels else None,
            events=self.answers.events(message, events, ids) if self.content.events else None,
            extra=ids.unknown(extra),
        )

    def _labels(self, message_id: UUID, unsaid: frozenset[str]) -> dict[str, LabelMean] | None:
        return self._means(message_id) or (None if "labels" in unsaid else {})

    def _means(self, message_id: UUID) -> dict[str, LabelMean]:
        imported = self.imported.get(message_id)
        return self.answers.labels(message_id, imported.labels if imported else {})


def _tied(siblings: Sequence[Message]) -> frozenset[int]:
    """Ranks that several of them share."""
    ranks = Counter(message.rank for message in siblings if message.rank is not None)
    return frozenset(rank for rank, count in ranks.items() if count > 1)
