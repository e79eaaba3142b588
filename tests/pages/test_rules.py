"""The rules page: who reads and who changes, what a change would do, and what the rules were."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Role
from moderation import proposals
from moderation.models import Action, ActionLog, Proposal, ProposalState
from tasks import rulebook
from tests.making import given
from tests.pages.site import client_of, make_person, make_prompt

pytestmark = pytest.mark.django_db


def values(**changes: Any) -> dict[str, Any]:
    """The form as it is filled in: every rule in force, some of them changed."""
    current = rulebook.in_force()
    return {**current.values(), "version": current.version, "note": "Fewer will do.", **changes}


def test_a_change_is_logged_with_what_was_before_and_after() -> None:
    admin = make_person(role=Role.ADMIN)
    assert client_of(admin).post(reverse("rules"), values(num_reviews_reply=2)).status_code == 302
    assert rulebook.in_force().num_reviews_reply == 2
    line = ActionLog.objects.get()
    assert (line.action, line.by, line.why) == (Action.CHANGE_RULES, admin, "Fewer will do.")
    assert line.before == {"num_reviews_reply": 3}
    assert line.after["num_reviews_reply"] == 2


def test_one_sees_what_a_change_would_do_before_it_is_in_force() -> None:
    client = client_of(make_person(role=Role.ADMIN))
    make_prompt(make_person())
    response = client.post(reverse("rules"), values(num_reviews_reply=2, propose=""))
    proposal = Proposal.objects.get()
    assert response["Location"] == reverse("proposal", args=[proposal.pk])
    assert rulebook.in_force().num_reviews_reply == 3
    how = given()
    proposals.work(now=how["now"], rng=how["rng"])
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.WAITING
    assert proposal.effect
    assert proposal.effect["differences"] == 0
    assert "num_reviews_reply" in client.get(response["Location"]).content.decode()


def test_with_four_eyes_rules_are_only_proposed(settings: Any) -> None:
    settings.FOUR_EYES = ["rules"]
    client = client_of(make_person(role=Role.ADMIN))
    response = client.post(reverse("rules"), values(num_reviews_reply=2))
    assert response.status_code == 403
    page = response.content.decode()
    assert "Propose the change" in page
    assert "Fewer will do." in page
    assert 'value="2"' in page
    assert rulebook.in_force().num_reviews_reply == 3
    assert not ActionLog.objects.exists()


def test_everybody_reads_what_the_rules_were_and_moderators_by_whom() -> None:
    admin = make_person("Ada", role=Role.ADMIN)
    client_of(admin).post(reverse("rules"), values(num_reviews_reply=2))
    client_of(admin).post(reverse("rules"), values(num_reviews_reply=4, note="More after all."))
    for role, named in ((Role.GENERAL, False), (Role.MODERATOR, True)):
        page = client_of(make_person(role=role)).get(reverse("rules_history")).content.decode()
        assert page.index("More after all.") < page.index("Fewer will do.")
        assert "2, since then 4" in page
        assert (">Ada<" in page) == named


def test_only_administrators_change_anything() -> None:
    for role in (Role.GENERAL, Role.MODERATOR):
        for button in ({}, {"propose": ""}):
            response = client_of(make_person(role=role)).post(reverse("rules"), values(num_reviews_reply=2, **button))
            assert response.status_code == 403
    assert not Proposal.objects.exists()
