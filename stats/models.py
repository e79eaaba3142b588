"""Figures that take long to compute, stored by a job for pages to show."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Status

#: The subject of figures about orders; all other subjects are labels.
RANKINGS = "rankings"


class AgreementQuerySet(models.QuerySet["AgreementFigure"]):
    def of_all_time(self) -> Self:
        return self.filter(week__isnull=True)

    def over_weeks(self) -> Self:
        """One figure a week, oldest first."""
        return self.filter(week__isnull=False).order_by("week")


def _figure(help_text: str) -> models.FloatField[float | None, float | None]:
    return models.FloatField(null=True, blank=True, help_text=help_text)


def _end(which: str, of: str) -> models.FloatField[float | None, float | None]:
    return _figure(f"{which} end of the 95 % interval of {of}; null where there is no honest one.")


class AgreementFigure(models.Model):
    """How much people agreed on one label, or on rankings, in one language: in one week, or over all time."""

    lang = models.CharField(max_length=32)
    subject = models.CharField(max_length=32, help_text='A label of tasks.kinds.LABELS, or "rankings".')
    week = models.DateField(null=True, blank=True, help_text="The Monday it begins with, in UTC; null for all time.")

    level = models.CharField(max_length=8, blank=True, help_text="nominal or ordinal; empty for rankings.")
    alpha = _figure("Krippendorff's alpha of a label; null where undefined, as without any variation.")
    alpha_low = _end("Lower", "alpha")
    alpha_high = _end("Upper", "alpha")
    raw = _figure("Share of pairs of reviews of one message that give the same label, 0 to 1; null for rankings.")
    raw_low = _end("Lower", "the share")
    raw_high = _end("Upper", "the share")
    base_rate = _figure("Mean of the label over the reviews that count, 0 to 1; null for rankings.")
    tau_b = _figure("Kendall's tau-b, mean over pairs of rankings of one set of replies; null for labels.")
    tau_b_low = _end("Lower", "tau-b")
    tau_b_high = _end("Upper", "tau-b")
    kendall_w = _figure("Kendall's W, mean over sets of replies; null for labels.")
    kendall_w_low = _end("Lower", "W")
    kendall_w_high = _end("Upper", "W")

    n_items = models.PositiveIntegerField(help_text="Messages, or sets of replies, that two or more people judged.")
    n_votes = models.PositiveIntegerField(help_text="Reviews or rankings of these.")
    computed_at = models.DateTimeField()

    objects: ClassVar[models.Manager[AgreementFigure]] = AgreementQuerySet.as_manager()

    class Meta:
        constraints = (
            # Null is a value here: all time has one figure too. PostgreSQL 15 and later.
            models.UniqueConstraint(
                fields=["lang", "subject", "week"],
                name="one_figure_of_a_week_or_of_all_time",
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} in {self.lang}, {self.week or 'all time'}"


class Frame(models.TextChoices):
    """How far back a board looks."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TOTAL = "total"


class BoardKind(models.TextChoices):
    LEADER = "leader"
    TROLL = "troll"


class Board(models.Model):
    """When a board was last counted. Whoever counts writes this row first, so nobody else does meanwhile."""

    kind = models.CharField(max_length=8, choices=BoardKind.choices)
    frame = models.CharField(max_length=8, choices=Frame.choices)
    lang = models.CharField(max_length=32, blank=True, db_default="", help_text="Blank: all languages together.")
    since = models.DateTimeField(null=True, help_text="What happened before does not count; null: everything counts.")
    counted_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "frame", "lang"], name="one_board_of_a_kind_per_frame_and_language"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} board of the {self.frame}"


def _count(help_text: str = "") -> models.PositiveIntegerField[int, int]:
    return models.PositiveIntegerField(default=0, help_text=help_text)


class LeaderRowQuerySet(models.QuerySet["LeaderRow"]):
    def shown(self) -> Self:
        """Best first, without those who were hidden, banned or closed, if only since the board was counted."""
        shown = Q(rank__isnull=False, person__show_on_leaderboard=True, person__status=Status.ACTIVE)
        return self.filter(shown).order_by("rank")


