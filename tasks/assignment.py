"""Handing out work: what is available, claim, skip, release, and tasks that come back by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q

from accounts import access, news
from accounts.models import News, NewsKind, User
from common.prepared import Prepared
from tasks import eligibility, known_answers, locking, trees
from tasks.kinds import KINDS, REVIEWING, Deed, Kind, Mode, Pool, SkipReason
from tasks.models import HandedBack, Skip, Task, TaskState
from tasks.refusals import (
    AlreadyFinished,
    AlreadySkipped,
    NothingAvailable,
    NotYours,
    TooManyPending,
    TooManyRequests,
)
from tasks.rules import TreeRules
from tasks.tree_states import Event
from tasks.wishes import ANYTHING, Wish

#: Claims of a person are counted over these windows; see TreeRules for the limits.
ANY_WINDOW = timedelta(minutes=4)
REPLY_WINDOW = timedelta(minutes=2)

_WITH_TREE = Prepared[Task](
    lambda task_id: Task.objects.select_related("message", "tree").filter(pk=task_id), task_id=UUID
)
_ASKED = Prepared[Any](
    lambda task_id: Task.objects.filter(pk=task_id).values_list("kind", "message", "claimed_by", "last_holder"),
    task_id=UUID,
)


@dataclass(frozen=True)
class Fitting:
    """The open rows that fit a person: a condition over `t`, and the values it names."""

    sql: str
    params: dict[str, Any]
    wish: Wish


def _fitting(person: User, lang: str, rules: TreeRules, wish: Wish) -> Fitting:
    """What the person may take and wants."""
    params = {"person": person.pk, "lang": lang, **eligibility.bars(rules)}
    # Added only if wished: the plan of the plain claim stays as it is.
    return Fitting(eligibility.ELIGIBLE + wish.sql, {**params, **wish.params} if wish.sql else params, wish)


def available(*, person: User, lang: str, rules: TreeRules, wish: Wish = ANYTHING) -> dict[Kind, int]:
    """How many tasks of each kind this person could claim now. Asking changes nothing."""
    fitting = _fitting(person, lang, rules, wish)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.kind, count(*) FROM tasks_task t WHERE {fitting.sql} GROUP BY t.kind",  # noqa: S608  # ours
            fitting.params,
        )
        counts = {Kind(kind): count for kind, count in cursor.fetchall()}
    return {kind: counts[kind] for kind in Kind if kind in counts}


@dataclass(frozen=True)
class Want:
    """One kind of work: how many tasks of it a person could claim, and how many conversations wait for these. None
    waits for a new prompt."""

    kind: Kind
    tasks: int
    trees: int


def most_wanted(*, person: User, lang: str, rules: TreeRules, wish: Wish = ANYTHING) -> list[Want]:
    """What this person could claim now, those kinds first for which the most conversations wait.

    Counted are conversations, not tasks: ten reviews that one tree lacks hold up one tree. Kinds that were not wished
    for are left out. Asking changes nothing.
    """
    fitting = _fitting(person, lang, rules, wish)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.kind, count(*), count(DISTINCT t.tree_id) FROM tasks_task t WHERE {fitting.sql} GROUP BY t.kind",  # noqa: S608  # ours
            fitting.params,
        )
        wanted = [Want(Kind(kind), tasks, trees) for kind, tasks, trees in cursor.fetchall()]
    order = list(Kind)
    wanted = [want for want in wanted if not wish.kinds or want.kind in wish.kinds]
    return sorted(wanted, key=lambda want: (-want.trees, -want.tasks, order.index(want.kind)))


def claim(
    *,
    person: User,
    lang: str,
    kind: Kind | None,
    now: datetime,
    rules: TreeRules,
    rng: Random,
    wish: Wish = ANYTHING,
) -> Task:
    """Hand this person one task of the kind, or, without a kind, of a kind drawn by the rules' weights.

    The task is theirs until `expires_at`. Raises NothingAvailable, TooManyPending, TooManyRequests, UserDisabled,
    TermsNotAccepted. Queries: person and limits, what is there (without a kind), the claim.
    """
    _check_limits(person, kind, now, rules)
    fitting = _fitting(person, lang, rules, wish)
    for chosen in [kind] if kind else _draw(fitting, rules, rng):
        task = _claim_one(chosen, person, fitting, now, rules, rng)
        if task is not None:
            return task
    raise NothingAvailable


def _deadline(kind: Kind, now: datetime, rules: TreeRules) -> datetime:
    minutes = rules.deadline_write_minutes if KINDS[kind].deed is Deed.WRITE else rules.deadline_judge_minutes
    return now + timedelta(minutes=minutes)


def _claim_one(kind: Kind, person: User, fitting: Fitting, now: datetime, rules: TreeRules, rng: Random) -> Task | None:
    values = {
        **fitting.params,
        "kind": kind.value,
        "now": now,
        "expires": _deadline(kind, now, rules),
        "mode": _mode(kind, rules, rng).value,
    }
    if KINDS[kind].deed is Deed.REVIEW and rules.p_known_answer and rng.random() < rules.p_known_answer:
        known = _known_answer(kind, person, fitting, values, rng)
        if known is not None:
            return known
    while True:
        try:
            with transaction.atomic():
                return locking.claim_first(eligible=fitting.sql, uniform=not rules.closest_first, params=values)
        except IntegrityError as problem:
            # Two tabs of one person claimed two rows of one message in the same moment: the other tab has it.
            if "one_task_per_person_and_message" not in str(problem):
                raise


def _known_answer(kind: Kind, person: User, fitting: Fitting, values: dict[str, Any], rng: Random) -> Task | None:
    """A known answer in place of an opening. Only where there is an opening: who finds nothing to do must find nothing,
    or the difference would show; and who wished a topic gets only that."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM tasks_task t WHERE t.kind = %(kind)s AND {fitting.sql} LIMIT 1", values)  # noqa: S608  # ours
        if cursor.fetchone() is None:
            return None
    return known_answers.hand_out(
        person=person,
        lang=values["lang"],
        kind=kind,
        mode=Mode(values["mode"]),
        now=values["now"],
        expires=values["expires"],
        rng=rng,
        wish=fitting.wish,
    )


