"""The badges: what each is given for, as a table. None is given for volume alone, and none tells what must not show.

A rule reads counted facts and nothing else. The facts hold only what the person may know already: verdicts whose
conversation left review, and points that are paid when a conversation has ended. So no badge can tell which review was
of a known answer (docs/decisions/0012).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is counted of one person. Messages count when their verdict shows; deleted ones never do."""

    accepted: int = 0
    """Messages that were accepted."""
    replies_as_user: int = 0
    """Accepted."""
    replies_as_assistant: int = 0
    """Accepted."""
    lately_accepted: int = 0
    """Of the last RUN messages with a verdict."""
    best: int = 0
    """Replies that the crowd put before all others to the same message, alone."""
    drawn: int = 0
    """Prompts from which a conversation began to grow."""
    finished: int = 0
    """Finished conversations with an accepted message of theirs."""
    telling_reviews: int = 0
    """Reviews that told something about a verdict that nobody knew yet."""
    telling_rankings: int = 0
    languages: int = 0
    """Languages in which a message was accepted, or a review or ranking told something."""
    streak_days: int = 0
    upheld: int = 0
    """Messages that a moderator took away after the person had reported them."""

    @property
    def deeds(self) -> int:
        """Of the three kinds of work, how many they did well."""
        return sum(1 for done in (self.accepted, self.telling_reviews, self.telling_rankings) if done)

    @property
    def sides(self) -> int:
        """Of the two sides of a conversation, on how many a reply of theirs was accepted."""
        return sum(1 for done in (self.replies_as_user, self.replies_as_assistant) if done)


#: How many messages `Facts.lately_accepted` looks back.
RUN = 10


@dataclass(frozen=True, kw_only=True)
class Badge:
    """One row. The picture is `templates/badges/pictures/<slug>.html`."""

    slug: str
    """Stored with each award and sent to programs; never changes."""
    name: Promise
    given_for: Promise
    counts: Callable[[Facts], int]
    needs: int
    """From this count on the badge is earned."""
    missing: Callable[[int], str]
    """In plain words, what is missing when so many are."""

    @property
    def picture(self) -> str:
        return f"badges/pictures/{self.slug}.html"

    def earned(self, facts: Facts) -> bool:
        return self.counts(facts) >= self.needs


def _missing(one: Promise) -> Callable[[int], str]:
    """ngettext_lazy with `number`, as a function of it."""
    return lambda number: str(one % {"number": number})


