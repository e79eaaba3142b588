"""The rules of the trees: every version there ever was."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.serializers import IntegerField

from common.errors import DomainError, ErrorCode
from oasst_web.api.routes import Call, Routes
from oasst_web.api.v2 import schemas
from tasks import rulebook
from tasks.models import RulesVersion

routes = Routes()


class RulesNotFound(DomainError):
    code = ErrorCode.RULES_NOT_FOUND
    status = 404
    sentence = _("There is no such version of the rules.")


@routes.add("GET", "rules", people="signed_in", answer=schemas.RulesetList, tagged=True)
def list_rules(call: Call) -> Any:
    """All versions of the rules, newest first."""
    rows = RulesVersion.objects.order_by("-version")
    return {"items": [_shown(row, in_force=number == 0) for number, row in enumerate(rows)]}


@routes.add(
    "GET",
    "rules/{version}",
    people="signed_in",
    params={"version": IntegerField(min_value=1, max_value=2**31 - 1)},
    answer=schemas.Ruleset,
    tagged=True,
    raises=(RulesNotFound,),
)
def show_rules(call: Call) -> Any:
    """One version of the rules."""
    row = RulesVersion.objects.filter(version=call.path["version"]).first()
    if row is None:
        raise RulesNotFound
    return _shown(row, in_force=row.version == rulebook.in_force().version)


def _shown(row: RulesVersion, *, in_force: bool) -> dict[str, Any]:
    """With the default of every rule that came later: that is what held."""
    return {
        "version": row.version,
        "in_force": in_force,
        "created_at": row.created_at,
        "note": row.note,
        "values": rulebook.version(row.version, row.values).values(),
    }
