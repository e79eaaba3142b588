"""What the server refuses becomes an exception that carries its problem details (RFC 9457)."""

from __future__ import annotations

from typing import TypeVar, cast

import httpx

from .errors import UnexpectedStatus
from .models.problem import Problem
from .types import Response

T = TypeVar("T")


class Refused(Exception):
    """The server refused. `str()` of it is for people; `problem.type_` and `problem.code` are for programs."""

    def __init__(self, problem: Problem, retry_after: int | None = None) -> None:
        parts = [f"{part.pointer or part.parameter or 'request'}: {part.detail}" for part in problem.errors or []]
        super().__init__("\n".join([problem.detail, *parts]))
        self.problem = problem
        self.retry_after = retry_after
        """Seconds after which it is worth trying again, if the server said so."""


def granted(response: Response[T | Problem]) -> T:
    """What was asked for. Raises Refused; UnexpectedStatus for what is no answer of ours, such as a proxy's page."""
    if isinstance(response.parsed, Problem):
        seconds = response.headers.get("Retry-After", "")
        raise Refused(response.parsed, int(seconds) if seconds.isdigit() else None)
    if not 200 <= response.status_code < 300:
        raise UnexpectedStatus(response.status_code, response.content)
    return cast(T, response.parsed)


def problem_in(response: httpx.Response) -> Problem | None:
    """The problem this response tells of, whatever its status."""
    if response.headers.get("Content-Type", "").partition(";")[0] != "application/problem+json":
        return None
    return Problem.from_dict(response.json())
