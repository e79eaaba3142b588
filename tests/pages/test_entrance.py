"""Coming in: by code, as a demo person, through the terms."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django import Settings

from accounts.models import Status, User
from oasst_web.demo import people
from tests.pages.site import client_of, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def ask_for_code(client: Client, email: str, **query: str) -> str:
    url = reverse("account_request_login_code", query=query or None)
    response = client.post(url, {"email": email})
    assert response.status_code == 302, response.content.decode()
    assert response["Location"].startswith(reverse("account_confirm_login_code"))
    return code_in(str(mail.outbox[-1].body))


def code_in(body: str) -> str:
    found = re.search(r"^([A-Z0-9-]{6,})$", body, re.MULTILINE)
    assert found, body
    return found.group(1)


def without_code(message: mail.EmailMessage) -> str:
    body = str(message.body)
    return body.replace(code_in(body), "")


def test_a_new_address_gets_an_account_and_a_plain_mail(client: Client) -> None:
    code = ask_for_code(client, "New.Person@Example.org")
    assert mail.outbox[0].to == ["new.person@example.org"]
    assert isinstance(mail.outbox[0], mail.EmailMultiAlternatives)
    assert not mail.outbox[0].alternatives
    response = client.post(reverse("account_confirm_login_code"), {"code": code})
    assert response["Location"] == reverse("dashboard")
    person = User.objects.get(email="new.person@example.org")
    assert client.session["_auth_user_id"] == str(person.pk)
    assert not person.has_usable_password()
    assert EmailAddress.objects.get(user=person).verified


def test_a_known_address_gets_the_same_page_and_the_same_mail(client: Client) -> None:
    known = make_person()
    ask_for_code(client, known.email or "")
    ask_for_code(Client(), "unknown@example.org")
    first, second = mail.outbox
    assert without_code(first) == without_code(second)
    assert User.objects.filter(email=known.email).count() == 1


def test_a_new_person_works_in_the_language_of_their_browser(client: Client) -> None:
    client.post(
        reverse("account_request_login_code"), {"email": "a@example.org"}, headers={"accept-language": "pt;q=0.9,xx"}
    )
    assert User.objects.get(email="a@example.org").lang == "pt-BR"


def test_one_gets_where_one_wanted_to_be(client: Client) -> None:
    asked = client.get(reverse("my_messages"))
    assert asked["Location"] == f"{reverse('account_request_login_code')}?next={reverse('my_messages')}"
    code = ask_for_code(client, "a@example.org", next=reverse("my_messages"))
    url = reverse("account_confirm_login_code", query={"next": reverse("my_messages")})
    assert client.post(url, {"code": code})["Location"] == reverse("my_messages")


def test_nobody_is_sent_to_another_site(client: Client) -> None:
    code = ask_for_code(client, "a@example.org", next="https://evil.example/")
    url = reverse("account_confirm_login_code", query={"next": "https://evil.example/"})
    assert client.post(url, {"code": code})["Location"] == reverse("dashboard")
    assert client.post(reverse("terms"), {"next": "//evil.example/"})["Location"] == reverse("welcome")
    assert client.post(reverse("choose_theme"), {"next": "https://evil.example/"})["Location"] == reverse("home")


def test_a_next_page_that_is_no_address_is_passed_over(client: Client) -> None:
    code = ask_for_code(client, "a@example.org", next="http://[")
    url = reverse("account_confirm_login_code", query={"next": "http://["})
    assert client.post(url, {"code": code})["Location"] == reverse("dashboard")
    assert client.get(reverse("account_request_login_code", query={"next": "http://["})).status_code == 302


def test_a_wrong_code_is_explained_and_too_many_begin_anew(client: Client) -> None:
    ask_for_code(client, "a@example.org", next=reverse("rules"))
    url = reverse("account_confirm_login_code", query={"next": reverse("rules")})
    response = client.post(url, {"code": "WRONG1"})
    assert "This is not the code we sent" in response.content.decode()
    client.post(url, {"code": "WRONG2"})
    response = client.post(url, {"code": "WRONG3"})
    assert (
        response["Location"] == f"{reverse('account_request_login_code')}?next={reverse('rules').replace('/', '%2F')}"
    )
    page = client.get(response["Location"]).content.decode()
    assert "too many attempts" in page
    assert "expired" not in page


def test_an_expired_code_is_explained(client: Client, settings: Settings) -> None:
    code = ask_for_code(client, "a@example.org")
    settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT = -1
    response = client.post(reverse("account_confirm_login_code"), {"code": code})
    assert response.status_code == 302
    assert "has expired" in client.get(response["Location"]).content.decode()


def test_a_mistyped_address_can_be_corrected(client: Client) -> None:
    ask_for_code(client, "tpyo@example.org")
    assert client.get(reverse("account_request_login_code")).status_code == 200
    code = ask_for_code(client, "typo@example.org")
    client.post(reverse("account_confirm_login_code"), {"code": code})
    assert User.objects.get(pk=client.session["_auth_user_id"]).email == "typo@example.org"


def test_a_deleted_account_does_not_open(client: Client) -> None:
    person = make_person(status=Status.DELETED)
    code = ask_for_code(client, person.email or "")
    response = client.post(reverse("account_confirm_login_code"), {"code": code}, follow=True)
    assert response.status_code == 403
    assert "This account is closed" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_there_are_no_pages_for_passwords_and_sign_up() -> None:
    for name in ("account_signup", "account_reset_password", "account_change_password", "account_email"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_signing_out_needs_a_post() -> None:
    client = client_of(make_person())
    assert client.get(reverse("account_logout")).status_code == 405
    assert client.post(reverse("account_logout"))["Location"] == reverse("home")
    assert "_auth_user_id" not in client.session


def test_demo_people_do_not_exist_without_the_demo(client: Client, settings: Settings) -> None:
    person = User.objects.create_user(people.EMAILS[0])
    settings.DEMO = False
    assert client.post(reverse("demo_sign_in"), {"email": person.email}).status_code == 404
    assert people.EMAILS[0] not in client.get(reverse("account_request_login_code")).content.decode()
    settings.DEMO = True
    assert people.EMAILS[0] in client.get(reverse("account_request_login_code")).content.decode()
    assert client.post(reverse("demo_sign_in"), {"email": person.email})["Location"] == reverse("dashboard")
    assert client.session["_auth_user_id"] == str(person.pk)


def test_the_demo_opens_no_other_account(client: Client, settings: Settings) -> None:
    settings.DEMO = True
    person = make_person()
    assert client.post(reverse("demo_sign_in"), {"email": person.email}).status_code == 404
    assert client.post(reverse("demo_sign_in"), {"email": "\x00"}).status_code == 404


def test_people_without_terms_are_sent_there_and_back() -> None:
    person = make_person(terms=False)
    client = client_of(person)
    for name in ("dashboard", "claim"):
        response = client.get(reverse(name))
        assert response["Location"] == reverse("terms", query={"next": reverse(name)})
    assert client.post(reverse("claim"))["Location"] == reverse("terms", query={"next": reverse("dashboard")})
    response = client.post(reverse("terms"), {"next": reverse("my_messages")})
    assert response["Location"] == reverse("my_messages")
    assert client.get(reverse("dashboard")).status_code == 200


def test_a_suspended_person_comes_in_and_reads_why_there_is_no_work() -> None:
    client = client_of(make_person(status=Status.SUSPENDED))
    assert "You cannot take part for a time" in client.get(reverse("dashboard")).content.decode()
    response = client.post(reverse("claim"))
    assert response.status_code == 403
    assert reverse("notices") in response.content.decode()
    assert client.get(reverse("my_messages")).status_code == 200


def test_visitors_behind_our_proxy_do_not_share_one_limit(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "limits"}}
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def gets_a_code(visitor: str, number: int) -> bool:
        seen = {"X-Forwarded-For": f"192.0.2.77, {visitor}"}  # the first address is what the visitor claims
        address = {"email": f"{visitor}-{number}@example.org"}
        return Client(headers=seen).post(reverse("account_request_login_code"), address).status_code == 302

    greedy = [gets_a_code("198.51.100.1", number) for number in range(25)]
    assert greedy[0]
    assert not greedy[-1]
    assert gets_a_code("198.51.100.2", 1)


def test_the_terms_and_every_page_name_who_runs_the_site(client: Client, settings: Settings) -> None:
    assert "Whoever set this site up runs it" in client.get(reverse("terms")).content.decode()
    settings.OPERATOR = "Example Club, mail@example.org"
    assert "run by Example Club, mail@example.org, called the operator" in client.get(reverse("terms")).content.decode()
    assert "Run by Example Club" in client.get(reverse("home")).content.decode()
