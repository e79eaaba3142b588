"""What changes much at once: somebody proposes it, a job finds out what it would change, somebody confirms it, and a
job does it. With four eyes, who confirms is not who proposed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from random import Random
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import nudges
from common.errors import DomainError, ErrorCode
from moderation import locking, purging
from moderation.log import Grounds, NotAllowed, check, lock_subject, log
from moderation.models import Action, Proposal, ProposalState, Proposed
from moderation.reasons import Reason
from tasks import replay, rulebook
from tasks.rules import TreeRules

#: Differences of a replay that are kept to be looked at.
LISTED = 20

#: What FOUR_EYES calls each kind.
FOUR_EYES_NAME = {Proposed.PURGE_PERSON: "purge", Proposed.PURGE_MESSAGES: "purge", Proposed.CHANGE_RULES: "rules"}


class ProposalNotFound(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 404
    sentence = _("There is no such proposal.")


class NotWaiting(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("This proposal does not wait for a decision. Reload to see where it stands.")


class NeedsFourEyes(NotAllowed):
    sentence = _("You proposed this. Somebody else has to confirm it.")


class RulesMovedOn(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _("The rules were changed since this was proposed. Propose it anew.")


def needs_four_eyes(kind: str) -> bool:
    """Whether the settings ask for a second person."""
    return FOUR_EYES_NAME[Proposed(kind)] in settings.FOUR_EYES


@transaction.atomic
def propose(
    *,
    kind: Proposed,
    arguments: Mapping[str, Any],
    by: User,
    why: str,
    now: datetime,
    person: User | None = None,
    reason: Reason | None = None,
) -> Proposal:
    """Ask what this would change. Nothing changes yet. Of CHANGE_RULES the arguments are the changes; of the purges the
    arguments of `purging`, times as ISO text. Raises NotAllowed, NotAboveThem, PersonNotFound, InvalidRules."""
    _check(kind, by)
    arguments = dict(arguments)
    if kind == Proposed.CHANGE_RULES:
        arguments = {"changes": replay.changes_in(arguments), "from_version": rulebook.in_force().version}
    else:
        assert person is not None
        lock_subject(person.pk, by=by)
    made = Proposal.objects.create(
        kind=kind, arguments=arguments, person=person, by=by, at=now, reason=reason.value if reason else "", why=why
    )
    after = {"proposal": made.pk, "kind": kind.value}
    log(Action.PROPOSE, by=by, now=now, why=why, grounds=Grounds(reason=made.reason), after=after, person=person)
    nudges.soon("moderation.work_on_proposals")
    return made


@transaction.atomic
def confirm(*, proposal_id: int, by: User, now: datetime) -> Proposal:
    """Let it be done. Raises ProposalNotFound, NotWaiting, NotAllowed, NotAboveThem, NeedsFourEyes."""
    found = _waiting(proposal_id, by)
    if found.by_id == by.pk and needs_four_eyes(found.kind):
        raise NeedsFourEyes
    if found.person_id is not None:
        lock_subject(found.person_id, by=by)
    found.state, found.decided_by, found.decided_at = ProposalState.CONFIRMED, by, now
    found.save(update_fields=["state", "decided_by", "decided_at"])
    nudges.soon("moderation.work_on_proposals")
    return found


@transaction.atomic
def refuse(*, proposal_id: int, by: User, answer: str, now: datetime) -> Proposal:
    """It is not done; who proposed it may refuse it too. Raises ProposalNotFound, NotWaiting, NotAllowed."""
    found = _waiting(proposal_id, by)
    found.state, found.decided_by, found.decided_at = ProposalState.REFUSED, by, now
    found.answer = answer[:500]
    found.save(update_fields=["state", "decided_by", "decided_at", "answer"])
    log(Action.REFUSE_PROPOSAL, by=by, now=now, why=answer, after={"proposal": found.pk}, person=found.person)
    return found


def work(*, now: datetime, rng: Random) -> int:
    """Find out what proposals would change, and do what was confirmed. Returns on how many it worked.

    Nothing is locked while it is done: purges lock tree by tree, and doing one again finishes what broke off.
    """
    worked = 0
    waiting = Proposal.objects.filter(state__in=[ProposalState.COUNTING, ProposalState.CONFIRMED]).order_by("id")
    for found in waiting:
        try:
            if found.state == ProposalState.COUNTING:
                _settle(found, ProposalState.WAITING, effect=_effect(found, now=now, rng=rng), effect_at=now)
            else:
                _settle(found, ProposalState.DONE, effect=_carry_out(found, now=now, rng=rng))
        except DomainError as refusal:
            _settle(found, ProposalState.FAILED, answer=str(refusal)[:500])
        worked += 1
    return worked


@transaction.atomic
def _settle(found: Proposal, state: ProposalState, **changes: Any) -> None:
    """Unless it was refused meanwhile, or another job was quicker."""
    Proposal.objects.filter(pk=found.pk, state=found.state).update(state=state, **changes)


def _effect(found: Proposal, *, now: datetime, rng: Random) -> dict[str, Any]:
    if found.kind == Proposed.CHANGE_RULES:
        return replayed(found.arguments["changes"])
    return _purge(found, preview=True, by=found.by, now=now, rng=rng)


def _carry_out(found: Proposal, *, now: datetime, rng: Random) -> dict[str, Any]:
    if found.kind != Proposed.CHANGE_RULES:
        return _purge(found, preview=False, by=found.decided_by, now=now, rng=rng)
    with transaction.atomic():
        if rulebook.in_force().version != found.arguments["from_version"]:
            raise RulesMovedOn
        before = {name: rulebook.in_force().values()[name] for name in found.arguments["changes"]}
        changed = rulebook.change(changes=found.arguments["changes"], by=found.decided_by, note=found.why, now=now)
        after = {**found.arguments["changes"], "version": changed.version, "proposal": found.pk}
        log(Action.CHANGE_RULES, by=found.decided_by, now=now, why=found.why, before=before, after=after)
    return {**(found.effect or {}), "version": changed.version}


def replayed(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What every stored decision would be under these changes."""
    tally = replay.Tally()
    count = 0
    listed: list[dict[str, Any]] = []
    for difference in replay.replay(changes, tally):
        count += 1
        if len(listed) < LISTED:
            listed.append(asdict(difference))
    return {**vars(tally), "differences": count, "listed": listed}


