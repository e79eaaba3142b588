"""Which prompts grow next, how many new prompts are asked for, and when a backlog tree wakes. Runs only in jobs."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from accounts.models import PointEntry, Status
from common.languages import LANGUAGES
from tasks import locking, trees
from tasks.kinds import RANKING, Kind
from tasks.models import Message, Task, TaskState, Tree
from tasks.points import Reason
from tasks.rules import TreeRules
from tasks.tree_states import Event, State

#: How long a first place counts for its author in the draw.
MEMORY = timedelta(days=30)


def run(*, now: datetime, rules: TreeRules, rng: Random) -> None:
    """Bring every language in order: draw prompts, wake backlog trees, open or withdraw prompt tasks."""
    for lang in _languages():
        run_for(lang=lang, now=now, rules=rules, rng=rng)


def _languages() -> list[str]:
    """The languages on offer, and those that only imported trees speak."""
    spoken = Tree.objects.in_state(State.PROMPT_LOTTERY_WAITING, State.BACKLOG_RANKING)
    return sorted({*LANGUAGES, *spoken.values_list("lang", flat=True).distinct()})


@transaction.atomic
def run_for(*, lang: str, now: datetime, rules: TreeRules, rng: Random) -> int:
    """One language, alone: counting and raising happen under its lock, so no limit is passed. Returns trees drawn."""
    locking.lock_language(lang)
    # Read before the trees are counted: a prompt that is sent in between then counts as both, and not as neither.
    prompts = _prompt_tasks(lang)
    up_to_growing = (State.INITIAL_PROMPT_REVIEW, State.PROMPT_LOTTERY_WAITING, State.GROWING)
    trees_of_lang = Tree.objects.in_state(*up_to_growing).filter(lang=lang)
    counts = Counter(dict(trees_of_lang.values_list("state").annotate(Count("id"))))
    drawn = 0
    for _ in range(min(rules.max_active_trees - counts[State.GROWING], counts[State.PROMPT_LOTTERY_WAITING])):
        drawn += _draw_one(lang, now, rules, rng)
    _wake_backlog(lang, now, rules, rng)
    growing, waiting = counts[State.GROWING] + drawn, counts[State.PROMPT_LOTTERY_WAITING] - drawn
    wanted = prompts_wanted(lang, growing, counts[State.INITIAL_PROMPT_REVIEW], waiting, rules)
    _open_prompts(lang, wanted, prompts, now, rng)
    return drawn


def prompts_wanted(lang: str, growing: int, in_review: int, waiting: int, rules: TreeRules) -> int:
    """How many new prompts a language wants: what may grow or be reviewed, as far as the waiting room has places.

    The reference asked for more prompts whenever a tree could still grow, however many waited for their reviews; where
    there are too few reviewers, that never ends.
    """
    if lang in rules.prompt_disabled_langs:
        return 0
    free_growing = max(0, rules.max_active_trees - growing)
    free = max(0, free_growing + rules.max_initial_prompt_review - in_review)
    return min(free, max(0, rules.max_prompt_lottery_waiting - waiting))


def _draw_one(lang: str, now: datetime, rules: TreeRules, rng: Random) -> bool:
    """Draw an author by merit, then one of their prompts by chance, and let its tree grow."""
    prompts: dict[UUID | None, list[UUID]] = defaultdict(list)
    rows = (
        Message.objects.roots()
        .kept()
        .filter(lang=lang, tree__state=State.PROMPT_LOTTERY_WAITING)
        .exclude(author__status__in=[Status.BANNED, Status.DELETED])
        .order_by("created_at", "id")
    )
    for author_id, message_id in rows.values_list("author_id", "id"):
        prompts[author_id].append(message_id)
    if not prompts:
        return False
    first_places = Counter(
        PointEntry.objects.filter(
            person__in=[author for author in prompts if author], reason=Reason.RANKED_FIRST, created_at__gt=now - MEMORY
        ).values_list("person_id", flat=True)
    )
    authors = list(prompts)
    author = rng.choices(authors, [1 + first_places[pk] if pk else 1 for pk in authors])[0]
    tree = locking.lock_tree(rng.choice(prompts[author]))
    before = tree.state
    trees.advance(tree=tree, event=Event.DRAWN, by=None, now=now, rules=rules, rng=rng)
    return tree.state != before


def _prompt_tasks(lang: str) -> tuple[int, list[UUID]]:
    """How many prompts people are writing now, and the openings for more; of one moment, whatever is claimed next."""
    rows = Task.objects.live().filter(kind=Kind.INITIAL_PROMPT, lang=lang).order_by("dice")
    live = list(rows.values_list("id", "state"))
    openings = [pk for pk, state in live if state == TaskState.OPEN]
    return len(live) - len(openings), openings


def _open_prompts(lang: str, wanted: int, prompts: tuple[int, list[UUID]], now: datetime, rng: Random) -> None:
    """Make the openings for new prompts as many as wanted, counting those in somebody's hands."""
    held, openings = prompts
    free = max(0, wanted - held)
    trees.close(openings[free:])
    Task.objects.bulk_create(
        Task(kind=Kind.INITIAL_PROMPT, lang=lang, dice=rng.random(), created_at=now)
        for _ in range(free - len(openings))
    )


def _wake_backlog(lang: str, now: datetime, rules: TreeRules, rng: Random) -> None:
    """For every tree that ended, wake one from the backlog by chance; and one more while rankings are scarce."""
    ended = locking.lock_ended_trees(lang)
    wake = sum(rng.random() < rules.p_activate_backlog_tree for _ in ended)
    Tree.objects.filter(pk__in=ended).update(end_due=False)
    if rules.min_active_rankings_per_lang:
        open_rankings = Task.objects.live().filter(lang=lang, kind__in=RANKING).values("message").distinct().count()
        wake += open_rankings < rules.min_active_rankings_per_lang
    for _ in range(wake):
        if not wake_one(lang=lang, now=now, rules=rules, rng=rng):
            break


def wake_one(*, lang: str, now: datetime, rules: TreeRules, rng: Random) -> Tree | None:
    """Wake the oldest backlog tree that has something to rank; those that have nothing end on the way."""
    while True:
        backlog = Tree.objects.in_state(State.BACKLOG_RANKING).filter(lang=lang).order_by("created_at", "id")
        tree = locking.lock_next_tree(backlog)
        if tree is None:
            return None
        trees.advance(tree=tree, event=Event.ACTIVATED, by=None, now=now, rules=rules, rng=rng)
        if tree.state != State.ABORTED_LOW_GRADE:
            return tree