_ROWS = (
    Badge(
        slug="first-accepted",
        name=_("First words"),
        given_for=_("A message of yours was accepted."),
        counts=lambda facts: facts.accepted,
        needs=1,
        missing=_missing(
            ngettext_lazy(
                "%(number)d accepted message is missing.", "%(number)d accepted messages are missing.", "number"
            )
        ),
    ),
    Badge(
        slug="ten-replies",
        name=_("Good company"),
        given_for=_("Ten replies of yours were accepted."),
        counts=lambda facts: facts.replies_as_user + facts.replies_as_assistant,
        needs=10,
        missing=_missing(
            ngettext_lazy("%(number)d accepted reply is missing.", "%(number)d accepted replies are missing.", "number")
        ),
    ),
    Badge(
        slug="steady-hand",
        name=_("Steady hand"),
        given_for=_("The last ten messages of yours that others decided on were all accepted."),
        counts=lambda facts: facts.lately_accepted,
        needs=RUN,
        missing=_missing(
            ngettext_lazy(
                "%(number)d of the last ten is missing: not decided yet, or not accepted.",
                "%(number)d of the last ten are missing: not decided yet, or not accepted.",
                "number",
            )
        ),
    ),
    Badge(
        slug="both-sides",
        name=_("Both chairs"),
        given_for=_("A reply of yours as the user and one as the assistant were accepted."),
        counts=lambda facts: facts.sides,
        needs=2,
        missing=_missing(
            ngettext_lazy(
                "An accepted reply on %(number)d side is missing.",
                "An accepted reply on each of %(number)d sides is missing.",
                "number",
            )
        ),
    ),
    Badge(
        slug="crowd-first",
        name=_("Front row"),
        given_for=_("People who ranked put a reply of yours before all others to the same message."),
        counts=lambda facts: facts.best,
        needs=1,
        missing=_missing(
            ngettext_lazy(
                "%(number)d reply that came first is missing.",
                "%(number)d replies that came first are missing.",
                "number",
            )
        ),
    ),
    Badge(
        slug="often-first",
        name=_("Worth following"),
        given_for=_("Five replies of yours came first among all replies to the same message."),
        counts=lambda facts: facts.best,
        needs=5,
        missing=_missing(
            ngettext_lazy(
                "%(number)d reply that came first is missing.",
                "%(number)d replies that came first are missing.",
                "number",
            )
        ),
    ),
    Badge(
        slug="prompt-drawn",
        name=_("Conversation starter"),
        given_for=_("A prompt of yours was accepted and drawn: a conversation grows from it."),
        counts=lambda facts: facts.drawn,
        needs=1,
        missing=_missing(
            ngettext_lazy("%(number)d drawn prompt is missing.", "%(number)d drawn prompts are missing.", "number")
        ),
    ),
    Badge(
        slug="finished-tree",
        name=_("Fully grown"),
        given_for=_("A conversation with an accepted message of yours was finished."),
        counts=lambda facts: facts.finished,
        needs=1,
        missing=_missing(
            ngettext_lazy(
                "%(number)d finished conversation is missing.",
                "%(number)d finished conversations are missing.",
                "number",
            )
        ),
    ),
    Badge(
        slug="telling-reviews",
        name=_("Sharp eye"),
        given_for=_("Ten reviews of yours helped to find a verdict when it was still open."),
        counts=lambda facts: facts.telling_reviews,
        needs=10,
        missing=_missing(
            ngettext_lazy(
                "%(number)d review that helped to find a verdict is missing.",
                "%(number)d reviews that helped to find a verdict are missing.",
                "number",
            )
        ),
    ),
    Badge(
        slug="telling-rankings",
        name=_("Sense of order"),
        given_for=_("Five rankings of yours led towards the order that came out in the end."),
        counts=lambda facts: facts.telling_rankings,
        needs=5,
        missing=_missing(
            ngettext_lazy(
                "%(number)d ranking that led towards the outcome is missing.",
                "%(number)d rankings that led towards the outcome are missing.",
                "number",
            )
        ),
    ),
    Badge(
        slug="three-deeds",
        name=_("All-rounder"),
        given_for=_("You wrote something that was accepted, and a review and a ranking of yours helped to decide."),
        counts=lambda facts: facts.deeds,
        needs=3,
        missing=_missing(
            ngettext_lazy(
                "%(number)d of the three kinds of work is missing.",
                "%(number)d of the three kinds of work are missing.",
                "number",
            )
        ),
    ),
    Badge(
        slug="two-languages",
        name=_("Bridge builder"),
        given_for=_("In two languages a message of yours was accepted, or a review or ranking helped to decide."),
        counts=lambda facts: facts.languages,
        needs=2,
        missing=_missing(
            ngettext_lazy("%(number)d language is missing.", "%(number)d languages are missing.", "number")
        ),
    ),
    Badge(
        slug="week-streak",
        name=_("A week of it"),
        given_for=_("You came back for seven days in a row; one missed day a month is forgiven."),
        counts=lambda facts: facts.streak_days,
        needs=7,
        missing=_missing(ngettext_lazy("%(number)d day is missing.", "%(number)d days are missing.", "number")),
    ),
    Badge(
        slug="report-upheld",
        name=_("Watchful"),
        given_for=_("A moderator took a message away that you had reported."),
        counts=lambda facts: facts.upheld,
        needs=1,
        missing=_missing(
            ngettext_lazy("%(number)d upheld report is missing.", "%(number)d upheld reports are missing.", "number")
        ),
    ),
)

#: By slug, in the order in which pages show them.
BADGES = {badge.slug: badge for badge in _ROWS}
