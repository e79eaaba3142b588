"""`manage.py demo`: people and work for trying the site out."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Role, User
from oasst_web.demo import people
from tasks import inspection, rulebook
from tasks.kinds import Kind
from tasks.models import Message, Task
from tasks.tree_states import State

pytestmark = pytest.mark.django_db


def demo() -> dict[str, object]:
    out = StringIO()
    call_command("demo", json=True, stdout=out, stderr=StringIO())
    report: dict[str, object] = json.loads(out.getvalue())
    return report


def test_the_demo_has_every_kind_of_task_for_a_demo_person_at_once(settings: Settings) -> None:
    settings.DEMO = True
    demo()
    assert User.objects.filter(email__in=people.EMAILS, terms_version__isnull=False).count() == 8
    assert {Role.MODERATOR, Role.ADMIN} <= set(User.objects.values_list("role", flat=True))
    for email in people.EMAILS:
        client = Client()
        client.post(reverse("demo_sign_in"), {"email": email})
        cards = {card.want.kind for card in client.get(reverse("dashboard")).context["cards"]}
        assert cards == set(Kind) - {Kind.RANK_PROMPTER_REPLIES}, email
    assert Message.objects.filter(tree__state=State.READY_FOR_EXPORT, rank=0).exists()


def test_the_demo_may_be_set_up_twice() -> None:
    first, counted = demo(), (User.objects.count(), Message.objects.count(), Task.objects.count())
    second = demo()
    assert first["content_added"]
    assert not second["content_added"]
    assert (User.objects.count(), Message.objects.count(), Task.objects.count()) == counted


def test_the_demo_content_is_what_the_answers_say() -> None:
    demo()
    assert list(inspection.drifts(rulebook.in_force())) == []