class LeaderRow(models.Model):
    """What one person earned in the time of a board, out of the points ledger."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="leaders")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="leader_rows")
    rank = models.PositiveIntegerField(null=True, help_text="1 is best; null for whom boards do not show.")
    score = models.PositiveIntegerField(help_text="tasks.points.score of the time.")

    prompts = _count()
    replies_assistant = _count()
    replies_prompter = _count()
    labels_simple = _count("Reviews with few questions.")
    labels_full = _count("Reviews with all questions.")
    rankings_total = _count()
    rankings_good = _count("Rankings that told something about what came out in the end.")
    accepted_prompts = _count()
    accepted_replies_assistant = _count()
    accepted_replies_prompter = _count()
    reply_ranked_1 = _count("How often anybody put a message of the person first.")
    reply_ranked_2 = _count()
    reply_ranked_3 = _count()

    objects: ClassVar[Any] = LeaderRowQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["board", "person"], name="one_row_per_leader"),)
        indexes = (models.Index(fields=["board", "rank"], name="leaders_in_order", condition=Q(rank__isnull=False)),)

    def __str__(self) -> str:
        return f"{self.rank}: {self.score}"


class TrollRow(models.Model):
    """What others found wrong with one person's messages in the time of a board. A hint for moderators, no verdict."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="trolls")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="troll_rows")
    rank = models.PositiveIntegerField(help_text="1 is worst.")
    score = models.IntegerField()

    red_flags = _count("Those that no moderator cleared.")
    upvotes = _count()
    downvotes = _count()
    spam_prompts = _count("Prompts whose tree was aborted.")
    quality = _figure("Mean of the label over all who answered, 0 to 1; so the four below.")
    humor = _figure("")
    toxicity = _figure("")
    violence = _figure("")
    helpfulness = _figure("")
    spam = _count("How often the label was given; so the six below.")
    lang_mismatch = _count()
    not_appropriate = _count()
    pii = _count()
    hate_speech = _count()
    sexual_content = _count()
    political_content = _count()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["board", "person"], name="one_row_per_troll"),)
        indexes = (models.Index(fields=["board", "rank"], name="trolls_in_order"),)

    def __str__(self) -> str:
        return f"{self.rank}: {self.score}"


class ConductRow(models.Model):
    """How one person worked in the time of a troll board. A hint for moderators, no verdict."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="conduct")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conduct_rows")

    messages = _count("Texts they wrote, deleted ones too.")
    same_texts = _count("Texts that are another one of theirs, word for word.")
    pasted_share = _figure("Mean over their texts of the share that was pasted, 0 to 1; null where nobody counted.")
    reviews = _count("Reviews with all questions.")
    same_reviews = _figure("Share of these that give the answers they give most often, 0 to 1.")
    rankings = _count("Rankings that put replies in an order.")
    left_as_shown = _figure("Share of these that leave the order in which the replies were shown, 0 to 1.")
    judgements = _count("Reviews and rankings.")
    seconds = _figure("Median time one of these took, from taking it to sending it.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["board", "person"], name="one_row_of_conduct"),)

    def __str__(self) -> str:
        return f"{self.messages} texts, {self.judgements} judgements"


class PublicFigures(models.Model):
    """Figures for everybody, under the name of the published protocol."""

    name = models.CharField(primary_key=True, max_length=64)
    figures = models.JSONField(help_text="Numbers by name, or a list of rows.")
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class BadgeAward(models.Model):
    """A person earned a badge of stats.badges. Once earned it stays."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="badges")
    badge = models.CharField(max_length=32, help_text="A row of stats.badges.BADGES.")
    earned_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "badge"], name="each_badge_once_per_person"),)

    def __str__(self) -> str:
        return f"{self.badge} of {self.person_id}"


class LanguageGoal(models.Model):
    """What the people of one language want to reach together in one week."""

    lang = models.CharField(max_length=32)
    week = models.DateField(help_text="The Monday it begins with, in UTC.")
    target = models.PositiveIntegerField(help_text="Trees to finish.")
    finished = models.PositiveIntegerField(default=0, help_text="Trees finished so far.")
    people = models.PositiveIntegerField(default=0, help_text="Who had a part in it.")
    reached_at = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["lang", "week"], name="one_goal_per_language_and_week"),)

    def __str__(self) -> str:
        return f"{self.lang}, {self.week}: {self.finished} of {self.target}"
