"""Everything a person wrote and was told, as one file to take home."""

from __future__ import annotations

import tempfile
from typing import cast

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from exports import takeout
from oasst_web.pages import doors

#: Bytes of a zip that stay in memory; a larger one goes to the disk.
IN_MEMORY = 2**21


@doors.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@doors.limited("takeout")
def data(request: HttpRequest) -> HttpResponse:
    """What is in the file; and, by POST, the file. Banned people get theirs too."""
    if request.method != "POST":
        return render(request, "account/data.html", {"files": takeout.FILES})
    now = timezone.now()
    # Whole before it goes out: a transfer that lasts for minutes must not keep a moment of the database open.
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # the response closes it
    takeout.write(person=doors.person(request), out=cast("tempfile._TemporaryFileWrapper[bytes]", out), now=now)
    out.seek(0)
    name = f"open-assistant-{now:%Y-%m-%d}.zip"
    answer = FileResponse(out, as_attachment=True, filename=name, content_type="application/zip")
    return cast("HttpResponse", answer)  # Sent in pieces, so Django gives it another type.
