"""Questions over many rows, as words."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Scope
from tasks.kinds import REVIEWING
from tasks.tree_states import State

if TYPE_CHECKING:
    from accounts.models import ApiClient, User
    from tasks.models import Task

WORDS_CONFIG = "simple"
#: The words of a message. The index `words_of_messages` is over exactly this expression.
WORDS = SearchVector("text", config=WORDS_CONFIG)

#: Letters of scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")


class TreeQuerySet(models.QuerySet[Any]):
    def in_state(self, *states: State) -> TreeQuerySet:
        return self.filter(state__in=states)


class MessageQuerySet(models.QuerySet[Any]):
    def roots(self) -> MessageQuerySet:
        return self.filter(parent__isnull=True)

    def kept(self) -> MessageQuerySet:
        """Accepted and not deleted: what becomes data."""
        return self.filter(review_result=True, deleted=False)

    def visible_to(self, person: User) -> MessageQuerySet:
        """What this person may read: their own, and whatever was neither deleted nor rejected.

        What they were ever given to review they may read though it was rejected, whatever became of their task: a
        verdict must not show by what one may read. Moderators read all.
        """
        if person.is_moderator:
            return self.all()
        traces = (person.tasks, person.missed_tasks, person.skips, person.handed_back)
        review = Q(message=OuterRef("pk"), kind__in=REVIEWING)
        given = Q(*(Exists(rows.filter(review)) for rows in traces), _connector=Q.OR)
        return self.filter(Q(author=person) | Q(deleted=False) & (~Q(review_result=False) | given))

    def readable_by(self, client: ApiClient) -> MessageQuerySet:
        """What this program may read, message by message: what it brought, and whatever was neither deleted nor
        rejected, or was ever given to one of its people to review (see `visible_to`). One that moderates reads all."""
        if client.may(Scope.MODERATOR):
            return self.all()
        traces = ("tasks", "missed_tasks", "skips", "handed_back")
        given = Q(
            *(
                Exists(client.users.filter(**{f"{rows}__message": OuterRef("pk"), f"{rows}__kind__in": REVIEWING}))
                for rows in traces
            ),
            _connector=Q.OR,
        )
        return self.filter(Q(api_client=client) | Q(deleted=False) & (~Q(review_result=False) | given))

    def with_what_is_shown(self) -> MessageQuerySet:
        """With all that is shown of a message and is stored beside it, so that a list costs one query."""
        return self.select_related("tree", "author", "imported")

    def containing(self, words: str) -> MessageQuerySet:
        """Messages with all these words, in any form of writing that a search box knows: quotes, `or`, a minus.

        Words are found as they are written, in every language alike. Where a language puts no spaces between words,
        a part of the text is looked for instead, which reads all messages that are left.
        """
        if _UNSPACED.search(words):
            return self.filter(*(Q(text__icontains=part) for part in words.split()))
        found = SearchQuery(words, config=WORDS_CONFIG, search_type="websearch")
        return self.alias(words=WORDS).filter(words=found)  # type: ignore[no-any-return]  # django-stubs: Any


class TaskQuerySet(models.QuerySet[Any]):
    def open(self) -> TaskQuerySet:
        return self.filter(state="open")

    def live(self) -> TaskQuerySet:
        """Open, or held by somebody."""
        return self.filter(state__in=["open", "claimed"])

    def held_by(self, person: User) -> TaskQuerySet:
        return self.filter(claimed_by=person, state="claimed")

    def same_work(self, task: Task) -> TaskQuerySet:
        """Rows for the same kind of work on the same message; new prompts of one language are all the same work."""
        return self.filter(kind=task.kind, lang=task.lang, message_id=task.message_id)

    def past_deadline(self, now: datetime) -> TaskQuerySet:
        return self.filter(state="claimed", expires_at__lte=now)
