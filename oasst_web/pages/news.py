"""What happened to a person's work while they were away, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import news as log
from accounts import profiles
from accounts.models import News, NewsKind, User
from accounts.news import Place
from oasst_web.pages import doors
from stats.badges import BADGES, Badge
from tasks.kinds import KINDS, Kind
from tasks.models import Message

SIZE = 20


@dataclass(frozen=True)
class Line:
    """One piece of news as it is shown."""

    at: datetime
    unread: bool
    sentence: str
    link: str
    """Where one sees it; empty when there is nothing to see any more."""
    link_text: str
    message: Message | None = None
    badge: Badge | None = None


@doors.signed_in
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """My news. Whoever has opened the first page has read what is on it."""
    person = doors.person(request)
    profile = profiles.of(person)
    found = log.before(_place(request.GET.get("before", "")), person=person, limit=SIZE + 1)
    shown, more = found[:SIZE], len(found) > SIZE
    about = _messages(person, shown)
    lines = [_line(item, about, read_until=profile.news_read_at) for item in shown]
    if request.method == "GET":
        # Read is what was shown, not what came in while the page was made.
        read = max((item.at for item in shown), default=None)
        if read is not None and (profile.news_read_at is None or read > profile.news_read_at):
            profiles.change(person=person, now=timezone.now(), news_read_at=read)
    context = {"lines": lines, "before": _written(shown[-1]) if more else ""}
    return render(request, "news/news.html", context)


def _written(line: News) -> str:
    place = log.place_of(line)
    return f"{place.transaction}_{place.id}"


def _place(cursor: str) -> Place | None:
    """Where the page before ended. A cursor we cannot read means the first page."""
    transaction, _separator, pk = cursor.partition("_")
    if not (transaction.isdecimal() and pk.isdecimal() and max(len(transaction), len(pk)) < 19):
        return None
    return Place(int(transaction), int(pk))


def _messages(person: User, lines: Sequence[News]) -> dict[UUID, Message]:
    """The messages they tell of, as far as this person may read them now."""
    ids = [UUID(line.about["message_id"]) for line in lines if "message_id" in line.about]
    found: dict[UUID, Message] = Message.objects.visible_to(person).in_bulk(ids) if ids else {}
    return found


def _line(item: News, messages: Mapping[UUID, Message], *, read_until: datetime | None) -> Line:
    unread = read_until is None or item.at > read_until
    message = messages.get(UUID(item.about["message_id"])) if "message_id" in item.about else None
    badge = BADGES.get(item.about.get("badge", ""))
    link, link_text = _link(item, message)
    return Line(item.at, unread, _sentence(item, badge), link, link_text, message, badge)


def _sentence(item: News, badge: Badge | None) -> str:
    kind = NewsKind(item.kind) if item.kind in NewsKind.values else None
    match kind:
        case NewsKind.TASK_EXPIRED:
            known = item.about.get("kind") in list(Kind)
            title = KINDS[Kind(item.about["kind"])].title if known else ""
            return _("The time for “%(title)s” was over, and the task went back to everybody.") % {"title": title}
        case NewsKind.MESSAGE_ACCEPTED:
            return _("The reviewers accepted a message of yours.")
        case NewsKind.MESSAGE_REJECTED:
            return _("The reviewers did not accept a message of yours.")
        case NewsKind.REPORT_ANSWERED if item.about.get("decision") == "deleted":
            return _("A moderator read your report and deleted the message. Thank you for telling.")
        case NewsKind.REPORT_ANSWERED:
            return _("A moderator read your report and kept the message.")
        case NewsKind.BADGE_EARNED if badge is not None:
            return _("You earned a badge: %(name)s. %(given_for)s") % {
                "name": badge.name,
                "given_for": badge.given_for,
            }
        case NewsKind.BADGE_EARNED:
            return _("You earned a badge.")
        case _:
            return item.get_kind_display()


def _link(item: News, message: Message | None) -> tuple[str, str]:
    if item.kind == NewsKind.TASK_EXPIRED and "task_id" in item.about:
        return reverse("task", args=[item.about["task_id"]]), _("Answer it, if it is still wanted")
    if item.kind == NewsKind.BADGE_EARNED:
        return reverse("badges"), _("See your badges")
    if message is not None:
        return reverse("message", args=[message.pk]), _("See it in its conversation")
    return "", ""
