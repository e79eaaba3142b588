"""The moderators' boards: objections and how people work, and how fast work gets done."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from moderation import queue
from moderation.severity import Severity, Source
from stats import trolls
from stats.models import Frame
from tasks.models import Review, Task
from tasks.tree_states import State
from tests.making import add_ranking, add_review, make_tree, root_of
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return client_of(make_person("Grace", role=Role.MODERATOR))


def words(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def test_who_is_objected_to_most_comes_first_with_what_others_found(client: Client) -> None:
    author = make_person("Olga")
    make_tree(replies=2, authors=[author], verdict=False)
    trolls.count(frame=Frame.MONTH, now=timezone.now())
    trolls.count(frame=Frame.TOTAL, now=timezone.now())
    page = words(client.get(reverse("trolls"), {"frame": "total"}))
    assert "Olga 3 spam: 3" in page
    assert "Usual" in page
    # Thirty days ago nothing had happened yet.
    assert "Olga" not in words(client.get(reverse("trolls")))


def test_who_judges_fastest(client: Client) -> None:
    hasty = make_person("Hasty")
    for _ in range(10):
        review = add_review(root_of(make_tree(state=State.GROWING)), by=hasty)
        Task.objects.filter(pk=review.task_id).update(
            done_at=timezone.now(), claimed_at=timezone.now() - timedelta(seconds=2)
        )
        Review.objects.filter(pk=review.pk).update(created_at=timezone.now())
    trolls.count(frame=Frame.WEEK, now=timezone.now())
    page = words(client.get(reverse("trolls"), {"frame": "week", "by": "speed"}))
    assert re.search(r"Hasty – – – 2 s – 0 100 % –", page)


def test_nothing_was_counted_yet_and_nonsense_in_the_address(client: Client) -> None:
    page = words(client.get(reverse("trolls"), {"frame": "nonsense", "by": "nonsense"}))
    assert "Nothing was counted yet" in page


def test_every_order_has_a_page(client: Client) -> None:
    make_tree(state=State.RANKING, replies=2)
    trolls.count(frame=Frame.TOTAL, now=timezone.now())
    offered = re.findall(r'<option value="(\w+)"', client.get(reverse("trolls")).content.decode())
    for by in offered:
        assert client.get(reverse("trolls"), {"frame": "total", "by": by}).status_code == 200


def test_what_is_wanted_and_what_was_done_in_each_language(client: Client) -> None:
    tree = make_tree(state=State.RANKING, replies=2, lang="de")
    queue.put(message=root_of(tree), source=Source.REPORT, severity=Severity.LOW, now=timezone.now())
    Task.objects.update(done_at=None)
    page = words(client.get(reverse("throughput")))
    wanted = Task.objects.open().filter(tree=tree).count()
    assert f"Deutsch 0 0 {wanted} 0.0 nobody answers 1" in page
    assert "Nobody answered anything in these days." in page

    ranking = add_ranking(parent=root_of(tree), by=make_person())
    Task.objects.filter(ranking=ranking).update(done_at=timezone.now())
    assert f"Deutsch 0 0 {wanted} 0.1 {7 * wanted}.0 1" in words(client.get(reverse("throughput")))


def test_one_language_alone_and_a_language_that_is_none(client: Client) -> None:
    make_tree(state=State.GROWING, lang="de")
    Task.objects.filter(state="done").update(done_at=timezone.now())
    table = r"<title>[^<]*: 1 written, 3 reviewed, 0 ranked</title>"
    assert re.search(table, client.get(reverse("throughput"), {"lang": "de"}).content.decode())
    assert not re.search(table, client.get(reverse("throughput"), {"lang": "fr"}).content.decode())
    assert re.search(table, client.get(reverse("throughput"), {"lang": "nonsense"}).content.decode())


def test_a_finished_tree_is_in_the_chart(client: Client) -> None:
    tree = make_tree(state=State.READY_FOR_EXPORT)
    tree.finished_at = timezone.now()
    tree.created_at = timezone.now() - timedelta(days=6)
    tree.save()
    page = client.get(reverse("throughput")).content.decode()
    assert "6.0 days" in page
    assert "Nothing came to its end" in page  # no verdict fell in these weeks


def test_only_for_moderators() -> None:
    client = client_of(make_person())
    for name in ("trolls", "throughput"):
        assert client.get(reverse(name)).status_code == 403
