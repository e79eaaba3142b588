"""The demo people: eight volunteers, one of them a moderator and one an administrator."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Role, User


@dataclass(frozen=True)
class DemoPerson:
    email: str
    name: str
    role: Role = Role.GENERAL
    lang: str = "en"


PEOPLE = (
    DemoPerson("demo1@example.org", "Demo volunteer 1"),
    DemoPerson("demo2@example.org", "Demo volunteer 2"),
    DemoPerson("demo3@example.org", "Demo volunteer 3"),
    DemoPerson("demo4@example.org", "Demo volunteer 4"),
    DemoPerson("demo5@example.org", "Demo volunteer 5", lang="de"),
    DemoPerson("demo6@example.org", "Demo volunteer 6", lang="ar"),
    DemoPerson("demo7@example.org", "Demo moderator", role=Role.MODERATOR),
    DemoPerson("demo8@example.org", "Demo administrator", role=Role.ADMIN),
)
EMAILS = tuple(person.email for person in PEOPLE)


def all_of_them() -> list[User]:
    """Those of them that exist, in order."""
    return list(User.objects.filter(email__in=EMAILS).order_by("email"))
