"""Administrators change the rules of trees: logged, and only by proposal where two have to agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from moderation import proposals
from moderation.log import NotAllowed, log
from moderation.models import Action, Proposed
from tasks import rulebook
from tasks.models import RulesVersion
from tasks.rules import TreeRules


class NeedsAProposal(NotAllowed):
    sentence = _("Rules are changed by two people here. Propose the change: somebody else confirms it.")


@dataclass(frozen=True)
class Change:
    """One version of the rules, and what it changed in the one before it."""

    row: RulesVersion
    changes: tuple[tuple[str, Any, Any], ...]
    """Rule, value before, value since; before is None for a rule that is newer than that version."""


def put_in_force(*, changes: Mapping[str, Any], by: User, note: str, now: datetime) -> TreeRules:
    """Change these rules now. Raises NotAllowed, NeedsAProposal, InvalidRules; then nothing is stored."""
    if not by.is_admin:
        raise NotAllowed(_("Only administrators may do this."))
    if proposals.needs_four_eyes(Proposed.CHANGE_RULES):
        raise NeedsAProposal
    with transaction.atomic():
        before = rulebook.in_force().values()
        changed = rulebook.change(changes=changes, by=by, note=note, now=now)
        log(
            Action.CHANGE_RULES,
            by=by,
            now=now,
            why=note,
            before={name: before[name] for name in changes},
            after={**{name: changed.values()[name] for name in changes}, "version": changed.version},
        )
    return changed


def history() -> Iterator[Change]:
    """Every version ever in force, the newest first, each with what it changed."""
    rows = list(RulesVersion.objects.select_related("created_by").order_by("-version"))
    for at, row in enumerate(rows):
        # Before the first one the defaults held.
        older = rows[at + 1].values if at + 1 < len(rows) else TreeRules().values()
        names = sorted(set(older) | set(row.values))
        yield Change(
            row,
            tuple(
                (name, older.get(name), row.values.get(name))
                for name in names
                # A rule that did not exist yet was not changed: it had no value.
                if name in row.values and name in older and older[name] != row.values[name]
            ),
        )
