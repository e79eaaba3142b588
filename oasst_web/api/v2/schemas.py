"""The shapes of version 2."""

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
    JSONField,
    ListField,
    UUIDField,
)

from accounts.models import Role as PersonRole
from accounts.models import Status
from tasks.kinds import EMOJIS, REPORT_LABELS, Deed, Kind, Mode, Role, SkipReason, Widget
from tasks.tree_states import State

Shape = serializers.Serializer[Any]

KINDS = [kind.value for kind in Kind]
DEEDS = [deed.value for deed in Deed]
ROLES = [role.value for role in Role]


# --- refusals


class ProblemPart(Shape):
    """One thing that is wrong with a request."""

    detail = CharField()
    pointer = CharField(required=False, help_text="Where in the body: a JSON pointer.")
    parameter = CharField(required=False, help_text="Which parameter of the path or the query.")


class Problem(Shape):
    """A refusal: RFC 9457."""

    type = CharField(help_text="Names the kind of problem, for good; `about:blank` if the status says all.")
    title = CharField()
    status = IntegerField()
    detail = CharField(help_text="For people: what happened, and what to do next.")
    instance = CharField(help_text="The address that was called.")
    code = IntegerField(help_text="The same kind as a number, as in version 1.")
    # The metaclass takes fields out of the class, so no attribute of a serializer is hidden.
    errors = ProblemPart(many=True, required=False)  # type: ignore[assignment]  # see above


class ProblemType(Shape):
    """A kind of refusal."""

    type = CharField()
    title = CharField()
    code = IntegerField()
    sentences = ListField(child=CharField(), help_text="What `detail` may say.")


# --- work


class ClaimOrder(Shape):
    """Which work a person wants."""

    kind = ChoiceField(KINDS, allow_null=True, default=None, help_text="Null: any kind.")
    lang = CharField(
        max_length=32, allow_null=True, default=None, help_text="Language of the work; null: the person's own."
    )


class Turn(Shape):
    """A message of the conversation a task is about. Nobody is named: judging is blind."""

    id = UUIDField()
    role = ChoiceField(ROLES)
    text = CharField()


class ReviewQuestion(Shape):
    """A question of a review."""

    name = CharField(help_text="Under which the answer is sent.")
    widget = ChoiceField([widget.value for widget in Widget])
    mandatory = BooleanField()
    question = CharField()
    hint = CharField()
    low = CharField(allow_null=True, help_text="What 0 means, on a scale.")
    high = CharField(allow_null=True, help_text="What 1 means, on a scale.")


class HeldTask(Shape):
    """A task in a person's hands, in short."""

    id = UUIDField()
    kind = ChoiceField(KINDS)
    deed = ChoiceField(DEEDS, help_text="What is done: write, review or rank. It says which body answers it.")
    lang = CharField()
    state = ChoiceField(
        ["held", "late", "answered"],
        help_text="late: the deadline has passed; an answer is still taken while the work is wanted.",
    )
    expires_at = DateTimeField(allow_null=True, help_text="Then it goes back to everybody by itself.")
    message_id = UUIDField(allow_null=True, help_text="What it is about; null for a new prompt.")


class HeldTaskList(Shape):
    items = HeldTask(many=True)


class Assignment(HeldTask):
    """A task with all one needs to do it."""

    title = CharField()
    purpose = CharField()
    mode = ChoiceField([mode.value for mode in Mode], help_text="How many questions a review asks.")
    conversation = Turn(many=True, help_text="From the prompt to the message in question; empty for a new prompt.")
    replies = Turn(many=True, help_text="For rankings: what is ranked, in an order that is this person's own.")
    questions = ReviewQuestion(many=True, help_text="For reviews.")
    message_size_limit = IntegerField(help_text="Characters a message may have.")


class WorkOfKind(Shape):
    kind = ChoiceField(KINDS)
    deed = ChoiceField(DEEDS)
    title = CharField()
    purpose = CharField()
    count = IntegerField()


class AvailableWork(Shape):
    """What this person could claim now."""

    lang = CharField()
    items = WorkOfKind(many=True)


class WorkQuery(Shape):
    lang = CharField(max_length=32, required=False, help_text="Language of the work; the person's own if left out.")


class TextAnswer(Shape):
    """What is written."""

    text = CharField(allow_blank=True, trim_whitespace=False)


class LabelsAnswer(Shape):
    """A review: values from 0 to 1 by label. A question nobody answered has no value."""

    labels = DictField(child=FloatField(min_value=0, max_value=1, allow_null=True))


class OrderAnswer(Shape):
    """A ranking: groups of ids of replies, best first; those in one group are equally good."""

    order = ListField(child=ListField(child=UUIDField(), max_length=1000), max_length=1000)
    not_rankable = BooleanField(default=False, help_text="All replies are wrong, so their order means nothing.")


class AnswerReceipt(Shape):
    """What became of an answer."""

    task_id = UUIDField()
    kind = ChoiceField(KINDS)
    answer_id = UUIDField(help_text="Of the message, review or ranking.")
    message_id = UUIDField(allow_null=True, help_text="The message that was written, if one was.")
    tree_id = UUIDField()
    repeated = BooleanField(help_text="The same answer had been stored before.")


