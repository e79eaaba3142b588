"""The kinds of work and the labels reviewers give, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    """Who speaks in a conversation."""

    PROMPTER = "prompter"
    ASSISTANT = "assistant"

    @property
    def other(self) -> Role:
        return Role.ASSISTANT if self is Role.PROMPTER else Role.PROMPTER


class Kind(StrEnum):
    """One kind of work. The values are Open-Assistant's task types."""

    INITIAL_PROMPT = "initial_prompt"
    PROMPTER_REPLY = "prompter_reply"
    ASSISTANT_REPLY = "assistant_reply"
    LABEL_INITIAL_PROMPT = "label_initial_prompt"
    LABEL_PROMPTER_REPLY = "label_prompter_reply"
    LABEL_ASSISTANT_REPLY = "label_assistant_reply"
    RANK_PROMPTER_REPLIES = "rank_prompter_replies"
    RANK_ASSISTANT_REPLIES = "rank_assistant_replies"


class Deed(StrEnum):
    """What the person does: write, review or rank."""

    WRITE = "write"
    REVIEW = "review"
    RANK = "rank"


class Pool(StrEnum):
    """Kinds that compete together when a person asks for anything."""

    RANK = "rank"
    REVIEW_REPLY = "review_reply"
    REVIEW_PROMPT = "review_prompt"
    REPLY = "reply"
    PROMPT = "prompt"


@dataclass(frozen=True)
class KindRow:
    deed: Deed
    pool: Pool
    writes: Role | None
    """The role of the message that is written, for writing kinds."""
    title: Promise
    purpose: Promise


KINDS: dict[Kind, KindRow] = {
    Kind.INITIAL_PROMPT: KindRow(
        Deed.WRITE,
        Pool.PROMPT,
        Role.PROMPTER,
        _("Write a prompt"),
        _("Start a conversation: ask something you would really ask."),
    ),
    Kind.PROMPTER_REPLY: KindRow(
        Deed.WRITE,
        Pool.REPLY,
        Role.PROMPTER,
        _("Reply as user"),
        _("Go on with the conversation as the person who asked."),
    ),
    Kind.ASSISTANT_REPLY: KindRow(
        Deed.WRITE,
        Pool.REPLY,
        Role.ASSISTANT,
        _("Reply as assistant"),
        _("Give the answer a helpful assistant would give."),
    ),
    Kind.LABEL_INITIAL_PROMPT: KindRow(
        Deed.REVIEW,
        Pool.REVIEW_PROMPT,
        None,
        _("Review a prompt"),
        _("Judge whether a prompt is fit to start a conversation."),
    ),
    Kind.LABEL_PROMPTER_REPLY: KindRow(
        Deed.REVIEW, Pool.REVIEW_REPLY, None, _("Review a user reply"), _("Judge the last message of a conversation.")
    ),
    Kind.LABEL_ASSISTANT_REPLY: KindRow(
        Deed.REVIEW, Pool.REVIEW_REPLY, None, _("Review an assistant reply"), _("Judge an answer of the assistant.")
    ),
    Kind.RANK_PROMPTER_REPLIES: KindRow(
        Deed.RANK, Pool.RANK, None, _("Rank user replies"), _("Sort replies to the same message from best to worst.")
    ),
    Kind.RANK_ASSISTANT_REPLIES: KindRow(
        Deed.RANK,
        Pool.RANK,
        None,
        _("Rank assistant replies"),
        _("Sort answers to the same message from best to worst."),
    ),
}

REPLY_OF_ROLE = {Role.PROMPTER: Kind.PROMPTER_REPLY, Role.ASSISTANT: Kind.ASSISTANT_REPLY}
REVIEW_OF_ROLE = {Role.PROMPTER: Kind.LABEL_PROMPTER_REPLY, Role.ASSISTANT: Kind.LABEL_ASSISTANT_REPLY}
RANKING_OF_ROLE = {Role.PROMPTER: Kind.RANK_PROMPTER_REPLIES, Role.ASSISTANT: Kind.RANK_ASSISTANT_REPLIES}
WRITING = frozenset(kind for kind, row in KINDS.items() if row.deed is Deed.WRITE)
REPLYING = frozenset(REPLY_OF_ROLE.values())
REVIEWING = frozenset(kind for kind, row in KINDS.items() if row.deed is Deed.REVIEW)
RANKING = frozenset(RANKING_OF_ROLE.values())


class Mode(StrEnum):
    """How many questions a review asks."""

    FULL = "full"
    SIMPLE = "simple"


class Widget(StrEnum):
    YES_NO = "yes_no"
    FLAG = "flag"
    LIKERT = "likert"


@dataclass(frozen=True)
class Label:
    widget: Widget
    question: Promise
    help_text: Promise
    points: tuple[Promise, ...] = ()
    """What each of the five points of a scale means, from nothing of what the question names to very much of it."""

    @property
    def low(self) -> Promise | None:
        """What the first point of a scale means (value 0)."""
        return self.points[0] if self.points else None

    @property
    def high(self) -> Promise | None:
        """What the last one means (value 1)."""
        return self.points[-1] if self.points else None


