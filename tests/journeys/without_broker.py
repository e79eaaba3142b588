"""A program of its own: five hundred people write and report, with a broker that nobody reaches."""

from __future__ import annotations

import sys

import django


def main(people: int) -> None:
    django.setup()
    from django.utils import timezone

    from moderation import reports
    from tasks.drafts import ReplyDraft
    from tasks.kinds import Kind
    from tests.making import claim, make_people, make_tree, root_of, submit

    roots = [root_of(make_tree(goal=200, width=100)) for _ in range(10)]
    for number, person in enumerate(make_people(people)):
        text = f"Write to somebody{number}@mail.waterworks.org, not to me."
        submit(claim(person, Kind.ASSISTANT_REPLY), person, ReplyDraft(text=text))
        root = roots[number % len(roots)]
        reports.report(message_id=root.pk, person=person, labels=["spam"], text=f"{number}", now=timezone.now())


if __name__ == "__main__":
    main(int(sys.argv[1]))
