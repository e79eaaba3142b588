"""Everything a person wrote, answered and was told, as one zip file of JSON Lines for them to keep.

What is in it is a table: each file with its fields and what they mean. The README in the zip is made from it. Of other
people there is nothing in it but ids.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Case, F, QuerySet, When

from accounts import profiles
from accounts.models import News, PointEntry, User
from common.moments import one_moment
from tasks.models import FreeLabels, Message, MessageRevision, Ranking, Reaction, Review, SavedDraft, Skip
from tasks.tree_states import UNDER_REVIEW

#: Rows read together: what is held in memory at a time.
CHUNK = 500

#: While a message may be reviewed yet, nobody learns whether somebody did; nor does its author by taking home the same
#: file again and again.
_REVIEWED_BY = Case(When(tree__state__in=[state.value for state in UNDER_REVIEW], then=None), default=F("review_count"))


@dataclass(frozen=True)
class File:
    """One file of the zip: a line for each thing, oldest first."""

    name: str
    about: str
    lines: Callable[[User], Iterable[Mapping[str, Any]]]
    fields: Mapping[str, str]
    """Name of each field, and what it says."""


def _table(name: str, about: str, rows: Callable[[User], QuerySet[Any]], order: str, /, **fields: str) -> File:
    """A file whose fields are columns."""

    def lines(person: User) -> Iterator[Mapping[str, Any]]:
        return rows(person).order_by(order, "pk").values(*fields).iterator(chunk_size=CHUNK)

    return File(name, about, lines, fields)


def _profile(person: User) -> Iterator[Mapping[str, Any]]:
    told = profiles.of(person)
    linked = SocialAccount.objects.filter(user=person).order_by("id")
    yield {
        "id": person.pk,
        "display_name": person.display_name,
        "show_on_leaderboard": person.show_on_leaderboard,
        "email": person.email,
        "addresses": list(EmailAddress.objects.filter(user=person).order_by("id").values_list("email", flat=True)),
        "linked_accounts": [[each.provider, each.uid, each.extra_data.get("name", "")] for each in linked],
        "passkeys": [str(each) for each in Authenticator.objects.filter(user=person).order_by("id")],
        "lang": person.lang,
        "languages": told.languages,
        "topics": told.topics,
        "interface_lang": told.interface_lang,
        "daily_goal": told.daily_goal,
        "consent": told.consent,
        "consent_changed_at": told.consent_changed_at,
        "mail": told.mail,
        "practised": told.practised,
        "created_at": person.created_at,
        "terms_accepted_at": person.terms_accepted_at,
        "terms_version": person.terms_version,
        "last_activity_at": person.last_activity_at,
        "streak_days": person.streak_days,
    }


FILES: tuple[File, ...] = (
    File(
        "profile",
        "What you told about yourself and how you come in. One line.",
        _profile,
        {
            "id": "By what the published data may know you.",
            "display_name": "Your name here.",
            "show_on_leaderboard": "Whether boards show you.",
            "email": "Where news would go.",
            "addresses": "To which codes can be sent.",
            "linked_accounts": "Accounts elsewhere by which you come in: site, your id there, your name there.",
            "passkeys": "Names of your passkeys. The keys themselves never leave your devices.",
            "lang": "The language you worked in last.",
            "languages": "Those you chose to work in.",
            "topics": "Those you know about.",
            "interface_lang": "Of the pages; empty: as your browser says.",
            "daily_goal": "Answers a day.",
            "consent": "What your contributions may be used for: dataset, research, evaluation, or here.",
            "consent_changed_at": "Since when; null: since you accepted the terms.",
            "mail": "How often you want news by mail.",
            "practised": "Kinds of work whose practice you went through.",
            "created_at": "When your account was made.",
            "terms_accepted_at": "When you accepted the terms.",
            "terms_version": "Which terms.",
            "last_activity_at": "When you last gave an answer.",
            "streak_days": "Length of your running streak.",
        },
    ),
    _table(
        "messages",
        "Your prompts and replies, those that were not accepted or were hidden too.",
        lambda person: Message.objects.filter(author=person).annotate(reviewed_by=_REVIEWED_BY),
        "created_at",
        id="Its id; published data use the same.",
        tree_id="The conversation.",
        parent_id="What it answers; null for a prompt.",
        role="prompter or assistant.",
        lang="Its language.",
        text="What it says now.",
        created_at="When you sent it.",
        edited="Whether it was changed later; see revisions.",
        deleted="Whether it is hidden.",
        reviewed_by="How many people reviewed it; null: others may still be asked to.",
        review_result="Whether it was accepted; null: not decided.",
        rank="How many replies beside it are better; null: not ranked.",
        pasted_share="How much of it was pasted, 0 to 1; null: nobody counted.",
    ),
    _table(
        "revisions",
        "Versions of messages that you wrote.",
        # A moderator's versions of what others wrote are for the most part others' words.
        lambda person: MessageRevision.objects.filter(by=person, message__author=person),
        "at",
        message_id="Of which message.",
        text="What it said.",
        at="Since when.",
    ),
    _table(
        "reviews",
        "Your judgements of single messages.",
        lambda person: Review.objects.filter(reviewer=person),
        "created_at",
        id="Its id.",
        message_id="The message.",
        labels="Each question you answered, with your answer from 0 to 1.",
        mode="Whether all questions were asked.",
        created_at="When you gave it.",
    ),
    _table(
        "rankings",
        "Orders in which you put replies.",
        lambda person: Ranking.objects.filter(ranker=person),
        "created_at",
        id="Its id.",
        parent_id="The message whose replies they are.",
        order="Groups of ids of replies, the best first; those in one group are equally good.",
        shown="The ids in the order in which you saw them.",
        not_rankable="Whether you said that they cannot be ranked.",
        why_not="Why not.",
        unacceptable="Ids of those you called unacceptable.",
        comment="What else you said.",
        created_at="When you gave it.",
    ),
    _table(
        "free_labels",
        "Labels you gave without being asked.",
        lambda person: FreeLabels.objects.filter(person=person),
        "created_at",
        message_id="The message.",
        labels="Each label with your value from 0 to 1.",
        text="What you said with them.",
        created_at="When you gave them.",
    ),
    _table(
        "reactions",
        "Your thumbs and other emojis.",
        lambda person: Reaction.objects.filter(person=person),
        "created_at",
        message_id="The message.",
        emoji="Which one.",
        created_at="When you gave it.",
    ),
    _table(
        "reports",
        "Messages you reported to the moderators.",
        lambda person: person.reports.all(),
        "created_at",
        message_id="The message.",
        labels="What you ticked.",
        text="What you wrote.",
        created_at="When you reported it.",
    ),
    _table(
        "skips",
        "Work you declined.",
        lambda person: Skip.objects.filter(person=person),
        "created_at",
        kind="Which kind of work.",
        message_id="About which message; null for a new prompt.",
        reason="The reason you chose.",
        text="What you said.",
        created_at="When you declined it.",
    ),
    _table(
        "drafts",
        "What you typed and have not sent.",
        lambda person: SavedDraft.objects.filter(person=person),
        "saved_at",
        kind="For which kind of work.",
        lang="In which language.",
        message_id="About which message; null for a new prompt.",
        fields="Pairs of a field and what you had in it.",
        saved_at="When you were last seen typing.",
    ),
    _table(
        "points",
        "Every line of your points.",
        lambda person: PointEntry.objects.filter(person=person),
        "created_at",
        reason="What they are for.",
        source="The id of what earned them.",
        lang="The language it was in.",
        points="How many.",
        created_at="When they were counted.",
    ),
    _table(
        "badges",
        "Badges you earned.",
        lambda person: person.badges.all(),
        "earned_at",
        badge="Which one.",
        earned_at="When.",
    ),
    _table(
        "news",
        "What you were told in the last 90 days.",
        lambda person: News.objects.filter(person=person),
        "at",
        kind="What kind of news.",
        about="Ids and names of what it is about.",
        at="When it happened.",
    ),
)


def write(*, person: User, out: IO[bytes], now: datetime) -> None:
    """Write the zip, at a constant size in memory, as everything was at one moment."""
    with one_moment(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("README.txt", readme(now))
        for file in FILES:
            with packed.open(f"{file.name}.jsonl", "w") as raw, io.TextIOWrapper(raw, encoding="utf-8") as text:
                for line in file.lines(person):
                    text.write(json.dumps(line, ensure_ascii=False, cls=DjangoJSONEncoder) + "\n")


def readme(now: datetime) -> str:
    """What the files are and what each of their fields means."""
    parts = [
        "Everything you wrote, answered and were told at Open Assistant.",
        f"Written on {now:%Y-%m-%d at %H:%M} UTC. Moments are in UTC and written as in ISO 8601.",
        "Each file has one JSON object per line, in UTF-8: any text editor opens it.\n"
        "A file without lines means that there is nothing of its kind.\n"
        "Other people appear only as ids of what they wrote.",
    ]
    for file in FILES:
        width = max(map(len, file.fields))
        fields = [f"  {name.ljust(width)}  {about}" for name, about in file.fields.items()]
        parts.append("\n".join([f"{file.name}.jsonl", file.about, *fields]))
    return "\n\n".join(parts) + "\n"