def _mode(kind: Kind, rules: TreeRules, rng: Random) -> Mode:
    chance = {
        Kind.LABEL_INITIAL_PROMPT: rules.p_full_labeling_review_prompt,
        Kind.LABEL_ASSISTANT_REPLY: rules.p_full_labeling_review_reply_assistant,
        Kind.LABEL_PROMPTER_REPLY: rules.p_full_labeling_review_reply_prompter,
    }.get(kind, 1.0)
    return Mode.FULL if rng.random() < chance else Mode.SIMPLE


def _draw(fitting: Fitting, rules: TreeRules, rng: Random) -> Iterator[Kind]:
    """The kinds that have something for this person, pools in an order drawn by weight, kinds of one pool by chance."""
    with connection.cursor() as cursor:
        cursor.execute(
            # Limited inside, so that each kind costs its first fitting row; EXISTS would be joined over all open rows.
            f"""SELECT k.kind FROM unnest(%(kinds)s::text[]) AS k(kind) CROSS JOIN LATERAL (
                SELECT 1 FROM tasks_task t WHERE t.kind = k.kind AND {fitting.sql} ORDER BY t.to_go, t.dice LIMIT 1
            ) AS first""",  # noqa: S608  # ours
            {**fitting.params, "kinds": [kind.value for kind in Kind if kind in (fitting.wish.kinds or Kind)]},
        )
        there = sorted(Kind(row[0]) for row in cursor.fetchall())
    weights = {
        Pool.RANK: rules.weight_rank,
        Pool.REVIEW_REPLY: rules.weight_review_reply,
        Pool.REVIEW_PROMPT: rules.weight_review_prompt,
        Pool.REPLY: rules.weight_reply,
        Pool.PROMPT: rules.weight_prompt,
    }
    pools = [pool for pool in Pool if weights[pool] > 0 and any(KINDS[kind].pool is pool for kind in there)]
    while pools:
        pool = rng.choices(pools, [weights[pool] for pool in pools])[0]
        pools.remove(pool)
        kinds = [kind for kind in there if KINDS[kind].pool is pool]
        rng.shuffle(kinds)
        yield from kinds