class SkipOrder(Shape):
    """Why a task is declined."""

    reason = ChoiceField([reason.value for reason in SkipReason], allow_null=True, default=None)
    text = CharField(allow_blank=True, default="", max_length=4000, help_text="In the person's own words.")


# --- messages and trees


class Reactions(Shape):
    """Reactions to a message."""

    mine = ListField(child=ChoiceField(list(EMOJIS)))
    counts = DictField(
        child=IntegerField(),
        allow_null=True,
        help_text="Null until this person has reacted, so that nobody follows the crowd.",
    )


class TreeMessage(Shape):
    """A message. Its author is not named."""

    id = UUIDField()
    tree_id = UUIDField()
    parent_id = UUIDField(allow_null=True)
    role = ChoiceField(ROLES)
    text = CharField()
    lang = CharField()
    depth = IntegerField(help_text="0 for the prompt.")
    created_at = DateTimeField()
    mine = BooleanField()
    edited = BooleanField()
    deleted = BooleanField(help_text="Only its author and moderators still see it.")
    synthetic = BooleanField(help_text="Written by a machine.")
    model_name = CharField(allow_null=True)
    verdict = ChoiceField(
        ["accepted", "rejected"],
        allow_null=True,
        help_text="Null until there is one, and for all but its author while the tree grows: judging is blind.",
    )
    rank = IntegerField(allow_null=True, help_text="How many of its siblings are better: 0 is best.")
    reactions = Reactions()


class TreeMessagePage(Shape):
    items = TreeMessage(many=True)
    next = CharField(allow_null=True, help_text="Cursor of the next page.")


class PreferencePair(Shape):
    """How sure the rankings are that one reply is better than its sibling."""

    parent_id = UUIDField()
    chosen_id = UUIDField()
    rejected_id = UUIDField()
    p_better = FloatField(help_text="Chance that `chosen` is the better one; 0.5: the rankings cannot tell.")
    p_chosen = FloatField(help_text="Chance that the next ranker who separates the two prefers `chosen`.")
    p_low = FloatField(help_text="Lower end of the 95 % interval of p_chosen.")
    p_high = FloatField(help_text="Upper end of the 95 % interval of p_chosen.")
    n_votes = IntegerField(help_text="Rankings that put one of the two before the other.")
    n_ties = IntegerField(help_text="Rankings that tied them.")
    flip_margin = IntegerField(help_text="Rankings that would have to reverse the pair to turn their majority.")
    cause = CharField(allow_null=True, help_text="Why the rankers are split; null if they are not.")


class ConversationTree(Shape):
    """A conversation tree, as far as this person may see it."""

    id = UUIDField()
    lang = CharField()
    state = ChoiceField([state.value for state in State])
    created_at = DateTimeField()
    finished_at = DateTimeField(allow_null=True)
    messages = TreeMessage(
        many=True,
        help_text="Parents first. A message one may not see is missing; what is below it names it all the same.",
    )
    preferences = PreferencePair(many=True, help_text="Empty until the tree is finished.")


class Complaint(Shape):
    """What is wrong with a message: labels, words, or both."""

    labels = ListField(child=ChoiceField(list(REPORT_LABELS)), default=list, max_length=len(REPORT_LABELS))
    text = CharField(allow_blank=True, default="", max_length=4000)


class ComplaintFiled(Shape):
    id = IntegerField()
    message_id = UUIDField()
    created_at = DateTimeField()


# --- people and rules


class TermsState(Shape):
    version = IntegerField(help_text="In force.")
    accepted_version = IntegerField(allow_null=True)
    accepted_at = DateTimeField(allow_null=True)
    accepted = BooleanField(help_text="Whether the person accepted the version in force.")
    url = CharField(help_text="Where to read them.")


class EarnedBadge(Shape):
    """A badge the person has."""

    badge = CharField(help_text="Its name for programs; never changes. Events call it the same.")
    name = CharField()
    given_for = CharField()
    earned_at = DateTimeField()


class Myself(Shape):
    """Who calls, and what they did so far."""

    id = UUIDField()
    display_name = CharField(allow_blank=True)
    email = CharField(allow_null=True)
    role = ChoiceField(PersonRole.values)
    status = ChoiceField(Status.values)
    lang = CharField()
    terms = TermsState()
    points = IntegerField()
    streak_days = IntegerField()
    badges = EarnedBadge(many=True, help_text="Newest first.")
    messages = IntegerField()
    reviews = IntegerField()
    rankings = IntegerField()


class Consent(Shape):
    """Which version of the terms the person read and accepts."""

    version = IntegerField(min_value=0, max_value=2**31 - 1)


class Ruleset(Shape):
    """One version of the rules of the trees. It never changes."""

    version = IntegerField()
    in_force = BooleanField()
    created_at = DateTimeField()
    note = CharField(allow_blank=True, help_text="Why the rules were changed.")
    values = DictField(child=JSONField())


class RulesetList(Shape):
    items = Ruleset(many=True, help_text="Newest first; the first is in force.")


# --- events


class EventQuery(Shape):
    wait = IntegerField(min_value=0, max_value=25, default=25, help_text="Seconds after which the stream ends.")
    after = CharField(
        required=False,
        max_length=50,
        help_text="Id of the last event one has, for clients that cannot send the header Last-Event-ID. "
        "`0-0`: everything that is stored.",
    )
