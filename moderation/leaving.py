"""People who leave: their account is closed, and what they wrote stays as nobody's, or is taken back."""

from __future__ import annotations

from datetime import datetime
from random import Random
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import access, profiles, shut_out
from accounts.locking import lock_person
from accounts.models import Consent, Status, User
from moderation import actions, people, queue, removal
from moderation.log import WHY_TAKEN_BACK
from moderation.models import Appeal
from tasks.models import FreeLabels, Message, Ranking, Skip
from tasks.refusals import MessageNotFound
from tasks.rules import TreeRules

#: Messages taken back at one asking: as many as somebody may be made to wait for.
AT_ONCE = 100

#: For the log.
WHY = "They deleted their account."


class Paused(access.UserDisabled):
    sentence = _(
        "This account is paused, and so cannot be deleted here. Write to the moderators: they can do it for you."
    )


def take_back(*, person: User, now: datetime, rules: TreeRules, rng: Random, at_once: int | None = None) -> int:
    """Take some of the person's messages back, and return how many are left; asking again goes on.

    Each is hidden with all that is below it, for nobody can follow an answer to nothing, and its text is removed for
    good in all its versions. What others wrote there is theirs and stays, hidden. Reviews and rankings by the person
    go into no dataset any more; here they count, because verdicts that others gave with them stand. Raises Paused.
    """
    _check(person)
    profiles.change(person=person, now=now, consent=Consent.HERE)
    waiting = Message.objects.filter(author=person).exclude(text="", deleted=True)
    for message_id in list(
        waiting.order_by("depth", "created_at", "id").values_list("id", flat=True)[: at_once or AT_ONCE]
    ):
        _take_back(message_id, now=now, rules=rules, rng=rng)
    return int(waiting.count())


def take_back_one(*, message_id: UUID, person: User, now: datetime, rules: TreeRules, rng: Random) -> None:
    """Take one message of the person back, as `take_back` does; what they give otherwise stays as it is. Raises Paused,
    and MessageNotFound where it is not theirs."""
    _check(person)
    if not Message.objects.filter(pk=message_id, author=person).exists():
        raise MessageNotFound
    _take_back(message_id, now=now, rules=rules, rng=rng)


@transaction.atomic
def _take_back(message_id: UUID, *, now: datetime, rules: TreeRules, rng: Random) -> None:
    try:
        actions.delete_message(message_id=message_id, by=None, why=WHY_TAKEN_BACK, now=now, rules=rules, rng=rng)
    except MessageNotFound:
        return  # Somebody purged it meanwhile.
    removal.remove_texts([message_id])
    # There is nothing left to look at, nor to ask back.
    Appeal.objects.filter(message=message_id, decided_at=None).delete()
    queue.close(message_ids=[message_id])


def leave(*, person: User, takes_back: bool, now: datetime, rules: TreeRules, rng: Random) -> int:
    """Close the account; before that, take back what the person wrote, if they want that. Returns how many messages
    are still to be taken back: while there are any the account stays open, so that its person can go on. Raises Paused.
    """
    _check(person)
    if takes_back:
        left = take_back(person=person, now=now, rules=rules, rng=rng)
        if left:
            return left
        _remove_words(person)
    _keep_out_as_long_as_suspended(person, now)
    people.close_account(person_id=person.pk, by=person, why=WHY, now=now, rules=rules, rng=rng)
    return 0


@transaction.atomic
def _keep_out_as_long_as_suspended(person: User, now: datetime) -> None:
    """Who is suspended may leave, but not come back as somebody new before the suspension would have ended."""
    person = lock_person(person.pk)
    _check(person)  # They may just have been banned.
    if person.status == Status.SUSPENDED:
        shut_out.shut(person=person, now=now)
    else:
        shut_out.let_in(person=person)


def _check(person: User) -> None:
    """A ban is not ended by leaving and coming back."""
    if person.is_banned:
        raise Paused


@transaction.atomic
def _remove_words(person: User) -> None:
    """What they said in their own words beside their messages. Reports stay: moderators acted on them."""
    FreeLabels.objects.filter(person=person).delete()
    Skip.objects.filter(person=person).update(text="")
    Ranking.objects.filter(ranker=person).update(comment="")