def _check_limits(person: User, kind: Kind | None, now: datetime, rules: TreeRules) -> None:
    """One query: the person as they are now, and what they claimed, skipped and gave back lately."""
    recent = timedelta(seconds=rules.recent_tasks_span_sec)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT u.status, u.terms_version,
                count(*) FILTER (WHERE t.state = 'claimed' AND t.claimed_at > %(recent)s),
                count(*) FILTER (WHERE t.claimed_at > %(any)s)
                  + (SELECT count(*) FROM tasks_skip s WHERE s.person_id = u.id AND s.created_at > %(any)s)
                  + (SELECT count(*) FROM tasks_handedback b WHERE b.person_id = u.id AND b.at > %(any)s),
                count(*) FILTER (WHERE t.kind = %(kind)s AND t.claimed_at > %(reply)s)
            FROM accounts_user u LEFT JOIN tasks_task t ON t.claimed_by_id = u.id AND t.claimed_at > %(longest)s
            WHERE u.id = %(person)s GROUP BY u.id
            """,
            {
                "person": person.pk,
                "kind": kind.value if kind else "",
                "recent": now - recent,
                "any": now - ANY_WINDOW,
                "reply": now - REPLY_WINDOW,
                "longest": now - max(recent, ANY_WINDOW, REPLY_WINDOW),
            },
        )
        row = cursor.fetchone()
    status, terms_version, pending, claims, of_kind = row or ("deleted", None, 0, 0, 0)
    person.status, person.terms_version = status, terms_version
    access.check_may_take_part(person)
    if pending >= rules.max_pending_tasks_per_user:
        raise TooManyPending
    limit_of_kind = {
        Kind.ASSISTANT_REPLY: rules.assistant_replies_per_2_minutes,
        Kind.PROMPTER_REPLY: rules.prompter_replies_per_2_minutes,
    }
    if claims >= rules.task_requests_per_4_minutes or (kind in limit_of_kind and of_kind >= limit_of_kind[kind]):
        window = REPLY_WINDOW if claims < rules.task_requests_per_4_minutes else ANY_WINDOW
        raise TooManyRequests(retry_after=int(window.total_seconds()))


def held_task(*, task_id: UUID, by: User) -> Task:
    """The task, if this person holds it, missed its deadline or has answered it. Raises TaskNotFound, NotYours."""
    task = _WITH_TREE.one(task_id=task_id)
    if task is None:
        raise locking.TaskNotFound
    if by.pk not in (task.claimed_by_id, task.last_holder_id):
        raise NotYours
    return task


def asked(*, task_id: UUID, by: User) -> tuple[Kind, UUID | None]:
    """What a task that this person holds, missed or has answered is about: its kind and message. Raises TaskNotFound,
    NotYours."""
    row = _ASKED.one(task_id=task_id)
    if row is None:
        raise locking.TaskNotFound
    kind, message_id, *people = row
    if by.pk not in people:
        raise NotYours
    return Kind(kind), message_id


def review_task_of(*, message_id: UUID, person: User) -> Task:
    """The review of this message that the person holds, missed or gave. Raises TaskNotFound."""
    theirs = Task.objects.filter(Q(claimed_by=person) | Q(last_holder=person), message=message_id, kind__in=REVIEWING)
    task: Task | None = theirs.order_by(F("claimed_by").desc(nulls_last=True)).first()
    if task is None:
        raise locking.TaskNotFound
    return task


@transaction.atomic
def skip(
    *, task_id: UUID, by: User, reason: SkipReason | None, text: str, now: datetime, rules: TreeRules, rng: Random
) -> None:
    """Decline a task for good: it goes back to the others, and this person is never offered it again.

    Raises TaskNotFound, NotYours, AlreadySkipped, AlreadyFinished.
    """
    task, tree = locking.lock_task(task_id)
    if task.state == TaskState.DONE and task.claimed_by_id == by.pk:
        raise AlreadyFinished
    if task.claimed_by_id != by.pk and Skip.objects.filter(person=by, task=task).exists():
        raise AlreadySkipped
    if by.pk not in (task.claimed_by_id, task.last_holder_id):
        raise NotYours
    declined = {"kind": task.kind, "task": task, "reason": reason or "", "text": text, "created_at": now}
    if task.message_id is None:
        Skip.objects.create(person=by, **declined)
    else:
        Skip.objects.get_or_create(person=by, message_id=task.message_id, kind=task.kind, defaults=declined)
        # Whoever declines the work cannot answer it late either, whichever of its rows they had held.
        Task.objects.filter(last_holder=by, message_id=task.message_id, kind=task.kind).update(last_holder=None)
    if task.claimed_by_id == by.pk:
        trees.give_back(task, remember=False)
        if tree is not None:
            trees.advance(tree=tree, event=Event.RETURNED, by=by, now=now, rules=rules, rng=rng)
    elif task.message_id is None:
        Task.objects.filter(pk=task.pk).update(last_holder=None)


@transaction.atomic
def begin(*, task_id: UUID, by: User, now: datetime, rules: TreeRules) -> bool:
    """A task that was claimed ahead comes before its person: from now on they have the whole time for it.

    False, and nothing changes, if they do not hold it any more. Raises TaskNotFound.
    """
    task, _tree = locking.lock_task(task_id)
    if task.state != TaskState.CLAIMED or task.claimed_by_id != by.pk:
        return False
    Task.objects.filter(pk=task.pk).update(expires_at=_deadline(Kind(task.kind), now, rules))
    return True


@transaction.atomic
def release(*, task_id: UUID, by: User, now: datetime, rules: TreeRules, rng: Random) -> None:
    """Give a task back without declining it. Giving back what one no longer holds changes nothing."""
    task, tree = locking.lock_task(task_id)
    if task.state == TaskState.DONE and task.claimed_by_id == by.pk:
        raise AlreadyFinished
    if task.state != TaskState.CLAIMED or task.claimed_by_id != by.pk:
        return
    HandedBack.objects.create(person=by, kind=task.kind, message_id=task.message_id, at=now)
    trees.give_back(task, remember=False)
    if tree is not None:
        trees.advance(tree=tree, event=Event.RETURNED, by=by, now=now, rules=rules, rng=rng)


def return_expired(*, now: datetime, rules: TreeRules, rng: Random) -> int:
    """Return every task past its deadline, one tree per transaction. Returns how many came back."""
    late = Task.objects.past_deadline(now).order_by("expires_at").values_list("id", flat=True)
    return sum(_return_one(task_id, now=now, rules=rules, rng=rng, if_late=True) for task_id in list(late))


def return_all_of(*, person: User, now: datetime, rules: TreeRules, rng: Random) -> int:
    """Return everything a person holds, and take no late answer for it: they were banned, or left."""
    held = list(Task.objects.held_by(person).values_list("id", flat=True))
    return sum(_return_one(task_id, now=now, rules=rules, rng=rng, if_late=False) for task_id in held)


@transaction.atomic
def _return_one(task_id: UUID, *, now: datetime, rules: TreeRules, rng: Random, if_late: bool) -> bool:
    """Look again under the lock: meanwhile the answer may have come, or the task may be in other hands, or gone."""
    try:
        task, tree = locking.lock_task(task_id)
    except locking.TaskNotFound:
        return False  # Given back by its holder, and then not wanted any more. The others must still come back.
    in_time = task.expires_at is not None and task.expires_at > now
    if task.state != TaskState.CLAIMED or (if_late and in_time):
        return False
    if if_late:
        _tell_holder(task, now)
    trees.give_back(task, remember=if_late)
    if tree is not None:
        trees.advance(tree=tree, event=Event.RETURNED, by=None, now=now, rules=rules, rng=rng)
    return True


def _tell_holder(task: Task, now: datetime) -> None:
    """The deadline passed. They may come to hold it again, and lose it again."""
    assert task.claimed_by_id is not None
    line = News(
        person_id=task.claimed_by_id,
        kind=NewsKind.TASK_EXPIRED,
        source=f"{task.pk} {task.claimed_at:%Y-%m-%dT%H:%M:%S.%f}",
        about={"task_id": str(task.pk), "kind": task.kind},
        at=now,
    )
    news.tell([line])
