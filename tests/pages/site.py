"""What the tests of the pages share: people, and a forest grown through the use cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from accounts import access
from accounts.models import User
from tasks import interactions, lottery, rulebook
from tasks.drafts import RankingDraft, ReplyDraft, ReviewDraft
from tasks.kinds import KINDS, Deed, Kind
from tasks.models import Message, Task

RNG = Random(7)


def make_person(name: str = "Volunteer", *, terms: bool = True, **fields: Any) -> User:
    """A volunteer who accepted the terms."""
    # Never the same address twice: codes per address are limited, over all tests of a run.
    person = User.objects.create_user(f"{uuid4().hex}@example.org", display_name=name, **fields)
    if terms:
        access.accept_terms(person=person, now=timezone.now())
    return person


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def open_prompts(lang: str = "en") -> None:
    """What the lottery job does by the clock."""
    lottery.run_for(lang=lang, now=timezone.now(), rules=rulebook.in_force(), rng=RNG)


def rules(**changes: Any) -> None:
    rulebook.change(changes=changes, by=None, note="for a test", now=timezone.now())


def give(person: User, kind: Kind, message: Message | None = None, lang: str = "en") -> Task:
    """Put a task of this kind into the person's hands, as a claim would."""
    open_rows = Task.objects.open().filter(kind=kind, lang=lang)
    if message is not None:
        open_rows = open_rows.filter(message=message)
    task: Task = open_rows.exclude(author=person).order_by("dice")[0]
    task.state, task.claimed_by, task.claimed_at = "claimed", person, timezone.now()
    task.expires_at = timezone.now() + timedelta(minutes=30)
    task.save()
    return task


def answer(person: User, task: Task, text: str = "", labels: Mapping[str, float] | None = None) -> None:
    """Answer through the use case, in the plainest way."""
    kind = Kind(task.kind)
    draft: ReplyDraft | ReviewDraft | RankingDraft
    match KINDS[kind].deed:
        case Deed.WRITE:
            draft = ReplyDraft.of(text, limit=2000)
        case Deed.REVIEW:
            draft = ReviewDraft.of(kind, {"spam": 0.0, **(labels or {})})
        case Deed.RANK:
            shown = list(Message.objects.kept().filter(parent=task.message_id).values_list("pk", flat=True))
            draft = RankingDraft.of([[pk] for pk in sorted(shown)], shown=shown)
    interactions.submit(task_id=task.pk, by=person, draft=draft, now=timezone.now(), rules=rulebook.in_force(), rng=RNG)


def make_prompt(author: User, text: str = "Why is the sky blue?", lang: str = "en") -> Message:
    """A prompt that waits for reviews."""
    open_prompts(lang)
    task = give(author, Kind.INITIAL_PROMPT, lang=lang)
    answer(author, task, text)
    message: Message = Message.objects.get(task=task)
    return message


def review(message: Message, reviewers: list[User], **labels: float) -> None:
    kinds = {True: Kind.LABEL_INITIAL_PROMPT}
    kind = kinds.get(message.parent_id is None) or Kind(f"label_{message.role}_reply")
    for reviewer in reviewers:
        answer(reviewer, give(reviewer, kind, message, message.lang), labels=labels)


def make_growing(author: User, reviewers: list[User], text: str = "Why is the sky blue?", lang: str = "en") -> Message:
    """An accepted prompt whose tree grows."""
    prompt = make_prompt(author, text, lang)
    review(prompt, reviewers)
    open_prompts(lang)
    prompt.refresh_from_db()
    return prompt


def make_reply(parent: Message, author: User, text: str) -> Message:
    kind = Kind.ASSISTANT_REPLY if parent.role == "prompter" else Kind.PROMPTER_REPLY
    task = give(author, kind, parent, parent.lang)
    answer(author, task, text)
    reply: Message = Message.objects.get(task=task)
    return reply


def make_rankable(crowd: list[User], texts: tuple[str, ...] = ("It scatters.", "Because.", "Who knows.")) -> Message:
    """A prompt with accepted replies, whose tree wants rankings. Needs as many other people as there are texts."""
    rules(goal_tree_size=len(texts) + 1, max_tree_depth=1, max_children_count=len(texts))
    prompt = make_growing(crowd[0], crowd[1:4])
    for author, text in zip(crowd[1:], texts, strict=False):
        make_reply(prompt, author, text)
    for reply in Message.objects.filter(parent=prompt):
        review(reply, [person for person in crowd if person.pk != reply.author_id][:3])
    return prompt
