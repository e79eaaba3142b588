"""The account pages: what people tell about themselves, what they allow, and how they come in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.contrib.messages import get_messages
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import profiles
from accounts.models import Consent, Mail, Profile, Status, User
from oasst_web import news_mail
from tests.pages.site import client_of, make_person
from tests.pages.test_entrance import ask_for_code, code_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


PAGES = ("account", "account_consent", "account_sign_in", "account_data", "account_delete")


def profile_form(**changes: Any) -> dict[str, Any]:
    told = {"display_name": "Ada", "languages": ["en"], "daily_goal": "5", "mail": "never", "interface_lang": ""}
    return {**told, **changes}


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_for_its_person_and_cheap(
    name: str, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert client.get(reverse(name))["Location"].startswith(reverse("account_request_login_code"))
    client = client_of(make_person())
    with django_assert_max_num_queries(15):
        response = client.get(reverse(name))
    assert response.status_code == 200
    page = response.content.decode()
    assert "<script>" not in page
    assert " style=" not in page


def test_a_person_tells_about_themselves() -> None:
    person = make_person(lang="en")
    client = client_of(person)
    told = profile_form(
        display_name="  Ada \n King ",
        show_on_leaderboard="on",
        languages=["de", "fr"],
        topics=["maths", "travel"],
        daily_goal="12",
        mail="weekly",
    )
    assert client.post(reverse("account"), told)["Location"] == reverse("account")
    person.refresh_from_db()
    profile = Profile.objects.get(person=person)
    assert (person.display_name, person.show_on_leaderboard) == ("Ada King", True)
    assert (profile.languages, profile.topics) == (["de", "fr"], ["maths", "travel"])
    assert (profile.daily_goal, profile.mail, profile.consent) == (12, "weekly", Consent.DATASET)
    # The language they work in just now is one of those they chose.
    assert person.lang == "de"
    client.post(reverse("account"), profile_form(languages=["fr", "de"]))
    person.refresh_from_db()
    assert (person.lang, person.show_on_leaderboard) == ("de", False)


def test_what_is_wrong_is_said_and_nothing_typed_is_lost() -> None:
    person = make_person("Ada")
    client = client_of(person)
    told = profile_form(display_name="ada@example.org", languages=[], daily_goal="7", topics=["law"])
    response = client.post(reverse("account"), told)
    page = response.content.decode()
    assert response.status_code == 422
    assert "do not put an e-mail address here" in page
    assert "Choose at least one language" in page
    assert 'value="ada@example.org"' in page
    assert 'value="7"' in page
    person.refresh_from_db()
    assert person.display_name == "Ada"
    assert client.post(reverse("account"), profile_form(display_name="\x00")).status_code == 422
    assert client.post(reverse("account"), profile_form(languages=["tlh"])).status_code == 422


def test_the_language_of_the_pages_is_chosen_and_given_back(settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    person = make_person()
    client = client_of(person)
    client.post(reverse("account"), profile_form(interface_lang="de"))
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "de"
    assert '<html lang="de"' in client.get(reverse("account")).content.decode()
    client.post(reverse("account"), profile_form(interface_lang=""))
    assert not client.cookies[settings.LANGUAGE_COOKIE_NAME].value
    assert '<html lang="en"' in client.get(reverse("account")).content.decode()


def test_working_in_a_language_adds_it_to_those_chosen() -> None:
    person = make_person(lang="en")
    profiles.work_in(person=person, lang="fr", now=timezone.now())
    assert profiles.of(person).languages == ["fr"]
    profiles.change(person=person, now=timezone.now(), languages=["fr", "en"])
    profiles.work_in(person=person, lang="de", now=timezone.now())
    assert profiles.of(person).languages == ["fr", "en", "de"]
    assert User.objects.get(pk=person.pk).lang == "de"
    # Who changes something else goes on in the language they work in.
    profiles.change(person=person, now=timezone.now(), daily_goal=1)
    assert User.objects.get(pk=person.pk).lang == "de"


def test_consent_is_dated_when_it_changes_and_only_then() -> None:
    person = make_person()
    client = client_of(person)
    client.post(reverse("account_consent"), {"consent": "dataset"})
    assert profiles.of(person).consent_changed_at is None
    client.post(reverse("account_consent"), {"consent": "research"})
    told = profiles.of(person)
    assert told.consent == Consent.RESEARCH
    assert told.consent_changed_at is not None
    assert timezone.now() - told.consent_changed_at < timedelta(minutes=1)
    client.post(reverse("account_consent"), {"consent": "research"})
    assert profiles.of(person).consent_changed_at == told.consent_changed_at
    assert client.post(reverse("account_consent"), {"consent": "everything"}).status_code == 422


def test_a_new_address_opens_once_its_code_was_typed() -> None:
    person = make_person()
    client = client_of(person)
    assert client.post(reverse("add_address"), {"email": "New@example.org"})["Location"] == reverse("prove_address")
    assert mail.outbox[0].to == ["new@example.org"]
    assert client.post(reverse("prove_address"), {"code": "WRONG1"}).status_code == 422
    assert not EmailAddress.objects.filter(email="new@example.org").exists()
    response = client.post(reverse("prove_address"), {"code": code_in(str(mail.outbox[0].body)).lower()})
    assert response["Location"] == reverse("account_sign_in")
    assert "new@example.org" in client.get(reverse("account_sign_in")).content.decode()

    elsewhere = Client()
    elsewhere.post(reverse("account_confirm_login_code"), {"code": ask_for_code(elsewhere, "new@example.org")})
    assert elsewhere.session["_auth_user_id"] == str(person.pk)
    # It becomes the main one on wish, and the old one may go then.
    client.post(reverse("main_address"), {"email": "new@example.org"})
    client.post(reverse("remove_address"), {"email": person.email})
    person.refresh_from_db()
    assert person.email == "new@example.org"
    assert "your last way" in said(client.post(reverse("remove_address"), {"email": "new@example.org"}))


def test_the_next_address_takes_over_when_the_main_one_goes() -> None:
    person = make_person()
    client = client_of(person)
    client.post(reverse("add_address"), {"email": "new@example.org"})
    client.post(reverse("prove_address"), {"code": code_in(str(mail.outbox[0].body))})
    client.post(reverse("remove_address"), {"email": person.email})
    person.refresh_from_db()
    assert person.email == "new@example.org"


def test_a_code_to_an_address_runs_out_and_cannot_be_guessed() -> None:
    client = client_of(make_person())
    assert client.get(reverse("prove_address"))["Location"] == reverse("account_sign_in")
    client.post(reverse("add_address"), {"email": "new@example.org"})
    for _attempt in range(3):
        response = client.post(reverse("prove_address"), {"code": "WRONG1"})
    assert "tried too often" in said(response)
    client.post(reverse("prove_address"), {"code": code_in(str(mail.outbox[0].body))})
    assert not EmailAddress.objects.filter(email="new@example.org").exists()


def test_the_address_of_somebody_else_is_told_only_to_who_reads_its_mail() -> None:
    other = make_person()
    client = client_of(make_person())
    response = client.post(reverse("add_address"), {"email": other.email})
    assert response["Location"] == reverse("prove_address")
    response = client.post(reverse("prove_address"), {"code": code_in(str(mail.outbox[0].body))})
    assert "belongs to another account here" in said(response)
    assert User.objects.get(email=other.email) == other


def test_nobody_removes_or_prefers_an_address_that_is_not_theirs() -> None:
    other, person = make_person(), make_person()
    client = client_of(person)
    for name in ("remove_address", "main_address"):
        client.post(reverse(name), {"email": other.email})
    assert User.objects.get(pk=other.pk).email == other.email
    assert User.objects.get(pk=person.pk).email == person.email


def test_signing_out_everywhere_else_leaves_this_browser_signed_in() -> None:
    person = make_person()
    here, there = client_of(person), client_of(person)
    here.post(reverse("end_other_sessions"))
    assert here.get(reverse("account")).status_code == 200
    assert there.get(reverse("account")).status_code == 302


def test_a_link_in_a_mail_turns_news_off_without_signing_in(client: Client) -> None:
    person = make_person()
    profiles.change(person=person, now=timezone.now(), mail=Mail.DAILY)
    url = reverse("mail_off", args=[news_mail.token_for(person)])
    # Programs that look into mails open every link.
    assert "Shall we send you no more news" in client.get(url).content.decode()
    assert profiles.of(person).mail == Mail.DAILY
    program = Client(enforce_csrf_checks=True)
    assert program.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert profiles.of(person).mail == Mail.NEVER
    assert client.get(reverse("mail_off", args=["forged"])).status_code == 404


@pytest.mark.parametrize(
    "credential",
    ["", "null", "[]", '{"response": []}', '{"id": "a", "response": {"userHandle": "eA"}}', '{"type": "public-key"}'],
)
def test_an_odd_passkey_opens_nothing(client: Client, credential: str) -> None:
    assert client.get(reverse("passkey_question")).json()["publicKey"]["userVerification"] == "required"
    response = client.post(reverse("passkey_sign_in"), {"credential": credential})
    assert response["Location"] == reverse("account_request_login_code")
    assert "We do not know this passkey" in said(response)
    member = client_of(make_person())
    member.get(reverse("new_passkey_question"))
    assert "was not stored" in said(member.post(reverse("add_passkey"), {"credential": credential}))
    assert not Authenticator.objects.exists()


def test_a_new_passkey_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {"challenge": "", "id": "a"}
    monkeypatch.setattr(AddWebAuthnForm, "is_valid", lambda _form: True)
    monkeypatch.setattr(AddWebAuthnForm, "cleaned_data", {"credential": made}, raising=False)
    response = client_of(make_person()).post(reverse("add_passkey"), {"name": "Phone"})
    assert [str(each) for each in get_messages(response.wsgi_request)] == [
        "The passkey is stored. Next time you can sign in with it."
    ]


def test_an_address_no_mail_could_have_is_passed_over() -> None:
    person = make_person()
    client_of(person).post(reverse("main_address"), {"email": "a\0b@example.org"})
    assert User.objects.get(pk=person.pk).email == person.email


def test_nobody_removes_the_passkey_of_somebody_else() -> None:
    passkey = Authenticator.objects.create(user=make_person(), type=Authenticator.Type.WEBAUTHN, data={"name": "Phone"})
    client_of(make_person()).post(reverse("remove_passkey", args=[passkey.pk]))
    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_a_suspended_person_still_sees_their_account() -> None:
    client = client_of(make_person(status=Status.SUSPENDED))
    for name in PAGES:
        assert client.get(reverse(name)).status_code == 200
