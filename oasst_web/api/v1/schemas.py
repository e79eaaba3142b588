"""The published shapes of version 1. Each class is a schema of the same name in Open-Assistant's description."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    ListField,
    UUIDField,
)

from accounts.models import AuthMethod
from tasks.kinds import EMOJIS, LABELS, SKIP_EMOJI, Kind, Mode
from tasks.tree_states import State

Shape = serializers.Serializer[Any]

AUTH_METHODS = [method.value for method in AuthMethod]
#: Kinds of work the reference names. Those that are not in `Kind` were never handed out, there as here.
REQUEST_TYPES = ["random", "summarize_story", "rate_summary", "rank_initial_prompts", *(kind.value for kind in Kind)]
EMOJI_CODES = [*EMOJIS, *SKIP_EMOJI.values()]


class Page(Shape):
    """What every page of a list has beside its `items`."""

    prev = CharField(allow_null=True)
    next = CharField(allow_null=True)
    sort_key = CharField()
    order = ChoiceField(["asc", "desc"])


# --- people


class User(Shape):
    id = CharField(max_length=128, help_text="The id by which the client knows the person.")
    display_name = CharField(max_length=256, allow_blank=True)
    auth_method = ChoiceField(AUTH_METHODS)


class FrontEndUser(Shape):
    user_id = UUIDField()
    id = CharField(help_text="The id by which the client knows the person.")
    display_name = CharField()
    auth_method = CharField()
    enabled = BooleanField()
    deleted = BooleanField()
    notes = CharField(help_text="Empty unless the key moderates.")
    created_date = DateTimeField()
    show_on_leaderboard = BooleanField()
    streak_days = IntegerField(allow_null=True)
    streak_last_day_date = DateTimeField(allow_null=True)
    last_activity_date = DateTimeField(allow_null=True)
    tos_acceptance_date = DateTimeField(allow_null=True)


class CreateFrontendUserRequest(Shape):
    id = CharField(max_length=128)
    display_name = CharField(max_length=256, allow_blank=True)
    auth_method = ChoiceField(AUTH_METHODS)
    show_on_leaderboard = BooleanField(
        required=False, allow_null=True, help_text="Only a key that moderates may set it."
    )
    enabled = BooleanField(required=False, allow_null=True, help_text="Only a key that moderates may set it.")
    tos_acceptance = BooleanField(required=False, allow_null=True)
    notes = CharField(required=False, allow_null=True, allow_blank=True, max_length=1024)


class FrontEndUserPage(Page):
    items = FrontEndUser(many=True)


# --- messages


class ConversationMessage(Shape):
    id = UUIDField()
    user_id = UUIDField(allow_null=True, help_text="Null where the author is not to be known, as in tasks.")
    frontend_message_id = CharField()
    text = CharField()
    lang = CharField()
    is_assistant = BooleanField()
    emojis = DictField(child=IntegerField())
    user_emojis = ListField(child=CharField())
    user_is_author = BooleanField(allow_null=True)
    synthetic = BooleanField(allow_null=True)


class Conversation(Shape):
    messages = ConversationMessage(many=True)


class Message(ConversationMessage):
    parent_id = UUIDField(allow_null=True)
    created_date = DateTimeField()
    review_result = BooleanField(allow_null=True, help_text="Null while the tree grows, unless the key moderates.")
    review_count = IntegerField()
    deleted = BooleanField()
    edited = BooleanField()
    model_name = CharField(allow_null=True)
    message_tree_id = UUIDField()
    ranking_count = IntegerField()
    rank = IntegerField(allow_null=True)
    user = FrontEndUser(allow_null=True, help_text="Only with include_user.")


class MessageTree(Shape):
    id = UUIDField()
    messages = Message(many=True)


class MessagePage(Page):
    items = Message(many=True)


class MessageRevision(Shape):
    id = UUIDField()
    text = CharField()
    message_id = UUIDField()
    user_id = UUIDField(allow_null=True)
    created_date = DateTimeField(allow_null=True)
    user_is_author = BooleanField(allow_null=True)


class MessageTreeStateResponse(Shape):
    message_tree_id = UUIDField()
    state = ChoiceField([state.value for state in State])
    goal_tree_size = IntegerField()
    max_depth = IntegerField()
    max_children_count = IntegerField()
    active = BooleanField()
    origin = CharField(allow_null=True)


class MessageEditRequest(Shape):
    user = User()
    new_content = CharField(trim_whitespace=False)


class MessageEmojiRequest(Shape):
    user = User()
    op = ChoiceField(["toggle", "add", "remove"], default="toggle")
    emoji = ChoiceField(EMOJI_CODES)


# --- tasks


class TaskRequest(Shape):
    type = ChoiceField(REQUEST_TYPES, default="random")
    user = User(required=False, allow_null=True)
    collective = BooleanField(default=False)
    lang = CharField(required=False, allow_null=True, max_length=32)


class Language(Shape):
    lang = CharField(default="en", max_length=32)


#: An answer without content, sent as `null`.
NOTHING = {"type": "null"}

#: A number for each name.
COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}


class TaskAck(Shape):
    message_id = CharField()


class TaskNAck(Shape):
    reason = CharField(required=False, allow_null=True, allow_blank=True)


class TaskClose(Shape):
    message_id = CharField()


class TaskDone(Shape):
    id = UUIDField()
    type = ChoiceField(["task_done"])


class TextReplyToMessage(Shape):
    type = ChoiceField(["text_reply_to_message"])
    user = User()
    message_id = CharField()
    user_message_id = CharField()
    text = CharField(min_length=1)
    lang = CharField(required=False, allow_null=True)


class MessageRating(Shape):
    type = ChoiceField(["message_rating"])
    user = User()
    message_id = CharField()
    rating = IntegerField(min_value=1)


class MessageRanking(Shape):
    type = ChoiceField(["message_ranking"])
    user = User()
    message_id = CharField()
    ranking = ListField(child=IntegerField(), min_length=1)
    not_rankable = BooleanField(required=False, allow_null=True)


class LabelValues(DictField):
    """The website sends an empty list where it has no labels."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({} if data == [] else data)


