"""Pages for moderators: who comes in, and how they find them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db

PAGES = ("agreement", "reliability")


@pytest.mark.parametrize("page", PAGES)
def test_only_moderators_and_administrators_come_in(page: str) -> None:
    url = reverse(page)
    assert client_of(make_person()).get(url).status_code == 403
    assert client_of(make_person(role=Role.ADMIN)).get(url).status_code == 200
    anonymous = Client().get(url)
    assert anonymous.status_code == 302
    assert anonymous["Location"] == f"{reverse('account_request_login_code')}?next={url}"
    assert client_of(make_person(role=Role.ADMIN)).post(url).status_code == 405


@pytest.mark.parametrize("page", PAGES)
def test_moderators_find_the_page_in_the_footer(page: str) -> None:
    link = f'href="{reverse(page)}"'
    moderator = client_of(make_person(role=Role.MODERATOR))
    assert link in moderator.get(reverse("rules")).content.decode()
    assert link not in client_of(make_person()).get(reverse("rules")).content.decode()
