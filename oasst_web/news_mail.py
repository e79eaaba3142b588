"""The mail with news: its sentences, its links, and the way to turn it off with one click."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from smtplib import SMTPException, SMTPRecipientsRefused
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts import digest
from accounts.models import Mail, NewsKind, User

log = logging.getLogger(__name__)

#: Keeps these links apart from whatever else is signed.
_SALT = "oasst_web.news_mail"

#: A sentence for so many of a kind.
_SENTENCES: dict[NewsKind, Callable[[int], str]] = {
    NewsKind.MESSAGE_ACCEPTED: lambda count: ngettext(
        "%(count)s message of yours was accepted.", "%(count)s messages of yours were accepted.", count
    ),
    NewsKind.MESSAGE_REJECTED: lambda count: ngettext(
        "%(count)s message of yours was not accepted.", "%(count)s messages of yours were not accepted.", count
    ),
    NewsKind.TASK_EXPIRED: lambda count: ngettext(
        "%(count)s task you held went back to everybody.", "%(count)s tasks you held went back to everybody.", count
    ),
    NewsKind.REPORT_ANSWERED: lambda count: ngettext(
        "Moderators decided on %(count)s report of yours.", "Moderators decided on %(count)s reports of yours.", count
    ),
    NewsKind.BADGE_EARNED: lambda count: ngettext("You earned %(count)s badge.", "You earned %(count)s badges.", count),
    NewsKind.MESSAGE_REMOVED: lambda count: ngettext(
        "%(count)s message of yours was removed.", "%(count)s messages of yours were removed.", count
    ),
    NewsKind.APPEAL_DECIDED: lambda count: ngettext(
        "Moderators decided on %(count)s appeal of yours.", "Moderators decided on %(count)s appeals of yours.", count
    ),
    NewsKind.WARNED: lambda count: ngettext(
        "%(count)s warning from a moderator is there for you to read.",
        "%(count)s warnings from moderators are there for you to read.",
        count,
    ),
    NewsKind.SUSPENDED: lambda count: ngettext(
        "%(count)s decision of a moderator keeps you from taking part for a time.",
        "%(count)s decisions of moderators keep you from taking part for a time.",
        count,
    ),
    NewsKind.MODERATORS_CALLED: lambda count: ngettext(
        "%(count)s message needs a moderator at once.", "%(count)s messages need a moderator at once.", count
    ),
}


def send(*, clock: Callable[[], datetime]) -> int:
    """Send everybody due their news, one by one; returns how many mails went out. Nothing is locked while one goes."""
    if not settings.SITE_URL:
        return 0
    sent = 0
    for person_id in digest.due(now=clock()):
        mail = digest.take(person_id=person_id, now=clock())
        if mail is None:
            continue
        try:
            _message(mail).send()
        except SMTPRecipientsRefused:
            # Of this address; it is asked again when the next news are due, and holds up nobody else.
            log.warning("No news could be mailed to %s.", person_id)
            continue
        except (SMTPException, OSError) as problem:
            digest.give_back(mail)
            log.warning("News could not be mailed, the next sweep tries again: %s", problem)
            return sent  # The server is away, or wants no more: the others would fare no better.
        sent += 1
    return sent


def _message(mail: digest.Digest) -> EmailMessage:
    off = settings.SITE_URL + reverse("mail_off", args=[token_for(mail.person)])
    with override(mail.lang or settings.LANGUAGE_CODE):
        context = {
            "person": mail.person,
            "daily": mail.mail == Mail.DAILY,
            "lines": [_SENTENCES[kind](count) % {"count": count} for kind, count in sorted(mail.counts.items())],
            "mine": settings.SITE_URL + reverse("my_messages"),
            "off": off,
        }
        return EmailMessage(
            _("News about what you gave"),
            render_to_string("account/email/news_message.txt", context),
            to=[mail.person.email or ""],
            # RFC 2369 and RFC 8058: the mail program shows a button.
            headers={"List-Unsubscribe": f"<{off}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        )


def token_for(person: User) -> str:
    """What a link to turn news off carries. It opens nothing else, and does not expire: old mails stay in their box."""
    return signing.dumps(str(person.pk), salt=_SALT)


def person_of(token: str) -> UUID:
    """Whose news the link turns off. Raises BadSignature."""
    return UUID(signing.loads(token, salt=_SALT))
