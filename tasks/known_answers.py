"""Messages whose verdict is beyond doubt, reviewed now and then to see how reliable a reviewer is. Nobody can tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from ranking import GoldRules, Tally, choose_gold, gold_candidates
from tasks import locking, verdicts
from tasks.deciding import Heard, chances_to_be_bad, opinion
from tasks.kinds import REVIEW_OF_ROLE, Kind, Mode, Role
from tasks.models import HandedBack, KnownAnswer, Message, Skip, Task, TaskState
from tasks.rules import TreeRules
from tasks.tree_states import State
from tasks.wishes import ANYTHING, Wish

#: Where reviews are asked for anyway. A message nobody replied to looks there like any other that is under review.
IN_USE = (State.GROWING,)
#: Reviews, all of one opinion, that make a verdict known. So many reviewers who contradict it later make it doubtful.
UNANIMOUS = 3


#: What is replied to was accepted, as everybody can see; so was the prompt of a tree that grows.
LEAF_REPLY = Q(parent__isnull=False) & ~Exists(Message.objects.filter(parent=OuterRef("pk")))


def promote(*, now: datetime, rules: TreeRules, rng: Random) -> int:
    """Bring the known answers of every language in order: keep those that still are, retire the others, add new ones.

    Half of them are bad messages where there are so many: a person who finds every message fine must be noticed.
    Returns how many are in use. May run twice, also at once.
    """
    langs = Message.objects.filter(tree__state__in=IN_USE).order_by("lang").values_list("lang", flat=True).distinct()
    gone = KnownAnswer.objects.filter(retired=False).exclude(lang__in=list(langs))
    gone.update(retired=True)
    return sum(_promote_in(lang, now, rules, rng) for lang in list(langs))


@transaction.atomic
def _promote_in(lang: str, now: datetime, rules: TreeRules, rng: Random) -> int:
    locking.lock_language(lang)
    decided = {message.pk: message for message in _decided(lang)}
    tallies = []
    for pk, heard in verdicts.heard_of(decided).items():
        # Whoever was only asked to be measured does not decide what the right answer is.
        first = [review for review in heard if not review.known_answer]
        bad = sum(opinion(review, rules).bad for review in first)
        if _contradicted([review for review in heard if review.known_answer], bad * 2 > len(first), rules):
            continue
        p_bad = chances_to_be_bad(first, verdicts.published_of(decided[pk]), rules)[-1]
        tallies.append(Tally(pk, bad, len(first) - bad, p_bad))
    beyond_doubt = gold_candidates(tallies, GoldRules(votes=UNANIMOUS, certainty=rules.known_answer_certainty))
    # What the crowd is sure of must be what was decided; a verdict once given stands, even a wrong one.
    fitting = {pk: bad for pk, bad in beyond_doubt.items() if isinstance(pk, UUID) and bad != decided[pk].review_result}
    in_use = KnownAnswer.objects.filter(lang=lang, retired=False)
    stay = set(in_use.values_list("pk", flat=True))
    chosen = choose_gold(fitting, rules.known_answers_per_lang, chance=rng, keep=stay)
    in_use.exclude(pk__in=list(chosen)).update(retired=True)
    KnownAnswer.objects.bulk_create(
        (
            KnownAnswer(message_id=pk, lang=lang, kind=REVIEW_OF_ROLE[Role(decided[pk].role)], bad=bad, promoted_at=now)
            for pk, bad in sorted(chosen.items())
            if pk not in stay
        ),
        update_conflicts=True,
        unique_fields=["message"],
        update_fields=["bad", "retired", "promoted_at"],
    )
    return len(chosen)


def _contradicted(measured: Sequence[Heard], bad: bool, rules: TreeRules) -> bool:
    """Whether most of those who were measured by it say otherwise, and they are as many as had agreed."""
    against = sum(opinion(review, rules).bad is not bad for review in measured)
    return against >= UNANIMOUS and against * 2 > len(measured)


def _decided(lang: str) -> list[Message]:
    """Messages that may become known. An edited one is not what its reviewers saw."""
    found = Message.objects.filter(LEAF_REPLY, lang=lang, tree__state__in=IN_USE, deleted=False, edited=False)
    found = found.filter(review_result__isnull=False, review_count__gte=UNANIMOUS).order_by("created_at", "id")
    return list(found.select_related("imported").defer("text"))


def hand_out(
    *,
    person: User,
    lang: str,
    kind: Kind,
    mode: Mode,
    now: datetime,
    expires: datetime,
    rng: Random,
    wish: Wish = ANYTHING,
) -> Task | None:
    """A review of a known message, claimed for this person; None if there is none they never saw and would wish.

    The row is made for this one claim. It is nobody's opening, before or after, so a tree never gets more than it
    wants.
    """
    # Whoever wrote, reviewed or ranked something in the tree may know what became of its messages.
    had_there = Q(claimed_by=person) | Q(last_holder=person)
    worked_there = Task.objects.filter(had_there, tree=OuterRef("message__tree"))
    wrote_there = Message.objects.filter(author=person, tree=OuterRef("message__tree"))
    replied_to = Message.objects.filter(parent=OuterRef("message"))
    declined = Skip.objects.filter(person=person, message=OuterRef("message"), kind=kind)
    returned = HandedBack.objects.filter(person=person, message=OuterRef("message"))
    there = (
        KnownAnswer.objects.filter(lang=lang, kind=kind, retired=False, message__deleted=False, message__edited=False)
        .filter(~Exists(worked_there), ~Exists(wrote_there), ~Exists(replied_to), ~Exists(declined), ~Exists(returned))
        .filter(wish.of_trees("message__tree"), message__tree__state__in=IN_USE)
        .order_by("pk")
        .values_list("pk", "message__tree_id", "message__author_id")
    )
    found = list(there)
    if not found:
        return None
    message_id, tree_id, author_id = rng.choice(found)
    try:
        with transaction.atomic():
            if not locking.lock_message(message_id, IN_USE):
                return None
            task: Task = Task.objects.create(
                kind=kind,
                lang=lang,
                state=TaskState.CLAIMED,
                tree_id=tree_id,
                message_id=message_id,
                author_id=author_id,
                claimed_by=person,
                claimed_at=now,
                expires_at=expires,
                mode=mode,
                known_answer=True,
                created_at=now,
            )
    except IntegrityError as problem:
        if "one_task_per_person_and_message" in str(problem):
            return None  # Another tab of this person just got it.
        raise
    return task
