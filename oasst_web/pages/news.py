"""What happened to a person's work while they were away, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import news as log
from accounts import profiles
from accounts.models import News, NewsKind, User
from accounts.news import Place
from moderation.reasons import REASONS, Reason
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
    # What may do harm is not put before anybody's eyes who only looks at their news.
    quoted = None if item.kind == NewsKind.MODERATORS_CALLED else message
    return Line(item.at, unread, _sentence(item, badge), link, link_text, quoted, badge)


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
        case NewsKind.MESSAGE_REMOVED if item.about.get("with_another"):
            return _("A message above yours was removed, and yours is hidden with it.")
        case NewsKind.MESSAGE_REMOVED:
            return _with_reason(_("A message of yours was removed."), item)
        case NewsKind.APPEAL_DECIDED if item.about.get("decision") == "upheld":
            return _("A moderator agreed with your appeal: the decision about your message is taken back.")
        case NewsKind.APPEAL_DECIDED:
            return _("A second moderator read your appeal. Your message stays removed.")
        case NewsKind.WARNED:
            return _with_reason(_("A moderator asks you not to do something again."), item)
        case NewsKind.SUSPENDED:
            return _with_reason(_suspended(item.about.get("until")), item)
        case NewsKind.MODERATORS_CALLED:
            return _("A message that may do harm was hidden at once. It needs a moderator now.")
        case _:
            return item.get_kind_display()


def _suspended(until: str | None) -> str:
    end = parse_datetime(until) if until else None
    if end is None:
        return _("A moderator decided that you cannot take part for a time.")
    when = date_format(end.astimezone(UTC), "DATETIME_FORMAT")
    return _("A moderator decided that you cannot take part until %(until)s UTC.") % {"until": when}


def _with_reason(sentence: str, item: News) -> str:
    reason = item.about.get("reason")
    return f"{sentence} {REASONS[Reason(reason)].told}" if reason in list(Reason) else sentence


def _about_removal(item: News) -> str:
    if item.kind == NewsKind.APPEAL_DECIDED:
        return _("Read the answer")
    return _("Why, and what you can do")


def _link(item: News, message: Message | None) -> tuple[str, str]:
    if item.kind == NewsKind.TASK_EXPIRED and "task_id" in item.about:
        return reverse("task", args=[item.about["task_id"]]), _("Answer it, if it is still wanted")
    if item.kind == NewsKind.BADGE_EARNED:
        return reverse("badges"), _("See your badges")
    if item.kind in (NewsKind.WARNED, NewsKind.SUSPENDED):
        return reverse("notices"), _("Read what they wrote")
    if message is not None and item.kind in (NewsKind.MESSAGE_REMOVED, NewsKind.APPEAL_DECIDED):
        return reverse("removed_message", args=[message.pk]), _about_removal(item)
    if message is not None:
        return reverse("message", args=[message.pk]), _("See it in its conversation")
    return "", ""
