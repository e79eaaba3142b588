"""What the `type` of a problem leads to: the sentences that may come with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rest_framework.serializers import ChoiceField

from common.errors import DomainError, ErrorCode
from oasst_web.api.routes import Call, Routes
from oasst_web.api.v2.protocol import name_of, title_of, type_of
from oasst_web.api.v2.schemas import ProblemType

routes = Routes()

NAMES = {name_of(code): code for code in ErrorCode if code is not ErrorCode.GENERIC_ERROR}


@routes.add("GET", "problems/{name}", params={"name": ChoiceField(list(NAMES))}, answer=ProblemType)
def explain_problem(call: Call) -> Any:
    """What a kind of refusal is about."""
    code = NAMES[call.path["name"]]
    sentences = {str(refusal.sentence) for refusal in _refusals(DomainError) if refusal.code is code}
    return {
        "type": type_of(code),
        "title": title_of(code),
        "code": int(code),
        "sentences": sorted(sentences - {str(DomainError.sentence)}),
    }


def _refusals(base: type[DomainError]) -> Iterator[type[DomainError]]:
    for refusal in base.__subclasses__():
        yield refusal
        yield from _refusals(refusal)
