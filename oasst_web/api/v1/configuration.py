"""The settings that version 1 shows. No secret, host or path is among them: what is not named here is never shown."""

from __future__ import annotations

from typing import Any

from rest_framework.serializers import BooleanField, CharField, ChoiceField, FloatField, IntegerField, ListField

from oasst_web import limits
from oasst_web.api.v1.figure_schemas import PublicSettings
from oasst_web.api.v1.schemas import Shape
from oasst_web.timetable import BOARDS, TIMETABLE
from tasks.assignment import ANY_WINDOW, REPLY_WINDOW
from tasks.kinds import LABELS, LABELS_OF_KIND, MANDATORY_LABELS, Kind
from tasks.rules import TreeRules


def _labels() -> ListField:
    return ListField(child=ChoiceField(list(LABELS)))


class TreeManagerConfiguration(Shape):
    """The rules in force, those that the published protocol knows."""

    max_active_trees = IntegerField()
    max_initial_prompt_review = IntegerField()
    max_tree_depth = IntegerField()
    max_children_count = IntegerField()
    num_prompter_replies = IntegerField()
    goal_tree_size = IntegerField()
    random_goal_tree_size = BooleanField()
    min_goal_tree_size = IntegerField()
    num_reviews_initial_prompt = IntegerField()
    num_reviews_reply = IntegerField()
    auto_mod_enabled = BooleanField()
    auto_mod_max_skip_reply = IntegerField()
    auto_mod_red_flags = IntegerField()
    p_full_labeling_review_prompt = FloatField()
    p_full_labeling_review_reply_assistant = FloatField()
    p_full_labeling_review_reply_prompter = FloatField()
    acceptance_threshold_initial_prompt = FloatField()
    acceptance_threshold_reply = FloatField()
    num_required_rankings = IntegerField()
    p_activate_backlog_tree = FloatField()
    min_active_rankings_per_lang = IntegerField()
    labels_initial_prompt = _labels()
    labels_assistant_reply = _labels()
    labels_prompter_reply = _labels()
    mandatory_labels_initial_prompt = _labels()
    mandatory_labels_assistant_reply = _labels()
    mandatory_labels_prompter_reply = _labels()
    rank_prompter_replies = BooleanField()
    lonely_children_count = IntegerField()
    p_lonely_child_extension = FloatField()
    recent_tasks_span_sec = IntegerField()
    max_pending_tasks_per_user = IntegerField()
    max_prompt_lottery_waiting = IntegerField()
    init_prompt_disabled_langs = CharField(allow_blank=True)


class Settings(PublicSettings):
    RATE_LIMIT = BooleanField()
    DEBUG_ALLOW_SELF_RANKING = BooleanField()
    DEBUG_ALLOW_DUPLICATE_TASKS = BooleanField()
    DEBUG_IGNORE_TOS_ACCEPTANCE = BooleanField()
    DUPLICATE_MESSAGE_FILTER_WINDOW_MINUTES = IntegerField()
    tree_manager = TreeManagerConfiguration()
    USER_STREAK_UPDATE_INTERVAL = IntegerField(help_text="Hours; 0: more often than once an hour.")
    CACHED_STATS_UPDATE_INTERVAL = IntegerField(help_text="Minutes.")
    RATE_LIMIT_TASK_USER_TIMES = IntegerField()
    RATE_LIMIT_TASK_USER_MINUTES = IntegerField()
    RATE_LIMIT_TASK_API_TIMES = IntegerField()
    RATE_LIMIT_TASK_API_MINUTES = IntegerField()
    RATE_LIMIT_ASSISTANT_USER_TIMES = IntegerField()
    RATE_LIMIT_ASSISTANT_USER_MINUTES = IntegerField()
    RATE_LIMIT_PROMPTER_USER_TIMES = IntegerField()
    RATE_LIMIT_PROMPTER_USER_MINUTES = IntegerField()
    TASK_VALIDITY_MINUTES = IntegerField(help_text="Of writing; a review or ranking is held for a shorter time.")


def public(rules: TreeRules) -> dict[str, Any]:
    """What every key may see."""
    return {
        "PROJECT_NAME": "Open-Assistant, continued",
        "API_V1_STR": "/api/v1",
        "MESSAGE_SIZE_LIMIT": rules.message_size_limit,
        "DEBUG_USE_SEED_DATA": False,
        "DEBUG_ALLOW_SELF_LABELING": rules.allow_self_labeling,
        # Neither is computed here, so both are always skipped.
        "DEBUG_SKIP_EMBEDDING_COMPUTATION": True,
        "DEBUG_SKIP_TOXICITY_CALCULATION": True,
        "DEBUG_DATABASE_ECHO": False,
        "USER_STATS_INTERVAL_DAY": BOARDS["day"],
        "USER_STATS_INTERVAL_WEEK": BOARDS["week"],
        "USER_STATS_INTERVAL_MONTH": BOARDS["month"],
        "USER_STATS_INTERVAL_TOTAL": BOARDS["total"],
    }


def full(rules: TreeRules) -> dict[str, Any]:
    """What moderators see besides."""
    reply_minutes = int(REPLY_WINDOW.total_seconds()) // 60
    return {
        **public(rules),
        "RATE_LIMIT": True,
        "DEBUG_ALLOW_SELF_RANKING": rules.allow_self_ranking,
        "DEBUG_ALLOW_DUPLICATE_TASKS": False,
        "DEBUG_IGNORE_TOS_ACCEPTANCE": False,
        "DUPLICATE_MESSAGE_FILTER_WINDOW_MINUTES": rules.duplicate_message_window_minutes,
        "tree_manager": _tree_manager(rules),
        "USER_STREAK_UPDATE_INTERVAL": TIMETABLE["stats.keep_streaks"]["schedule"] // 3600,
        "CACHED_STATS_UPDATE_INTERVAL": TIMETABLE["stats.count_public"]["schedule"] // 60,
        "RATE_LIMIT_TASK_USER_TIMES": rules.task_requests_per_4_minutes,
        "RATE_LIMIT_TASK_USER_MINUTES": int(ANY_WINDOW.total_seconds()) // 60,
        "RATE_LIMIT_TASK_API_TIMES": limits.LIMITS["tasks"],
        "RATE_LIMIT_TASK_API_MINUTES": limits.SECONDS // 60,
        "RATE_LIMIT_ASSISTANT_USER_TIMES": rules.assistant_replies_per_2_minutes,
        "RATE_LIMIT_ASSISTANT_USER_MINUTES": reply_minutes,
        "RATE_LIMIT_PROMPTER_USER_TIMES": rules.prompter_replies_per_2_minutes,
        "RATE_LIMIT_PROMPTER_USER_MINUTES": reply_minutes,
        "TASK_VALIDITY_MINUTES": rules.deadline_write_minutes,
    }


def _tree_manager(rules: TreeRules) -> dict[str, Any]:
    values = rules.values()
    labels = {
        "initial_prompt": Kind.LABEL_INITIAL_PROMPT,
        "assistant_reply": Kind.LABEL_ASSISTANT_REPLY,
        "prompter_reply": Kind.LABEL_PROMPTER_REPLY,
    }
    return {
        **{name: value for name, value in values.items() if name in TreeManagerConfiguration().fields},
        **{f"labels_{what}": list(LABELS_OF_KIND[kind]) for what, kind in labels.items()},
        **{f"mandatory_labels_{what}": list(MANDATORY_LABELS) for what in labels},
    }
