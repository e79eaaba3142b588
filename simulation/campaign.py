"""One simulated campaign: volunteers work until enough trees are exported; what happened is counted."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations
from random import Random
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts import access
from accounts.models import AuthMethod, User
from common.errors import DomainError
from moderation import automatic
from simulation.volunteers import Truth, Volunteer, recruit
from stats import streaks
from tasks import assignment, interactions, lottery, rewards, scoring, work
from tasks.drafts import Draft
from tasks.kinds import KINDS, Deed, Kind, SkipReason
from tasks.models import Message, Task, Tree
from tasks.rules import TreeRules
from tasks.tree_states import State

#: Virtual seconds between two actions of the whole crowd.
PACE = 20
#: Actions between two runs of the jobs.
JOBS_EVERY = 5


@dataclass
class Campaign:
    """State shared by all threads of one simulation. Time is virtual: it passes with the actions."""

    volunteers: int
    until_exported: int
    seed: int
    languages: Sequence[str]
    rules: TreeRules
    max_answers: int
    hand_out: str = "closest"
    """`closest`: the product. `weighted`: kinds by weight, then any task of the kind, as in the reference.
    `uniform`: any open task with the same chance."""
    now: datetime = field(default_factory=timezone.now)

    def __post_init__(self) -> None:
        self.rules = replace(self.rules, closest_first=self.hand_out == "closest")
        self.rng = Random(self.seed)
        self.lock = threading.RLock()
        self.truths: dict[str, Truth] = {}
        self.answers: Counter[Kind] = Counter()
        self.wasted: Counter[str] = Counter()
        self.claims = self.idle = self.steps = self.repeats = 0
        self.ended = ""
        self.crowd: list[Volunteer] = []
        self.finished_before = set(Tree.objects.in_state(State.READY_FOR_EXPORT).values_list("id", flat=True))

    def run(self, threads: int = 1) -> None:
        """Work until the wanted trees are exported, the answers run out, or nobody has anything left to do."""
        self.crowd = recruit(self.volunteers, self.rng, [self._join(n) for n in range(self.volunteers)])
        self._jobs()
        if threads == 1:
            self._work(self.rng)
        else:
            with ThreadPoolExecutor(threads) as pool:
                workers = [pool.submit(self._thread, Random(self.seed + n)) for n in range(threads)]
            for worker in workers:
                worker.result()
        self.now += timedelta(minutes=self.rules.deadline_write_minutes + 1)
        self._jobs()

    def _join(self, number: int) -> User:
        person = User.objects.create_user(
            display_name=f"Simulated volunteer {number + 1}",
            auth_method=AuthMethod.SYSTEM,
            show_on_leaderboard=False,
            created_at=self.now,
            lang=self.languages[number % len(self.languages)],
        )
        access.accept_terms(person=person, now=self.now)
        return person

    def _thread(self, rng: Random) -> None:
        try:
            self._work(rng)
        finally:
            self.ended = self.ended or "a thread broke down"
            connection.close()

    def _work(self, rng: Random) -> None:
        while not self.ended:
            with self.lock:
                self.steps += 1
                self.now += timedelta(seconds=PACE)
                if self.steps % JOBS_EVERY == 0:
                    self._jobs()
                    self._look_around()
                volunteer, now = rng.choice(self.crowd), self.now
            try:
                self._act(volunteer, now, rng)
            except DomainError as refusal:
                with self.lock:
                    self.wasted[type(refusal).__name__] += 1

    def _look_around(self) -> None:
        if self.exported >= self.until_exported:
            self.ended = "enough trees exported"
        elif sum(self.answers.values()) >= self.max_answers:
            self.ended = f"{self.max_answers} answers given"
        elif self.idle > 20 * len(self.crowd):
            self.ended = "nobody had anything left to do"

    @property
    def exported(self) -> int:
        return Tree.objects.in_state(State.READY_FOR_EXPORT).exclude(pk__in=self.finished_before).count()

    def _act(self, volunteer: Volunteer, now: datetime, rng: Random) -> None:
        """Ask for anything, then answer it, forget it, skip it, or answer it twice."""
        person = volunteer.person
        try:
            kind = self._uniform_kind(person, rng) if self.hand_out == "uniform" else None
            task = assignment.claim(person=person, lang=person.lang, kind=kind, now=now, rules=self.rules, rng=rng)
        except DomainError:
            with self.lock:
                self.idle += 1
            raise
        with self.lock:
            self.claims += 1
            self.idle = 0
        behaviour = rng.random()
        if behaviour < volunteer.abandons:
            self._waste("abandoned")
        elif behaviour < volunteer.abandons + volunteer.skips:
            self._waste("skipped")
            assignment.skip(
                task_id=task.pk, by=person, reason=SkipReason.OTHER, text="", now=now, rules=self.rules, rng=rng
            )
        else:
            self._answer(volunteer, task, now, rng)

    def _uniform_kind(self, person: User, rng: Random) -> Kind | None:
        """The kind of an open task drawn from all that this person may take, each with the same chance."""
        there = assignment.available(person=person, lang=person.lang, rules=self.rules)
        return rng.choices(list(there), list(there.values()))[0] if there else None

    def _waste(self, how: str) -> None:
        with self.lock:
            self.wasted[how] += 1

    def _answer(self, volunteer: Volunteer, task: Task, now: datetime, rng: Random) -> None:
        draft, truth = self._draft(volunteer, task, rng)
        for _attempt in range(2 if rng.random() < volunteer.doubles else 1):
            receipt = interactions.submit(
                task_id=task.pk, by=volunteer.person, draft=draft, now=now, rules=self.rules, rng=rng
            )
            with self.lock:
                if receipt.repeated:
                    self.repeats += 1
                else:
                    self.answers[receipt.kind] += 1
            if truth is not None:
                self.truths[str(receipt.answer_id)] = truth

    def _draft(self, volunteer: Volunteer, task: Task, rng: Random) -> tuple[Draft, Truth | None]:
        shown = work.show(task, person=volunteer.person)
        if shown.row.deed is Deed.WRITE:
            return volunteer.write(task.lang, rng, limit=self.rules.message_size_limit)
        if shown.row.deed is Deed.REVIEW:
            assert shown.message is not None
            return volunteer.review(shown, self._truth(shown.message), rng), None
        replies = sorted(shown.replies, key=lambda reply: (reply.created_at, str(reply.pk)))
        return volunteer.rank(replies, {str(reply.pk): self._truth(reply) for reply in replies}, rng), None

    def _truth(self, message: Message) -> Truth:
        """What a message really is; of messages that this simulation did not write, nothing is known."""
        return self.truths.get(str(message.pk), Truth(spam=False, quality=0.5))

    def _jobs(self) -> None:
        """What Celery does in production."""
        given: dict[str, Any] = {"now": self.now, "rules": self.rules, "rng": self.rng}
        assignment.return_expired(**given)
        scoring.score_waiting(**given)
        lang_jobs = [*self.languages]
        for lang in lang_jobs:
            lottery.run_for(lang=lang, **given)
        if self.steps % (JOBS_EVERY * 10) == 0:
            automatic.moderate(**given)
            rewards.settle_points(now=self.now)
            streaks.keep(now=self.now)

    def report(self) -> dict[str, object]:
        """What happened, for the JSON report. Everything but times is equal for equal seeds on an empty database."""
        answers = sum(self.answers.values())
        mine = Tree.objects.exclude(pk__in=self.finished_before)
        return {
            "ended": self.ended,
            "volunteers": self.volunteers,
            "languages": list(self.languages),
            "seed": self.seed,
            "hand_out": self.hand_out,
            "answers": answers,
            "answers_by_kind": {kind.value: self.answers[kind] for kind in KINDS},
            "repeated_submits": self.repeats,
            "trees_by_state": dict(sorted(Counter(mine.values_list("state", flat=True)).items())),
            "exported": self.exported,
            "exported_per_1000_answers": round(1000 * self.exported / max(1, answers), 2),
            "hand_outs": self.claims,
            "came_to_nothing": dict(sorted(self.wasted.items())),
            "truth": self._against_truth(),
            "virtual_hours": round(self.steps * PACE / 3600, 1),
        }

    def _against_truth(self) -> dict[str, object]:
        """How often the crowd was right: verdicts against spam, ranks against quality."""
        with transaction.atomic():
            known = Message.objects.filter(pk__in=list(self.truths), review_result__isnull=False)
            verdicts = [(m.review_result, not self.truths[str(m.pk)].spam) for m in known]
            ranked: dict[object, list[tuple[int, float]]] = {}
            for message in known.filter(rank__isnull=False):
                ranked.setdefault(message.parent_id, []).append((message.rank, self.truths[str(message.pk)].quality))
        pairs = [
            (a, b) for group in ranked.values() for a, b in combinations(group, 2) if a[0] != b[0] and a[1] != b[1]
        ]
        right = sum((a[0] < b[0]) == (a[1] > b[1]) for a, b in pairs)
        return {
            "verdicts": len(verdicts),
            "verdicts_right": _share(sum(said is so for said, so in verdicts), len(verdicts)),
            "spam_accepted": sum(said and not so for said, so in verdicts),
            "ranked_pairs": len(pairs),
            "ranked_pairs_right": _share(right, len(pairs)),
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
