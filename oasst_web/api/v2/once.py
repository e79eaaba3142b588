"""The Idempotency-Key: a request that is sent again, because its answer was lost, is not done again.

As in the IETF draft: the same key with another request is refused (422), a request whose first copy is still running
too (409). Answers are kept in the cache for a day, refusals are not: what was refused stored nothing and may be sent
again. An answer to a task needs no key, for the task itself is one; so no answer is doubled when the cache forgets.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256

from django.core.cache import cache
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from common.errors import DomainError, ErrorCode
from oasst_web.api.routes import Call

HEADER = "Idempotency-Key"
#: Seconds for which an answer is kept; for which a request may run before its key is free again.
KEPT, RUNNING = 24 * 60 * 60, 60


class KeyReused(DomainError):
    code = ErrorCode.IDEMPOTENCY_KEY_REUSED
    status = 422
    sentence = _("This Idempotency-Key was used for another request. Make up a new one for each request.")


class KeyInUse(DomainError):
    code = ErrorCode.IDEMPOTENCY_KEY_IN_USE
    status = 409
    sentence = _("The same request is being worked on. Send it again in a moment to get its answer.")


def answer(call: Call, given: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The answer to this request, from the first time it came with this key. Raises KeyReused, KeyInUse."""
    key = call.request.headers.get(HEADER)
    if not key or call.person is None:
        return given()
    # The draft writes a string in quotes; most clients leave them out.
    name = f"once:{call.person.pk}:{_print(key.strip().strip(chr(34)))}"
    request = _print(f"{call.request.method} {call.request.path} {json.dumps(call.request.data, sort_keys=True)}")
    if not cache.add(name, {"request": request}, RUNNING):
        found = cache.get(name) or {"request": request}
        if found["request"] != request:
            raise KeyReused
        if "status" not in found:
            raise KeyInUse(retry_after=1)
        return Response(json.loads(found["data"]), status=found["status"], headers=found["headers"])
    try:
        response = given()
    except BaseException:  # Also when the worker is stopped: the name must be free for the next try. It goes on up.
        cache.delete(name)
        raise
    if isinstance(response, Response):
        headers = {header: response[header] for header in ("Location",) if header in response}
        data = JSONRenderer().render(response.data).decode()
        cache.set(name, {"request": request, "status": response.status_code, "data": data, "headers": headers}, KEPT)
    return response


def _print(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
