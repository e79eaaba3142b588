"""What costs the site or other people much can be done only so often by one person."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.urls import reverse
from pytest_django import Settings

from moderation.models import Report
from oasst_web import limits
from tasks.tree_states import State
from tests.making import make_tree, root_of
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _from_the_start() -> None:
    cache.clear()
    limits._window.clear()


@pytest.fixture
def _tight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAGES", dict.fromkeys(limits.PAGES, 2))


@pytest.mark.usefixtures("_tight")
def test_reports_come_back_after_too_many_with_what_was_typed() -> None:
    messages = [root_of(make_tree(state=State.GROWING)) for _ in range(4)]
    person = make_person()
    client = client_of(person)
    answers = [
        client.post(reverse("report", args=[message.pk]), {"labels": ["spam"], "text": f"words {number}"})
        for number, message in enumerate(messages)
    ]
    assert [answer.status_code for answer in answers] == [302, 302, 429, 429]
    assert "words 2" in answers[2].content.decode()
    assert 0 < int(answers[2]["Retry-After"]) <= limits.SECONDS
    assert Report.objects.filter(person=person).count() == 2
    # Others are not concerned, and reading is free.
    assert (
        client_of(make_person())
        .post(reverse("report", args=[messages[3].pk]), {"labels": ["spam"], "text": "x"})
        .status_code
        == 302
    )
    assert client.get(reverse("report", args=[messages[3].pk])).status_code == 200


@pytest.mark.usefixtures("_tight")
def test_the_file_with_all_data_is_made_only_so_often() -> None:
    client = client_of(make_person())
    answers = [client.post(reverse("account_data")) for _ in range(3)]
    for answer in answers:
        for close in answer._resource_closers:
            close()
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_every_limit_has_its_page(settings: Settings) -> None:
    pages = settings.ROOT / "oasst_web" / "pages"
    source = "".join(path.read_text(encoding="utf-8") for path in pages.glob("*.py"))
    for what in limits.PAGES:
        assert f'@doors.limited("{what}")' in source
