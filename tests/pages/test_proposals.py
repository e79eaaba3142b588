"""Proposals as pages: seen before they are done, confirmed by whom the settings want, refused with an answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, Status, User
from moderation import proposals
from moderation.models import Proposal, ProposalState
from tasks.models import Message
from tests.making import drifts, given, make_tree
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db


def moderator() -> Client:
    return client_of(make_person(role=Role.MODERATOR))


def work() -> None:
    how = given()
    proposals.work(now=how["now"], rng=how["rng"])


def propose(client: Client, troll: User, **changes: Any) -> Proposal:
    asked = {"what": "ban", "reason": "spam", "why": "Ads everywhere", **changes}
    response = client.post(reverse("propose_purge", args=[troll.pk]), asked)
    assert response.status_code == 302
    return Proposal.objects.latest("id")


def page(client: Client, found: Proposal) -> str:
    return client.get(reverse("proposal", args=[found.pk])).content.decode()


def test_what_a_purge_would_take_is_shown_before_anybody_confirms_it() -> None:
    troll, other = make_person("Troll"), make_person("Good faith")
    make_tree(author=troll, replies=1, authors=[other])
    client = moderator()
    found = propose(client, troll)
    assert "Being counted" in page(client, found)
    assert Message.objects.filter(deleted=False).count() == 2
    work()
    shown = page(client, found)
    assert "Waits for somebody to confirm it" in shown
    assert "Ads everywhere" in shown
    client.post(reverse("confirm_proposal", args=[found.pk]))
    work()
    assert "Done" in page(client, found)
    troll.refresh_from_db()
    assert troll.status == Status.DELETED
    assert Message.objects.get(author=other).text
    assert drifts() == []


def test_with_four_eyes_somebody_else_confirms(settings: Any) -> None:
    settings.FOUR_EYES = ["purge"]
    troll = make_person("Troll")
    make_tree(author=troll)
    client = moderator()
    found = propose(client, troll)
    work()
    assert "somebody else has to confirm it" in page(client, found)
    assert client.post(reverse("confirm_proposal", args=[found.pk])).status_code == 403
    other = moderator()
    other.post(reverse("confirm_proposal", args=[found.pk]))
    found.refresh_from_db()
    assert found.state == ProposalState.CONFIRMED


def test_a_refused_proposal_says_why_and_changes_nothing() -> None:
    troll = make_person("Troll")
    make_tree(author=troll)
    client = moderator()
    found = propose(client, troll)
    work()
    assert client.post(reverse("refuse_proposal", args=[found.pk]), {"answer": ""}).status_code == 422
    client.post(reverse("refuse_proposal", args=[found.pk]), {"answer": "A warning will do."})
    assert "A warning will do." in page(client, found)
    assert client.post(reverse("confirm_proposal", args=[found.pk])).status_code == 409
    work()
    assert Message.objects.filter(author=troll, deleted=False).exists()


def test_nobody_proposes_to_purge_somebody_of_the_same_rank() -> None:
    boss = make_person(role=Role.ADMIN)
    assert moderator().get(reverse("propose_purge", args=[boss.pk])).status_code == 403
    assert client_of(make_person()).get(reverse("proposals")).status_code == 403