class TextLabels(Shape):
    type = ChoiceField(["text_labels"], required=False)
    user = User()
    text = CharField(allow_blank=True, trim_whitespace=False, max_length=65_536)
    labels = LabelValues(child=FloatField(min_value=0, max_value=1, allow_null=True))
    message_id = UUIDField()
    task_id = UUIDField(required=False, allow_null=True)
    is_report = BooleanField(required=False, allow_null=True)


INTERACTIONS: dict[str, Shape | type[Shape]] = {
    "text_reply_to_message": TextReplyToMessage,
    "message_rating": MessageRating,
    "message_ranking": MessageRanking,
    "text_labels": TextLabels,
}


class LabelDescription(Shape):
    name = CharField()
    widget = CharField()
    display_text = CharField()
    help_text = CharField(allow_null=True)  # type: ignore[assignment]  # a field here, not the help text of this shape


class ValidLabelsResponse(Shape):
    valid_labels = LabelDescription(many=True)


class InitialPromptTask(Shape):
    id = UUIDField()
    type = ChoiceField(["initial_prompt"])
    hint = CharField(allow_null=True)


class PrompterReplyTask(Shape):
    id = UUIDField()
    type = ChoiceField(["prompter_reply"])
    conversation = Conversation()
    hint = CharField(allow_null=True)


class AssistantReplyTask(Shape):
    id = UUIDField()
    type = ChoiceField(["assistant_reply"])
    conversation = Conversation()


class _RankTask(Shape):
    id = UUIDField()
    conversation = Conversation()
    reply_messages = ConversationMessage(many=True)
    replies = ListField(child=CharField())
    ranking_parent_id = UUIDField()
    message_tree_id = UUIDField()
    reveal_synthetic = BooleanField()


class RankPrompterRepliesTask(_RankTask):
    type = ChoiceField(["rank_prompter_replies"])


class RankAssistantRepliesTask(_RankTask):
    type = ChoiceField(["rank_assistant_replies"])


class _LabelTask(Shape):
    id = UUIDField()
    message_id = UUIDField()
    conversation = Conversation()
    valid_labels = ListField(child=ChoiceField(list(LABELS)))
    mandatory_labels = ListField(child=ChoiceField(list(LABELS)))
    mode = ChoiceField([mode.value for mode in Mode])
    disposition = ChoiceField(["quality", "spam"])
    labels = LabelDescription(many=True)


class LabelInitialPromptTask(_LabelTask):
    type = ChoiceField(["label_initial_prompt"])
    prompt = CharField()


class LabelPrompterReplyTask(_LabelTask):
    type = ChoiceField(["label_prompter_reply"])
    reply = CharField()


class LabelAssistantReplyTask(_LabelTask):
    type = ChoiceField(["label_assistant_reply"])
    reply = CharField()


TASKS: dict[str, Shape | type[Shape]] = {
    "initial_prompt": InitialPromptTask,
    "prompter_reply": PrompterReplyTask,
    "assistant_reply": AssistantReplyTask,
    "rank_prompter_replies": RankPrompterRepliesTask,
    "rank_assistant_replies": RankAssistantRepliesTask,
    "label_initial_prompt": LabelInitialPromptTask,
    "label_prompter_reply": LabelPrompterReplyTask,
    "label_assistant_reply": LabelAssistantReplyTask,
}
