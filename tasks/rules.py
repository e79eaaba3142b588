"""Every threshold of a tree's life, in one frozen value that code takes as an argument; the database keeps versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from math import isfinite
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, ErrorCode
from ranking import RankingRule, SequentialRule


class InvalidRules(DomainError):
    code = ErrorCode.INVALID_RULES
    status = 422


def _rule(
    default: Any, low: float | None = None, high: float | None = None, choices: tuple[str, ...] | None = None
) -> Any:
    """A rule with its bounds, or the names it may take. Whatever becomes a date, a draw or a number of rows needs an
    upper one: a mistyped value must not stop the whole site."""
    return field(default=default, metadata={"low": low, "high": high, "choices": choices})


#: Defaults of the adaptive rules, measured in benchmarks/README.md.
REVIEWS, RANKINGS = SequentialRule(), RankingRule()

#: How it is decided that a message or a set of replies has been judged enough.
FIXED, ADAPTIVE = "fixed", "adaptive"


@dataclass(frozen=True, kw_only=True)
class TreeRules:
    """One version of the rules. Defaults are Open-Assistant's own, except where the docstring says otherwise."""

    version: int = 0
    """The database row these rules came from; 0 for rules that were never stored."""

    max_active_trees: int = _rule(10, 0, 100_000)
    """Trees that grow at the same time, per language. More of them: more variety, later finishes."""

    max_initial_prompt_review: int = _rule(100, 0, 10_000)
    """Prompts under review at the same time, per language; one more for each tree that could grow but has no prompt."""

    max_prompt_lottery_waiting: int = _rule(250, 0, 10_000)
    """Accepted prompts that wait for the lottery, per language. When it is full nobody is asked for prompts."""

    init_prompt_disabled_langs: str = _rule("")
    """Comma list of languages in which no new prompts are asked for."""

    max_tree_depth: int = _rule(3, 1, 100)
    """Depth of the deepest message; the prompt has depth 0. Frozen in a tree at birth."""

    max_children_count: int = _rule(3, 1, 100)
    """Assistant replies wanted for each user message. Frozen in a tree at birth."""

    num_prompter_replies: int = _rule(1, 0, 100)
    """User replies wanted for each assistant message."""

    goal_tree_size: int = _rule(12, 1, 1000)
    """Accepted messages, prompt included, at which a tree has grown. Frozen in a tree at birth."""

    random_goal_tree_size: bool = _rule(False)
    """Draw each tree's goal uniformly from min_goal_tree_size to goal_tree_size."""

    min_goal_tree_size: int = _rule(5, 1, 1000)
    """Smallest goal when goals are drawn."""

    review_rule: str = _rule(FIXED, choices=(FIXED, ADAPTIVE))
    """fixed: so many reviews decide, as the next four rules say. adaptive: another review is asked for only while the
    verdict is open, as those from min_reviews to bad_vote_from say."""

    num_reviews_initial_prompt: int = _rule(3, 1, 100)
    """Reviews that decide a prompt."""

    num_reviews_reply: int = _rule(3, 1, 100)
    """Reviews that decide a reply."""

    acceptance_threshold_initial_prompt: float = _rule(0.6, 0, 1)
    """A prompt is accepted when its score is strictly greater. Higher is stricter."""

    acceptance_threshold_reply: float = _rule(0.6, 0, 1)
    """A reply is accepted when its score is strictly greater. Higher is stricter."""

    min_reviews: int = _rule(REVIEWS.minimum, 1, 100)
    """adaptive: reviews before anything is decided. Ours, like all that follow for adaptive."""

    max_reviews: int = _rule(REVIEWS.maximum, 1, 100)
    """adaptive: reviews after which there is a verdict, whatever they say."""

    bad_base_rate: float = _rule(REVIEWS.base_rate, 0.001, 0.999)
    """adaptive: share of bad messages among all that are written. The reliability job prints what it finds."""

    newcomer_sensitivity: float = _rule(0.8, 0.01, 0.999)
    """Chance that somebody who was never measured calls a bad message bad. Published reviews count as theirs too."""

    newcomer_specificity: float = _rule(0.9, 0.01, 0.999)
    """Chance that somebody who was never measured calls a fine message fine."""

    accept_at: float = _rule(REVIEWS.accept_at, 0.5, 0.999_999)
    """adaptive: accepted once the chance that the message is fine is so high. Higher: fewer bad ones slip through."""

    reject_at: float = _rule(REVIEWS.reject_at, 0.5, 0.999_999)
    """adaptive: rejected once the chance that the message is bad is so high. Lower: fewer bad ones slip through."""

    reject_at_end: float = _rule(REVIEWS.reject_at_end, 0, 1)
    """adaptive: with the most reviews, rejected if the chance that the message is bad is at least so high."""

    bad_vote_from: float = _rule(0.4, 0.01, 2)
    """adaptive: a review calls a message bad if its answers on spam and wrong language sum to at least so much."""

    p_full_labeling_review_prompt: float = _rule(1.0, 0, 1)
    """Chance that a review of a prompt asks every question."""

    p_full_labeling_review_reply_assistant: float = _rule(1.0, 0, 1)
    """Chance that a review of an assistant reply asks every question."""

    p_full_labeling_review_reply_prompter: float = _rule(0.25, 0, 1)
    """Chance that a review of a user reply asks every question."""

    num_required_rankings: int = _rule(3, 1, 100)
    """Rankings wanted for each set of siblings."""

    ranking_rule: str = _rule(FIXED, choices=(FIXED, ADAPTIVE))
    """fixed: every set of siblings gets the number above. adaptive: another ranking is asked for only while pairs are
    open, as the next five rules say."""

    min_rankings: int = _rule(RANKINGS.minimum, 1, 100)
    """adaptive: rankings before anything is settled."""

    max_rankings: int = _rule(RANKINGS.maximum, 1, 100)
    """adaptive: rankings after which nobody is asked any more."""

    settled_over: str = _rule(RANKINGS.over, choices=("mean", "every"))
    """adaptive: whether a set is settled by the mean of its pairs or by every single one."""

    mean_decided_at: float = _rule(RANKINGS.decided, 0.5, 0.999_999)
    """adaptive, by the mean: the chance that chosen ones are better at which a set is settled."""

    pair_decided_at: float = _rule(0.85, 0.5, 0.999_999)
    """A pair of replies is decided once the chance that the chosen one is better is so high. Causes of splits and
    replays are told by it, and under adaptive it settles sets by every pair."""

    ranked_by: str = _rule("margins", choices=("margins", "winning_votes"))
    """What makes a victory strong in ranked pairs: its margin, or the votes of its winner."""

    weigh_rankers: bool = _rule(False)
    """Whether a ballot counts for the ranks as much as its ranker usually follows the crowd. Preferences are always
    weighted."""

    preference_spread: float = _rule(1.0, 0.01, 100)
    """How far apart siblings usually are, in log odds (standard deviation). Higher: pairs are decided sooner. The
    reliability job prints what it finds."""

    tie_weight: float = _rule(0.5, 0.001, 100)
    """How readily rankers tie two replies: equal ones are tied with chance w / (2 + w)."""

    p_known_answer: float = _rule(0.02, 0, 0.5)
    """Chance that a review asked for is of a message whose verdict is known beyond doubt. It tells how reliable the
    reviewer is; nobody can see the difference. Ours; 0: never."""

    known_answers_per_lang: int = _rule(50, 0, 10_000)
    """Messages per language kept as known answers."""

    known_answer_certainty: float = _rule(0.98, 0.501, 0.999_999)
    """How sure the verdict on a message must be to serve as a known answer."""

    rank_prompter_replies: bool = _rule(False)
    """Whether sibling user replies are ranked too."""

    lonely_children_count: int = _rule(2, 0, 100)
    """A user message with at least one reply but fewer than this is lonely."""

    p_lonely_child_extension: float = _rule(0.75, 0, 1)
    """Chance that a new opening goes to a lonely message first."""

    p_activate_backlog_tree: float = _rule(0.1, 0, 1)
    """Chance to wake a backlog tree each time a tree of its language ends."""

    min_active_rankings_per_lang: int = _rule(0, 0)
    """Wake a backlog tree whenever a language has fewer open rankings than this. 0: never."""

    recent_tasks_span_sec: int = _rule(300, 1, 86_400)
    """Seconds in which a task counts as recent."""

    max_pending_tasks_per_user: int = _rule(8, 1)
    """Tasks one person may hold from that span."""

    auto_mod_enabled: bool = _rule(True)
    """Whether red flags and skips act by themselves."""

    auto_mod_max_skip_reply: int = _rule(25, 1)
    """Skips of replying to one message that halt its tree."""

    auto_mod_red_flags: int = _rule(4, 1)
    """Red flags that delete a reply, or end the tree of a prompt."""

    threshold_language: float = _rule(0.8, 0, 2)
    """Score from which screening keeps it that a text seems to be in another language. Above 1, as for all below:
    never."""

    threshold_personal_data: float = _rule(0.6, 0, 2)
    """Score from which screening keeps what looks like an address, a number or a key of somebody."""

    threshold_near_duplicate: float = _rule(0.6, 0, 2)
    """Share of the text that two messages of a language must have in common to be near-duplicates."""

    threshold_toxicity: float = _rule(0.9, 0, 2)
    """Score from which screening keeps it that a text seems to be toxic."""

    threshold_profanity: float = _rule(0.7, 0, 2)
    """Score from which screening keeps slurs, insults and swear words."""

    threshold_gibberish: float = _rule(0.6, 0, 2)
    """Score from which screening keeps it that a text seems to mean nothing."""

    threshold_injection: float = _rule(0.7, 0, 2)
    """Score from which screening keeps orders to a model that reads the text."""

    threshold_boilerplate: float = _rule(0.7, 0, 2)
    """Score from which screening keeps what models say of themselves."""

    threshold_links: float = _rule(0.7, 0, 2)
    """Score from which screening keeps addresses that may do harm."""

    threshold_zero_tolerance: float = _rule(0.7, 0, 2)
    """Score from which a text is hidden at once and moderators are called."""

    task_requests_per_4_minutes: int = _rule(30, 1)
    """Tasks one person may claim in four minutes."""

    assistant_replies_per_2_minutes: int = _rule(4, 1)
    """Assistant replies one person may ask for by kind in two minutes."""

    prompter_replies_per_2_minutes: int = _rule(8, 1)
    """User replies one person may ask for by kind in two minutes."""

    message_size_limit: int = _rule(2000, 1, 1_000_000)
    """Characters in one message."""

    duplicate_message_window_minutes: int = _rule(120, 0, 525_600)
    """A person's identical text is refused for so long."""

    deadline_write_minutes: int = _rule(60, 1, 43_200)
    """Minutes a writing task is held for one person. Ours: the reference held it for 5 and let everybody else in."""

    deadline_judge_minutes: int = _rule(15, 1, 43_200)
    """Minutes a review or ranking is held for one person. Ours, as above."""

    allow_self_reply: bool = _rule(False)
    """Whether a person may reply to their own message."""

    allow_self_labeling: bool = _rule(False)
    """Whether a person may review their own message."""

    allow_self_ranking: bool = _rule(False)
    """Whether a person may rank a set with their own reply in it."""

    weight_rank: float = _rule(10.0, 0, 1_000_000)
    """Weight of rankings when a person asks for anything."""

    weight_review_reply: float = _rule(5.0, 0, 1_000_000)
    """Weight of reviews of replies."""

    weight_review_prompt: float = _rule(5.0, 0, 1_000_000)
    """Weight of reviews of prompts."""

    weight_reply: float = _rule(2.0, 0, 1_000_000)
    """Weight of writing a reply."""

    weight_prompt: float = _rule(0.01, 0, 1_000_000)
    """Weight of writing a prompt."""

    closest_first: bool = _rule(True)
    """Hand out work of trees closest to completion first. Ours; off: uniformly, as in the reference."""

    @property
    def prompt_disabled_langs(self) -> frozenset[str]:
        return frozenset(lang.strip() for lang in self.init_prompt_disabled_langs.split(",") if lang.strip())

    @property
    def row_id(self) -> int | None:
        """For a foreign key to the stored version; None for rules that were never stored."""
        return self.version or None

    def reviews_needed(self, *, is_prompt: bool) -> int:
        """Reviews that decide a prompt or a reply; the fewest that may, under the adaptive rule."""
        if self.review_rule == ADAPTIVE:
            return self.min_reviews
        return self.num_reviews_initial_prompt if is_prompt else self.num_reviews_reply

    def threshold(self, *, is_prompt: bool) -> float:
        """The score a prompt or a reply must exceed to be accepted."""
        return self.acceptance_threshold_initial_prompt if is_prompt else self.acceptance_threshold_reply

    @property
    def sequential(self) -> SequentialRule:
        """When reviews decide under the adaptive rule. A maximum below the minimum counts as the minimum."""
        return SequentialRule(
            minimum=self.min_reviews,
            maximum=max(self.min_reviews, self.max_reviews),
            base_rate=self.bad_base_rate,
            accept_at=self.accept_at,
            reject_at=self.reject_at,
            reject_at_end=self.reject_at_end,
        )

    @property
    def enough_rankings(self) -> RankingRule:
        """When a set has rankings enough under the adaptive rule."""
        return RankingRule(
            minimum=self.min_rankings,
            maximum=max(self.min_rankings, self.max_rankings),
            decided=self.mean_decided_at if self.settled_over == "mean" else self.pair_decided_at,
            over="mean" if self.settled_over == "mean" else "every",
        )

    @property
    def tie_weights(self) -> tuple[float, float]:
        """Of one reply and of a tie of two, as `ranking` wants them."""
        return (1.0, self.tie_weight)

    def values(self) -> dict[str, Any]:
        """What the database stores: every rule but the version."""
        return {name: value for name, value in asdict(self).items() if name != "version"}


