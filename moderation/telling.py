"""People are told what moderators, or automatic moderation, decided about what they wrote, reported or did."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts import news
from accounts.models import News, NewsKind, Role, Status, User
from moderation.models import ActionLog, Appeal, Report
from tasks.models import Message


def of_removal(line: ActionLog, *, hidden: Collection[UUID], now: datetime) -> None:
    """Everybody whose message was hidden, also those who wrote below the one that was meant. Not the person who did it,
    and not an author who took their own message back."""
    rows = Message.objects.filter(pk__in=hidden, author__isnull=False).order_by("depth", "id")
    own = line.person_id if line.by_id is None and not line.reason else None
    news.tell(
        News(
            person_id=author_id,
            kind=NewsKind.MESSAGE_REMOVED,
            source=f"{line.pk}:{pk}",
            about={
                "message_id": str(pk),
                "tree_id": str(tree_id),
                "reason": line.reason,
                "with_another": pk != line.message_id,
            },
            at=now,
        )
        for pk, tree_id, author_id in rows.values_list("id", "tree_id", "author_id")
        if author_id not in (line.by_id, own)
    )


def reporters(*, message_ids: Collection[UUID], deleted: bool, now: datetime) -> None:
    """Everybody who reported one of these messages what was decided. A report is answered once."""
    reported = Report.objects.filter(message__in=message_ids).order_by("id")
    news.tell(
        News(
            person_id=person_id,
            kind=NewsKind.REPORT_ANSWERED,
            source=str(pk),
            about={"report_id": pk, "message_id": str(message_id), "decision": "deleted" if deleted else "kept"},
            at=now,
        )
        for pk, person_id, message_id in reported.values_list("id", "person_id", "message_id")
    )


def of_sanction(line: ActionLog, *, kind: NewsKind, until: datetime | None, now: datetime) -> None:
    """The person what was done to them, and until when."""
    assert line.person_id is not None
    about = {"action_id": line.pk, "reason": line.reason, "until": until and until.isoformat()}
    news.tell([News(person_id=line.person_id, kind=kind, source=str(line.pk), about=about, at=now)])


def of_appeal(appeal: Appeal, *, now: datetime) -> None:
    """Whoever appealed how it ended."""
    about = {
        "message_id": str(appeal.message_id),
        "tree_id": str(appeal.message.tree_id),
        "decision": "upheld" if appeal.upheld else "rejected",
    }
    kind = NewsKind.APPEAL_DECIDED
    news.tell([News(person_id=appeal.person_id, kind=kind, source=str(appeal.pk), about=about, at=now)])


def moderators(*, message: Message, now: datetime) -> None:
    """Those who work in the language of the message that it needs them at once; all of them where nobody does."""
    every = User.objects.filter(role__in=[Role.MODERATOR, Role.ADMIN], status=Status.ACTIVE, api_client=None)
    speaking = every.filter(Q(lang=message.lang) | Q(profile__languages__contains=[message.lang]))
    about = {"message_id": str(message.pk), "tree_id": str(message.tree_id), "lang": message.lang}
    news.tell(
        News(
            person_id=pk,
            kind=NewsKind.MODERATORS_CALLED,
            source=f"{message.pk}:{pk}",
            about=about,
            at=now,
        )
        for pk in (speaking if speaking.exists() else every).values_list("id", flat=True)
    )


def take_back(*, kinds: Iterable[NewsKind], sources: Iterable[str]) -> None:
    """What was told is not so any more: whoever has not read it yet never will."""
    News.objects.filter(kind__in=list(kinds), source__in=list(sources)).delete()