def _purge(found: Proposal, *, preview: bool, by: User | None, now: datetime, rng: Random) -> dict[str, Any]:
    if by is None or found.person_id is None:
        raise ProposalNotFound
    rules: TreeRules = rulebook.in_force()
    given: dict[str, Any] = {
        "person_id": found.person_id,
        "preview": preview,
        "by": by,
        "why": found.why,
        "now": now,
        "rules": rules,
        "rng": rng,
    }
    if found.kind == Proposed.PURGE_PERSON:
        gone = purging.purge_person(ban=bool(found.arguments.get("ban", True)), **given)
    else:
        since, until = (_time(found.arguments.get(name)) for name in ("since", "until"))
        gone = purging.purge_messages(
            prompts=bool(found.arguments.get("prompts", False)), since=since, until=until, **given
        )
    return {name: dict(value) if isinstance(value, Counter) else value for name, value in asdict(gone).items()}


def _time(value: str | None) -> datetime | None:
    return parse_datetime(value) if value else None


def _check(kind: str, by: User) -> None:
    check(by)
    if kind == Proposed.CHANGE_RULES and not by.is_admin:
        raise NotAllowed(_("Only administrators may do this."))


def _waiting(proposal_id: int, by: User) -> Proposal:
    found = locking.lock_proposal(proposal_id)
    if found is None:
        raise ProposalNotFound
    _check(found.kind, by)
    if found.state != ProposalState.WAITING:
        raise NotWaiting
    return found