def rule_fields() -> list[Field[Any]]:
    """The rules themselves, in the order of the class."""
    return [f for f in fields(TreeRules) if f.name != "version"]


def parse(values: Mapping[str, Any], *, version: int = 0) -> TreeRules:
    """Rules from stored or typed values; missing ones take their defaults.

    Raises InvalidRules for an unknown name, a wrong type, a value out of range, or values that make no sense together.
    """
    known = {f.name: f for f in rule_fields()}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise InvalidRules(_("There is no rule called %(name)s.") % {"name": ", ".join(unknown)})
    rules = TreeRules(version=version, **{name: _checked(known[name], value) for name, value in values.items()})
    if rules.newcomer_sensitivity + rules.newcomer_specificity <= 1:
        raise InvalidRules(
            _("newcomer_sensitivity and newcomer_specificity must sum to more than 1, or reviews say the opposite.")
        )
    return rules


def check(name: str, value: Any) -> None:
    """Raises InvalidRules if this one rule cannot have this value."""
    _checked({f.name: f for f in rule_fields()}[name], value)


def _checked(rule: Field[Any], value: Any) -> Any:
    wanted: type[Any] = type(rule.default)
    try:
        if (names := rule.metadata["choices"]) is not None and value not in names:
            raise InvalidRules(_refusal(rule.name, value, _("one of %(names)s") % {"names": ", ".join(names)}))
        if wanted is bool:
            value = {"true": True, "1": True, "false": False, "0": False}[str(value).strip().lower()]
        elif wanted is int and float(value) != int(float(value)):
            raise ValueError(value)
        else:
            value = wanted(float(value)) if wanted is int else wanted(value)
    except (KeyError, ValueError, TypeError, OverflowError) as problem:
        raise InvalidRules(
            _refusal(rule.name, value, _("a value of type %(type)s") % {"type": wanted.__name__})
        ) from problem
    low, high = rule.metadata["low"], rule.metadata["high"]
    if isinstance(value, float) and not isfinite(value):
        raise InvalidRules(_refusal(rule.name, value, _("a number")))
    if low is not None and value < low:
        raise InvalidRules(_refusal(rule.name, value, _("at least %(low)s") % {"low": low}))
    if high is not None and value > high:
        raise InvalidRules(_refusal(rule.name, value, _("at most %(high)s") % {"high": high}))
    return value


def _refusal(name: str, value: Any, wanted: str | Promise) -> str:
    return _("%(name)s is %(value)s, but must be %(wanted)s.") % {"name": name, "value": value, "wanted": wanted}
