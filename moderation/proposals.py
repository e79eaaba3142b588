"""What changes much at once: somebody proposes it, a job finds out what it would change, somebody confirms it, and a
job does it. With four eyes, who confirms is not who proposed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

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
from moderation.purging import Gone, Slice, Unwanted
from moderation.reasons import Reason
from tasks import replay, rulebook

#: Differences of a replay that are kept to be looked at.
LISTED = 20
#: How what a purge tells is stored: counts by language, and plain numbers.
BY_LANG = ("own_by_lang", "others_by_lang", "kept_by_lang")
NUMBERS = ("removed", "rankings", "trees", "touched", "finished")

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

    A purge is done slice by slice, however long it takes: what was done is stored with the proposal, and the next run
    goes on from there. Nothing is locked between the trees, and doing one again finishes what broke off.
    """
    unfinished = Proposal.objects.filter(state__in=[ProposalState.COUNTING, ProposalState.CONFIRMED])
    # What takes long without a pause comes last, so that nothing has to wait for it.
    found = sorted(unfinished, key=lambda each: (each.kind == Proposed.CHANGE_RULES, each.pk))
    for each in found:
        try:
            if each.kind == Proposed.CHANGE_RULES:
                _change_rules(each, now=now)
            else:
                _purge(each, now=now, rng=rng)
        except DomainError as refusal:
            _settle(each, ProposalState.FAILED, answer=str(refusal)[:500])
    return len(found)


@transaction.atomic
def _settle(found: Proposal, state: ProposalState, **changes: Any) -> None:
    """Unless it was refused meanwhile, or another job was quicker."""
    Proposal.objects.filter(pk=found.pk, state=found.state).update(state=state, **changes)


def _change_rules(found: Proposal, *, now: datetime) -> None:
    if found.state == ProposalState.COUNTING:
        _settle(found, ProposalState.WAITING, effect=replayed(found.arguments["changes"]), effect_at=now)
        return
    with transaction.atomic():
        locked = locking.lock_proposal(found.pk)
        if locked is None or locked.state != found.state:
            return  # Another job was quicker, and has stored a version.
        if rulebook.in_force().version != found.arguments["from_version"]:
            raise RulesMovedOn
        before = {name: rulebook.in_force().values()[name] for name in found.arguments["changes"]}
        changed = rulebook.change(changes=found.arguments["changes"], by=found.decided_by, note=found.why, now=now)
        after = {**found.arguments["changes"], "version": changed.version, "proposal": found.pk}
        log(Action.CHANGE_RULES, by=found.decided_by, now=now, why=found.why, before=before, after=after)
        _settle(found, ProposalState.DONE, effect={**(found.effect or {}), "version": changed.version})


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


def _purge(found: Proposal, *, now: datetime, rng: Random) -> None:
    """One slice of a purge, or of its preview."""
    preview = found.state == ProposalState.COUNTING
    by = found.by if preview else found.decided_by
    if by is None or found.person_id is None:
        raise ProposalNotFound
    so_far = told(found, done=not preview)
    began = monotonic()
    part = purging.purge_some(
        unwanted=unwanted(found),
        after=so_far.after,
        preview=preview,
        by=by,
        why=found.why,
        now=now,
        rules=rulebook.in_force(),
        rng=rng,
        grounds=Grounds(reason=found.reason),
    )
    _add(found, so_far, part, monotonic() - began, now)


def unwanted(found: Proposal) -> Unwanted:
    """What a proposed purge is to remove."""
    assert found.person_id is not None
    asked = found.arguments
    if found.kind == Proposed.PURGE_PERSON:
        return Unwanted(person_id=found.person_id, everything=True, ban=bool(asked.get("ban", True)))
    return Unwanted(
        person_id=found.person_id,
        prompts=bool(asked.get("prompts", False)),
        since=_time(asked.get("since")),
        until=_time(asked.get("until")),
    )


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is known of a purge so far: of its preview, or of what was really done."""

    gone: Gone = field(default_factory=Gone)
    after: UUID | None = None
    left: int | None = None
    """Trees still to come; None before the first slice."""
    seconds: float = 0.0


def told(found: Proposal, *, done: bool = False) -> Told:
    """What a proposed purge would take away, or with `done` what it took."""
    stored = (found.effect or {}).get("done" if done else "preview")
    if stored is None:
        return Told()
    numbers: dict[str, Any] = {name: stored[name] for name in NUMBERS}
    numbers |= {name: Counter(stored[name]) for name in BY_LANG}
    gone = Gone(
        **numbers,
        others=frozenset(UUID(pk) for pk in stored["others"]),
        moves=Counter({(before, after): count for before, after, count in stored["moves"]}),
    )
    after = stored["after"]
    return Told(gone=gone, after=after and UUID(after), left=stored["left"], seconds=stored["seconds"])


@transaction.atomic
def _add(found: Proposal, so_far: Told, part: Slice, seconds: float, now: datetime) -> None:
    """Store what came out. Two jobs may have counted the same slice of a preview: then one of them tells. What each of
    them really took away is added up."""
    preview = found.state == ProposalState.COUNTING
    locked = locking.lock_proposal(found.pk)
    if locked is None or (preview and locked.state != found.state):
        return
    known = told(locked, done=not preview)
    if preview and known.after != so_far.after:
        return
    locked.effect = {
        **(locked.effect or {}),
        "preview" if preview else "done": _stored(known.gone + part.gone, part, known.seconds + seconds),
    }
    if part.after is not None:
        nudges.soon("moderation.work_on_proposals")
    elif preview:
        locked.state, locked.effect_at = ProposalState.WAITING, now
    else:
        locked.state = ProposalState.DONE
    locked.save(update_fields=["effect", "state", "effect_at"])


def _stored(gone: Gone, part: Slice, seconds: float) -> dict[str, Any]:
    return {
        **{name: dict(getattr(gone, name)) for name in BY_LANG},
        **{name: getattr(gone, name) for name in NUMBERS},
        "others": sorted(str(pk) for pk in gone.others),
        "moves": [[before, after, count] for (before, after), count in sorted(gone.moves.items())],
        "after": part.after and str(part.after),
        "left": part.left,
        "seconds": round(seconds, 2),
    }


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
