"""Every page of the site, with who opens it and how: walked by axe, and by the camera for docs/screenshots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from random import Random

from django.urls import reverse
from django.utils import timezone

from accounts import profiles
from accounts.models import User
from moderation import actions, leaving, proposals, reports, sanctions
from moderation.log import Grounds
from moderation.models import Proposed
from moderation.reasons import Reason
from oasst_web.demo import stage
from stats import awarding, boards, goals, public, series, streaks, trolls
from stats.models import Frame
from tasks import assignment, interactions, rewards, rulebook, work
from tasks.drafts import Draft, RankingDraft, ReplyDraft, ReviewDraft
from tasks.kinds import KINDS, Deed, Kind
from tasks.models import Message, Task, Tree
from tasks.tree_states import State
from tests.exports.releasing import make_release, publish, sweep

VOLUNTEER = "demo1@example.org"
NEWCOMER = "demo2@example.org"
ARABIC = "demo6@example.org"
MODERATOR = "demo7@example.org"
ADMIN = "demo8@example.org"


class Scene:
    """The demo, with a volunteer who has done and holds something of every kind."""

    def __init__(self) -> None:
        self.rng = Random(5)
        stage.set_up(now=timezone.now(), rng=self.rng)
        self.volunteer = User.objects.get(email=VOLUNTEER)
        for kind in (Kind.LABEL_ASSISTANT_REPLY, Kind.RANK_ASSISTANT_REPLIES):
            self.answer(self.claim(kind))
        for person in (self.volunteer, User.objects.get(email=ARABIC), User.objects.get(email=MODERATOR)):
            profiles.change(person=person, now=timezone.now(), welcomed_at=timezone.now())
        self.moderate()
        self.count()
        self.release()

    def count(self) -> None:
        """What the jobs do by the clock."""
        now = timezone.now()
        rewards.settle_points(now=now)
        streaks.keep(now=now)
        public.count(now=now)
        series.count(now=now)
        goals.count(now=now)
        for frame in Frame:
            boards.count(frame=frame, now=now)
            trolls.count(frame=frame, now=now)
        awarding.award(now=now, everybody=True)

    def claim(self, kind: Kind, email: str = VOLUNTEER) -> Task:
        """A task in the hands of this person; the one they hold, if they hold one of the kind."""
        person = User.objects.get(email=email)
        held: Task | None = Task.objects.held_by(person).filter(kind=kind).first()
        now, rules = timezone.now(), rulebook.in_force()
        return held or assignment.claim(person=person, lang=person.lang, kind=kind, now=now, rules=rules, rng=self.rng)

    def answer(self, task: Task) -> Task:
        draft: Draft
        shown = work.show(task, person=self.volunteer)
        if KINDS[shown.kind].deed is Deed.RANK:
            draft = RankingDraft.of([[reply.pk] for reply in shown.replies], shown=[r.pk for r in shown.replies])
        else:
            draft = ReviewDraft.of(shown.kind, {"spam": 0.0, "quality": 0.75})
        self.send(task, draft, timezone.now() - timedelta(minutes=3))
        return task

    def send(self, task: Task, draft: Draft, now: datetime) -> None:
        interactions.submit(
            task_id=task.pk, by=self.volunteer, draft=draft, now=now, rules=rulebook.in_force(), rng=self.rng
        )

    @cached_property
    def finished_tree(self) -> Tree:
        tree: Tree = Tree.objects.filter(state=State.READY_FOR_EXPORT, lang="en").order_by("id")[0]
        return tree

    def moderate(self) -> None:
        """Somebody complained, something of the volunteer was removed, and a purge is proposed."""
        moderator, now = User.objects.get(email=MODERATOR), timezone.now()
        given = {"now": now, "rules": rulebook.in_force(), "rng": self.rng}
        text = "This looks like an advert to me."
        reports.report(message_id=self.message.pk, person=self.volunteer, labels=["spam"], text=text, now=now)
        told = "Please write in your own words."
        grounds = Grounds(reason=Reason.COPIED.value, told=told)
        actions.delete_message(
            message_id=self.removed.pk, by=moderator, why="From a web page", grounds=grounds, **given
        )
        sanctions.warn(person_id=self.volunteer.pk, by=moderator, why="Once before", now=now, grounds=grounds)
        made = proposals.propose(
            kind=Proposed.PURGE_PERSON,
            arguments={"ban": True},
            by=moderator,
            why="Adverts only",
            now=now,
            person=User.objects.get(email=NEWCOMER),
            reason=Reason.SPAM,
        )
        proposals.work(now=now, rng=self.rng)
        self.proposal = made.pk

    def release(self) -> None:
        """One dataset is published, something was taken back from it, and another one waits to be signed off."""
        publish(make_release("2026-01", title="Conversations, January", now=timezone.now()))
        author = self.message.author
        assert author is not None
        given = {"now": timezone.now(), "rules": rulebook.in_force(), "rng": self.rng}
        others = Message.objects.filter(tree__state=State.READY_FOR_EXPORT, depth=1, deleted=False)
        gone = others.exclude(tree=self.finished_tree).order_by("id")[0]
        leaving.take_back_one(message_id=gone.pk, person=gone.author, **given)
        sweep(timezone.now())
        make_release("2026-02", title="Conversations, February", now=timezone.now())
        publish(make_release("2026-03", title="Conversations, March", now=timezone.now()))

    @cached_property
    def removed(self) -> Message:
        """A reply that the volunteer wrote just now."""
        task = self.claim(Kind.ASSISTANT_REPLY)
        text = "The tide is the rise and fall of the sea, which follows the moon around the earth."
        self.send(task, ReplyDraft.of(text, limit=2000), timezone.now())
        message: Message = Message.objects.get(task=task)
        return message

    @cached_property
    def own(self) -> Message:
        """A prompt just sent, which its author may correct still, or take back."""
        written = Message.objects.filter(author=self.volunteer, review_count=0, deleted=False).first()
        if written is None:
            task = self.claim(Kind.INITIAL_PROMPT)
            text = "How do I teach a cat to come when I call?"
            self.send(task, ReplyDraft.of(text, limit=2000), timezone.now())
            written = Message.objects.get(task=task)
        return written

    @cached_property
    def message(self) -> Message:
        message: Message = Message.objects.filter(tree=self.finished_tree, depth=1).order_by("id")[0]
        return message


@dataclass(frozen=True)
class Page:
    """One page."""

    name: str
    """Of its picture."""
    address: Callable[[Scene], str]
    who: str = VOLUNTEER
    """E-mail address of a demo person; empty for visitors."""
    route: str = ""
    """Name of its address, where it is not that of the picture."""


def _at(name: str, *args: str) -> Callable[[Scene], str]:
    return lambda _scene: reverse(name, args=args)


def _task(kind: Kind, who: str = VOLUNTEER) -> Callable[[Scene], str]:
    return lambda scene: reverse("task", args=[scene.claim(kind, who).pk])


def _volunteers(name: str) -> Callable[[Scene], str]:
    return lambda scene: reverse(name, args=[scene.volunteer.pk])


def _done(scene: Scene) -> str:
    task = Task.objects.filter(claimed_by=scene.volunteer, state="done").order_by("-done_at")[0]
    return reverse("done", args=[task.pk])


PAGES: tuple[Page, ...] = (
    # For everybody.
    Page("home", _at("home"), who=""),
    Page("about", _at("about"), who=""),
    Page("terms", _at("terms"), who=""),
    Page("privacy", _at("privacy"), who=""),
    Page("statistics", _at("statistics"), who=""),
    Page("datasets", _at("releases"), who="", route="releases"),
    Page("dataset", _at("release_page", "2026-01"), who="", route="release_page"),
    Page("dataset-ledger", _at("ledger"), who="", route="ledger"),
    Page("dataset-since", _at("compare_releases", "2026-03", "2026-01"), who="", route="compare_releases"),
    Page("guidelines", _at("guidelines"), who=""),
    Page("guideline", _at("guideline", Kind.ASSISTANT_REPLY.value), who=""),
    Page("guidelines-labels", _at("label_guidelines"), who="", route="label_guidelines"),
    Page("practices", _at("practices"), who=""),
    Page("practice-review", _at("practice", Kind.LABEL_ASSISTANT_REPLY.value), who="", route="practice"),
    Page("practice-ranking", _at("practice_number", Kind.RANK_ASSISTANT_REPLIES.value, "1"), who="",
         route="practice_number"),
    Page("api-docs", _at("api_docs"), who="", route="api_docs"),
    Page("sign-in", _at("account_request_login_code"), who="", route="account_request_login_code"),
    # The first steps.
    Page("welcome", _at("welcome"), who=NEWCOMER),
    Page("welcome-topics", _at("welcome_topics"), who=NEWCOMER, route="welcome_topics"),
    Page("welcome-practice", _at("welcome_practice"), who=NEWCOMER, route="welcome_practice"),
    # Work.
    Page("dashboard", _at("dashboard")),
    *(Page(f"task-{kind.value.replace('_', '-')}", _task(kind), route="task") for kind in Kind
      if kind is not Kind.RANK_PROMPTER_REPLIES),
    Page("task-arabic", _task(Kind.LABEL_ASSISTANT_REPLY, ARABIC), who=ARABIC, route="task"),
    Page("done", _done),
    Page("correct", lambda scene: reverse("correct", args=[scene.own.pk])),
    # What came of it.
    Page("mine", _at("my_messages"), route="my_messages"),
    Page("mine-reviews", _at("my_reviews"), route="my_reviews"),
    Page("mine-rankings", _at("my_rankings"), route="my_rankings"),
    Page("mine-drafts", _at("drafts"), route="drafts"),
    Page("news", _at("news")),
    Page("tree", lambda scene: reverse("tree", args=[scene.finished_tree.pk])),
    Page("report", lambda scene: reverse("report", args=[scene.message.pk])),
    Page("boards", _at("boards")),
    Page("points", _at("points")),
    Page("badges", _at("badges")),
    Page("rules", _at("rules")),
    Page("rules-history", _at("rules_history"), route="rules_history"),
    Page("mine-removed", _at("removed_messages"), route="removed_messages"),
    Page("mine-removed-one", lambda scene: reverse("removed_message", args=[scene.removed.pk]),
         route="removed_message"),
    Page("mine-notices", _at("notices"), route="notices"),
    Page("dataset-mine", _at("my_release", "2026-01"), route="my_release"),
    Page("take-back", lambda scene: reverse("take_back", args=[scene.own.pk]), route="take_back"),
    # The account.
    Page("account", _at("account")),
    Page("account-use", _at("account_consent"), route="account_consent"),
    Page("account-sign-in", _at("account_sign_in"), route="account_sign_in"),
    Page("account-data", _at("account_data"), route="account_data"),
    Page("account-delete", _at("account_delete"), route="account_delete"),
    # For moderators.
    Page("moderation-queue", _at("moderation_queue"), who=MODERATOR, route="moderation_queue"),
    Page("moderation-item", lambda scene: reverse("moderation_item", args=[scene.message.pk]), who=MODERATOR,
         route="moderation_item"),
    Page("moderation-people", _at("moderated_people"), who=MODERATOR, route="moderated_people"),
    Page("moderation-person", _volunteers("moderated_person"), who=MODERATOR, route="moderated_person"),
    Page("moderation-purge", _volunteers("propose_purge"), who=MODERATOR, route="propose_purge"),
    Page("moderation-merge", _volunteers("merge_person"), who=MODERATOR, route="merge_person"),
    Page("moderation-proposals", _at("proposals"), who=MODERATOR, route="proposals"),
    Page("moderation-proposal", lambda scene: reverse("proposal", args=[scene.proposal]), who=MODERATOR,
         route="proposal"),
    Page("moderation-trees", _at("moderated_trees"), who=MODERATOR, route="moderated_trees"),
    Page("moderation-tree", lambda scene: reverse("moderated_tree", args=[scene.message.tree_id]), who=MODERATOR,
         route="moderated_tree"),
    Page("moderation-boards", _at("trolls"), who=MODERATOR, route="trolls"),
    Page("moderation-throughput", _at("throughput"), who=MODERATOR, route="throughput"),
    Page("moderation-log", _at("audit_log"), who=MODERATOR, route="audit_log"),
    Page("agreement", _at("agreement"), who=MODERATOR),
    Page("reliability", _at("reliability"), who=MODERATOR),
    # For administrators.
    Page("dataset-new", _at("ask_release"), who=ADMIN, route="ask_release"),
    Page("dataset-to-sign", _at("release_page", "2026-02"), who=ADMIN, route="release_page"),
)  # fmt: skip
