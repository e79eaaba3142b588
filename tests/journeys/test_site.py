"""From the first prompt to a finished tree, through the pages alone; between them run the jobs, as the clock would."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tasks import jobs
from tasks.models import Message, Tree
from tasks.tree_states import State
from tests.pages.site import rules

pytestmark = pytest.mark.django_db


class Volunteer:
    """A person with a browser, who knows nothing but what the pages say."""

    def __init__(self, number: int) -> None:
        self.client = Client()
        email = f"volunteer{number}@example.org"
        self.follow(self.client.post(reverse("account_request_login_code"), {"email": email}))
        code = re.search(r"^([A-Z0-9-]{6,})$", str(mail.outbox[-1].body), re.MULTILINE)
        assert code
        page = self.follow(self.client.post(reverse("account_confirm_login_code"), {"code": code.group(1)}))
        assert "accept the terms" in page
        page = self.follow(self.client.post(reverse("terms"), {"next": reverse("dashboard")}))
        assert "Which languages do you speak?" in page
        page = self.follow(self.client.post(reverse("welcome_done")))
        assert "What would you like to do?" in page
        self.person = User.objects.get(email=email)

    def follow(self, response: Any) -> str:
        """The page one ends up on."""
        at = response
        while at.status_code == 302:
            self.url = at["Location"]
            at = self.client.get(self.url)
        assert at.status_code == 200, at.content.decode()
        return str(at.content.decode())

    def take(self, kind: str = "") -> str:
        """Take a task; the page of it."""
        return self.follow(self.client.post(reverse("claim"), {"kind": kind}))

    def send(self, **answer: str) -> str:
        """Answer the task one has in front of oneself."""
        return self.follow(self.client.post(self.url, answer))

    def write(self, kind: str, text: str) -> None:
        self.take(kind)
        assert "Thank you" in self.send(text=text)

    def review(self, kind: str) -> None:
        self.take(kind)
        assert "Thank you" in self.send(**{"label-spam": "0", "label-quality": "0.75", "no_flags": "on"})

    def rank(self) -> None:
        page = self.take("rank_assistant_replies")
        fields = re.findall(r'name="(place-[^"]+)"', page)
        texts = [page.index(field) for field in fields]
        assert texts == sorted(texts)
        places = {field: self._place(field) for field in fields}
        assert "Thank you" in self.send(**places)

    def _place(self, field: str) -> str:
        text = Message.objects.get(pk=field.removeprefix("place-")).text
        return "1" if text.startswith("Air scatters") else "2"


def test_a_prompt_becomes_a_finished_tree_through_the_pages() -> None:
    cache.clear()  # this address may only ask for so many codes a minute
    rules(goal_tree_size=4, max_tree_depth=2, max_children_count=2, num_prompter_replies=1)
    jobs.run_lottery()
    one, two, three, four, five = crowd = [Volunteer(number) for number in range(5)]

    one.write("initial_prompt", "Why is the sky blue?")
    page = one.follow(one.client.get(reverse("my_messages")))
    assert "In review" in page
    for reviewer in (two, three, four):
        reviewer.review("label_initial_prompt")
    tree = Tree.objects.get()
    assert tree.state == State.PROMPT_LOTTERY_WAITING

    jobs.run_lottery()
    two.write("assistant_reply", "Air scatters blue light more than red light.")
    three.write("assistant_reply", "Because of the sea.")
    for reviewer in (one, four, five):
        for _reply in range(2):
            reviewer.review("label_assistant_reply")
    one.write("prompter_reply", "And why is it red in the evening?")
    for reviewer in (two, three, four):
        reviewer.review("label_prompter_reply")
    tree.refresh_from_db()
    assert tree.state == State.RANKING

    for ranker in (one, four, five):
        ranker.rank()
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_SCORING
    jobs.score_trees()
    tree.refresh_from_db()
    assert tree.state == State.READY_FOR_EXPORT

    page = one.follow(one.client.get(reverse("tree", args=[tree.pk])))
    assert "Finished: ready for the dataset." in page
    best, second = page.index("Air scatters"), page.index("Because of the sea.")
    assert page.index("Rank 1") < best < page.index("Rank 2") < second
    for volunteer in crowd:
        assert "Nothing is waiting" not in volunteer.follow(volunteer.client.get(reverse("dashboard")))
