"""The published shapes of version 1 that are about figures and administration."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
    UUIDField,
)

from oasst_web.api.v1.schemas import Page, Shape


class UserScore(Shape):
    rank = IntegerField(allow_null=True)
    user_id = UUIDField()
    highlighted = BooleanField()
    username = CharField()
    auth_method = CharField()
    display_name = CharField()
    leader_score = IntegerField()
    level = IntegerField()
    base_date = DateTimeField(allow_null=True)
    modified_date = DateTimeField(allow_null=True)
    prompts = IntegerField()
    replies_assistant = IntegerField()
    replies_prompter = IntegerField()
    labels_simple = IntegerField()
    labels_full = IntegerField()
    rankings_total = IntegerField()
    rankings_good = IntegerField()
    accepted_prompts = IntegerField()
    accepted_replies_assistant = IntegerField()
    accepted_replies_prompter = IntegerField()
    reply_ranked_1 = IntegerField()
    reply_ranked_2 = IntegerField()
    reply_ranked_3 = IntegerField()
    streak_last_day_date = DateTimeField(allow_null=True)
    streak_days = IntegerField(allow_null=True)
    last_activity_date = DateTimeField(allow_null=True)


class LeaderboardStats(Shape):
    time_frame = CharField()
    last_updated = DateTimeField()
    leaderboard = UserScore(many=True)


class TrollScore(Shape):
    rank = IntegerField(allow_null=True)
    user_id = UUIDField()
    highlighted = BooleanField()
    username = CharField()
    auth_method = CharField()
    display_name = CharField()
    last_activity_date = DateTimeField(allow_null=True)
    enabled = BooleanField()
    deleted = BooleanField()
    show_on_leaderboard = BooleanField()
    troll_score = IntegerField()
    base_date = DateTimeField(allow_null=True)
    modified_date = DateTimeField(allow_null=True)
    red_flags = IntegerField()
    upvotes = IntegerField()
    downvotes = IntegerField()
    spam_prompts = IntegerField()
    quality = FloatField(allow_null=True)
    humor = FloatField(allow_null=True)
    toxicity = FloatField(allow_null=True)
    violence = FloatField(allow_null=True)
    helpfulness = FloatField(allow_null=True)
    spam = IntegerField()
    lang_mismach = IntegerField()
    not_appropriate = IntegerField()
    pii = IntegerField()
    hate_speech = IntegerField()
    sexual_content = IntegerField()
    political_content = IntegerField()


class TrollboardStats(Shape):
    time_frame = CharField()
    last_updated = DateTimeField()
    trollboard = TrollScore(many=True)


class SystemStats(Shape):
    all = IntegerField()
    active = IntegerField()
    active_by_lang = DictField(child=IntegerField())
    deleted = IntegerField()
    message_trees = IntegerField()


class TreeMessageCountStats(Shape):
    message_tree_id = UUIDField()
    state = CharField()
    depth = IntegerField()
    oldest = DateTimeField()
    youngest = DateTimeField()
    count = IntegerField()
    goal_tree_size = IntegerField()


class TreeManagerStats(Shape):
    state_counts = DictField(child=IntegerField())
    message_counts = TreeMessageCountStats(many=True)


class CachedStatsResponse(Shape):
    name = CharField()
    last_updated = DateTimeField()
    stats = JSONField()


class AllCachedStatsResponse(Shape):
    stats_by_name = DictField(child=CachedStatsResponse())


# --- administration


class CreateApiClientRequest(Shape):
    description = CharField(max_length=256)
    frontend_type = CharField(max_length=256)
    trusted = BooleanField(default=False)
    admin_email = serializers.EmailField(required=False, allow_null=True, max_length=256)
    terms_accepted_there = BooleanField(
        default=False, help_text="Not in the published protocol: the client itself shows the terms to its people."
    )


class PublicSettings(Shape):
    PROJECT_NAME = CharField()
    API_V1_STR = CharField()
    MESSAGE_SIZE_LIMIT = IntegerField()
    DEBUG_USE_SEED_DATA = BooleanField()
    DEBUG_ALLOW_SELF_LABELING = BooleanField()
    DEBUG_SKIP_EMBEDDING_COMPUTATION = BooleanField()
    DEBUG_SKIP_TOXICITY_CALCULATION = BooleanField()
    DEBUG_DATABASE_ECHO = BooleanField()
    USER_STATS_INTERVAL_DAY = IntegerField()
    USER_STATS_INTERVAL_WEEK = IntegerField()
    USER_STATS_INTERVAL_MONTH = IntegerField()
    USER_STATS_INTERVAL_TOTAL = IntegerField()


class PurgeResultModel(Shape):
    before = SystemStats()
    after = SystemStats()
    preview = BooleanField()
    duration = FloatField(help_text="Seconds.")


class FlaggedMessageResponse(Shape):
    message_id = UUIDField()
    processed = BooleanField()
    created_date = DateTimeField(allow_null=True)


class FlaggedMessagePage(Page):
    items = FlaggedMessageResponse(many=True)


class MergeUsersRequest(Shape):
    destination_user_id = UUIDField()
    source_user_ids = ListField(child=UUIDField())
