"""The person who calls: who they are, what they did, and the terms."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts import access
from accounts.access import TERMS_VERSION, TermsChanged
from oasst_web.api.routes import Call, Routes
from oasst_web.api.v2 import schemas
from oasst_web.api.v2.protocol import person_of
from oasst_web.pages import numbers
from stats import awarding

routes = Routes()


@routes.add("GET", "me", people="signed_in", answer=schemas.Myself)
def show_myself(call: Call) -> Any:
    """Who is signed in, and what they did so far."""
    person = person_of(call)
    done = numbers.of(person)
    return {
        "id": person.pk,
        "display_name": person.display_name,
        "email": person.email,
        "role": person.role,
        "status": person.status,
        "lang": person.lang,
        "terms": {
            "version": TERMS_VERSION,
            "accepted_version": person.terms_version,
            "accepted_at": person.terms_accepted_at,
            "accepted": access.accepted_terms(person),
            "url": call.request.build_absolute_uri(reverse("terms")),
        },
        "points": done.score,
        "streak_days": person.streak_days,
        "badges": [
            {"badge": badge.slug, "name": badge.name, "given_for": badge.given_for, "earned_at": earned_at}
            for badge, earned_at in awarding.earned_by(person)
        ],
        "messages": done.messages,
        "reviews": done.reviews,
        "rankings": done.rankings,
    }


@routes.add(
    "POST",
    "me/terms",
    people="signed_in",
    body=schemas.Consent,
    answer=schemas.Myself,
    raises=(TermsChanged,),
    example={"version": TERMS_VERSION},
)
def accept_terms(call: Call) -> Any:
    """Accept the terms. The version is the one the person has read."""
    access.accept_terms(person=person_of(call), now=call.now, version=call.body["version"])
    return show_myself(call)