#: Every label with its question. Values are numbers from 0 to 1: yes/no and flags are 0 or 1, scales have
#: the five steps 0, .25, .5, .75, 1. A question nobody answered has no value: it is absent, never 0.
LABELS: dict[str, Label] = {
    "spam": Label(
        Widget.YES_NO,
        _("Is the message spam?"),
        _("Deliberately poor, empty of meaning, or unrelated to the conversation."),
    ),
    "fails_task": Label(
        Widget.YES_NO,
        _("Does it fail to do what was asked?"),
        _("It does not answer the message above, whatever its style."),
    ),
    "lang_mismatch": Label(
        Widget.FLAG,
        _("Wrong language"),
        _("Written in another language than the conversation, without being asked to."),
    ),
    "pii": Label(Widget.FLAG, _("Personal data"), _("Names, addresses, numbers or mail of a private person.")),
    "not_appropriate": Label(Widget.FLAG, _("Not appropriate"), _("Unsuitable for a helpful and polite conversation.")),
    "hate_speech": Label(Widget.FLAG, _("Hate speech"), _("Prejudice or threats against a protected group.")),
    "sexual_content": Label(Widget.FLAG, _("Sexual content"), _("Sexual material of any kind.")),
    "moral_judgement": Label(
        Widget.FLAG, _("Judges morality"), _("Lectures about right and wrong without being asked.")
    ),
    "political_content": Label(Widget.FLAG, _("Political"), _("Takes sides in politics.")),
    "quality": Label(
        Widget.LIKERT,
        _("Quality"),
        _("How good the message is overall."),
        (_("Useless"), _("Weak"), _("Fair"), _("Good"), _("Excellent")),
    ),
    "helpfulness": Label(
        Widget.LIKERT,
        _("Helpfulness"),
        _("How much it helps the person who asked."),
        (_("No help"), _("Little help"), _("Some help"), _("Helpful"), _("Very helpful")),
    ),
    "creativity": Label(
        Widget.LIKERT,
        _("Creativity"),
        _("How original the message is."),
        (_("Ordinary"), _("A fresh touch"), _("Some ideas"), _("Inventive"), _("Very original")),
    ),
    "humor": Label(
        Widget.LIKERT,
        _("Humour"),
        _("Jokes and sarcasm count as humour."),
        (_("Serious"), _("A hint of it"), _("Amusing in part"), _("Funny"), _("All a joke")),
    ),
    "toxicity": Label(
        Widget.LIKERT,
        _("Rudeness"),
        _("Insults and contempt."),
        (_("Polite"), _("A bit curt"), _("Unfriendly"), _("Rude"), _("Insulting")),
    ),
    "violence": Label(
        Widget.LIKERT,
        _("Violence"),
        _("Encourages violence, terror or self-harm."),
        (_("Harmless"), _("Plays it down"), _("Excuses it"), _("Encourages it"), _("Calls for it")),
    ),
}

_TAIL = (
    "quality",
    "creativity",
    "humor",
    "toxicity",
    "violence",
    "not_appropriate",
    "pii",
    "hate_speech",
    "sexual_content",
)

#: Which labels each kind of review asks for, in the order shown.
LABELS_OF_KIND: dict[Kind, tuple[str, ...]] = {
    Kind.LABEL_INITIAL_PROMPT: ("spam", "lang_mismatch", *_TAIL),
    Kind.LABEL_PROMPTER_REPLY: ("spam", "lang_mismatch", *_TAIL),
    Kind.LABEL_ASSISTANT_REPLY: ("spam", "lang_mismatch", "fails_task", "quality", "helpfulness", *_TAIL[1:]),
}

#: The labels a report may name.
REPORT_LABELS = (
    "spam", "not_appropriate", "pii", "hate_speech", "sexual_content",
    "moral_judgement", "political_content", "toxicity", "violence", "quality",
)  # fmt: skip

MANDATORY_LABELS = ("spam",)


def labels_asked(kind: Kind, mode: Mode) -> tuple[str, ...]:
    """The labels a review of this kind asks for, in order. A simple review asks the fewest that still decide."""
    every = LABELS_OF_KIND[kind]
    if mode is Mode.FULL:
        return every
    short = {*MANDATORY_LABELS, "lang_mismatch"}
    if kind is not Kind.LABEL_INITIAL_PROMPT:
        short.add("quality")
    return tuple(label for label in every if label in short)


class SkipReason(StrEnum):
    """Why a person declines a task."""

    NOT_MY_SUBJECT = "not_my_subject"
    CANNOT_JUDGE = "cannot_judge"
    TOO_LONG = "too_long"
    UNCLEAR = "unclear"
    WRONG_LANGUAGE = "wrong_language"
    UNPLEASANT = "unpleasant"
    OTHER = "other"


SKIP_REASONS: dict[SkipReason, Promise] = {
    SkipReason.NOT_MY_SUBJECT: _("I don't know this subject"),
    SkipReason.CANNOT_JUDGE: _("I cannot judge the facts"),
    SkipReason.TOO_LONG: _("It takes too long"),
    SkipReason.UNCLEAR: _("I don't understand what is wanted"),
    SkipReason.WRONG_LANGUAGE: _("It is in the wrong language"),
    SkipReason.UNPLEASANT: _("It is unpleasant"),
    SkipReason.OTHER: _("Another reason"),
}


class NotRankable(StrEnum):
    """Why replies cannot be put in an order."""

    ALL_UNACCEPTABLE = "all_unacceptable"
    MESSAGE_UNCLEAR = "message_unclear"
    NOT_COMPARABLE = "not_comparable"
    OTHER = "other"


NOT_RANKABLE: dict[NotRankable, Promise] = {
    NotRankable.ALL_UNACCEPTABLE: _("All of them are unacceptable"),
    NotRankable.MESSAGE_UNCLEAR: _("The message above makes no sense"),
    NotRankable.NOT_COMPARABLE: _("They understand the message in different ways"),
    NotRankable.OTHER: _("Another reason"),
}

#: Reactions a person may leave on a message, by Open-Assistant's codes.
EMOJIS = ("+1", "-1", "red_flag", "100", "rofl", "clap", "diamond", "heart_eyes", "disappointed", "poop", "skull")

#: How published datasets count skips among the emojis.
SKIP_EMOJI = {Deed.WRITE: "_skip_reply", Deed.REVIEW: "_skip_labeling", Deed.RANK: "_skip_ranking"}
