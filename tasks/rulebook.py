"""Which rules are in force, and how they are changed: a new version each time, none ever edited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from common import nudges
from common.prepared import Prepared
from tasks import locking
from tasks import rules as pure
from tasks.models import RulesVersion
from tasks.rules import TreeRules

_NEWEST = Prepared(lambda: RulesVersion.objects.order_by("-version").values_list("version", "values")[:1])


def in_force() -> TreeRules:
    """The newest version; the defaults as long as nobody stored one."""
    newest = _NEWEST.one()
    return version(*newest) if newest else TreeRules()


def version(number: int, values: Mapping[str, Any]) -> TreeRules:
    """Stored values as rules, unchecked: an old version stays readable when a rule goes or its bounds narrow."""
    known = {rule.name for rule in pure.rule_fields()}
    return TreeRules(version=number, **{name: value for name, value in values.items() if name in known})


def versions() -> dict[int, TreeRules]:
    """Every version there ever was, by number."""
    return {row.version: version(row.version, row.values) for row in RulesVersion.objects.all()}


@transaction.atomic
def change(*, changes: Mapping[str, Any], by: User | None, note: str, now: datetime) -> TreeRules:
    """Store a new version with these rules changed. Raises InvalidRules and then stores nothing.

    Trees keep the goal, depth and width they were born with; everything else holds from the next answer on.
    """
    locking.lock_rules()
    values = {**in_force().values(), **changes}
    checked = pure.parse(values)
    row = RulesVersion.objects.create(values=checked.values(), created_by=by, note=note[:500], created_at=now)
    nudges.soon("tasks.recheck_trees")
    return version(row.version, row.values)
