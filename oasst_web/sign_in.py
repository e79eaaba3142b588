"""How people come in: by a code sent to their e-mail address, by an account elsewhere, by a passkey. No passwords."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts import profiles, ways_in
from accounts.models import AuthMethod, User
from common.errors import DomainError
from common.languages import LANGUAGES
from moderation import explaining
from oasst_web import security_log
from oasst_web.pages import interface

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Elsewhere:
    """A site whose accounts open the door here, and what its answer calls things."""

    name: str
    display_name: tuple[str, ...]
    """Fields with a name others may see: never one that has to be somebody's full and real name. The first counts."""
    label: tuple[str, ...]
    """Fields by which its person knows the account."""
    auth_method: AuthMethod


ELSEWHERE = {
    "google": Elsewhere("Google", ("given_name",), ("email", "name"), AuthMethod.GOOGLE),
    "discord": Elsewhere("Discord", ("global_name", "username"), ("username",), AuthMethod.DISCORD),
    # The published protocol has no word for GitHub.
    "github": Elsewhere("GitHub", ("login",), ("login",), AuthMethod.LOCAL),
}
_TURNED_AWAY = "turned_away"
#: So long the page that says why somebody may not come in knows whom it speaks to.
TOLD_FOR = timedelta(minutes=15)
#: GitHub calls them verified, but no mail arrives there.
NO_MAIL_HERE = ("@users.noreply.github.com",)


class Adapter(DefaultAccountAdapter):
    """What allauth asks us: our sentences, and only one step between the address and the person."""

    error_messages: ClassVar[dict[str, str | Promise]] = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _("This is not the code we sent. Look at the newest mail from us and type its code again."),
        "too_many_login_attempts": _(
            "There were too many attempts for this address. Wait a few minutes, then ask for a new code."
        ),
        "rate_limited": _("That was a little fast. Wait a moment, then try again."),
    }

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """What is wrong with what somebody typed; that it may be a guess is noted."""
        if code in ("incorrect_code", "too_many_login_attempts", "rate_limited"):
            security_log.note(code, context.request)
        error: ValidationError = super().validation_error(code, *args)
        return error

    def get_login_stages(self) -> list[str]:
        """The code proves the address, so there is no second mail to verify it."""
        return ["allauth.account.stages.LoginByCodeStage"]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """There is no sign-up form: an unknown address becomes a person when it asks for its first code."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse | None:
        """Nobody comes in who was banned, nor somebody new with the address of a ban. Asked only when they have proved
        who they are: before that, nobody is told about anybody."""
        shut = ways_in.who_shut(user, emails=[about["email"]] if about["email"] else [])
        response: HttpResponse | None = super().pre_login(request, shut or user, **about)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """To the page that says why."""
        return turn_away(request, user)

    def post_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse:
        """The pages follow the person in the language they chose."""
        response: HttpResponse = super().post_login(request, user, **about)
        speak_to(user, response, request)
        return response

    def is_safe_url(self, url: str) -> bool:
        """Whether to go there after signing in. What is no address at all is not safe; allauth would break on it."""
        try:
            urlsplit(url)
        except ValueError:
            return False
        return bool(super().is_safe_url(url))


class LinkAdapter(DefaultSocialAccountAdapter):
    """What allauth asks us when somebody comes back from another site. `accounts.ways_in` says whose address it is."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Whoever comes from a site that is offered may take part."""
        return True

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Mapping[str, Any]) -> User:
        """The person as they would begin here, and of what the other site told only what is needed later."""
        said, row = sociallogin.account.extra_data, ELSEWHERE[sociallogin.account.provider]
        sociallogin.account.extra_data = {"name": _first_of(said, row.label)}
        sociallogin.email_addresses = [address for address in sociallogin.email_addresses if _counts(address)]
        person: User = sociallogin.user
        person.email = next((address.email.lower() for address in sociallogin.email_addresses), None)
        person.display_name = _first_of(said, row.display_name)[:64]
        person.auth_method = row.auth_method
        person.lang = preferred_language(request)
        return person

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """Who is here with an address that the other site has verified."""
        for email in _shown(sociallogin).emails:
            person = ways_in.owner_of(email)
            if person is not None:
                return person, email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Link, or see who it is before anybody is let in. allauth would do both, but it saves the whole person along,
        and would undo what a moderator does to them at that moment."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            self._link(request, _shown(sociallogin))
            raise ImmediateHttpResponse(redirect("account_sign_in"))
        person, shown = sociallogin.user if sociallogin.is_existing else None, _shown(sociallogin)
        shut = ways_in.who_shut(person, emails=shown.emails, provider=shown.provider, uid=shown.uid)
        if person is not None and not person.is_active:
            shut = person
        if shut is not None:
            raise ImmediateHttpResponse(turn_away(request, shut))
        if person is not None:
            try:
                ways_in.link(person=person, shown=shown, pass_over_taken=True)
            except ways_in.WayShut as refusal:
                messages.error(request, str(refusal))
                raise ImmediateHttpResponse(redirect("account_request_login_code")) from refusal

    def _link(self, request: HttpRequest, shown: ways_in.Shown) -> None:
        if not isinstance(request.user, User):
            return  # Signed out meanwhile: the page they are sent to asks them to sign in.
        try:
            ways_in.link(person=request.user, shown=shown)
        except (ways_in.AccountTaken, ways_in.AddressTaken, ways_in.WayShut) as refusal:
            messages.error(request, str(refusal))
        else:
            site = ELSEWHERE[shown.provider].name
            messages.success(request, gettext("From now on you can sign in with %(site)s too.") % {"site": site})

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: object = None) -> User:
        """Somebody new. Two tabs may do this at once: the second is asked to come again, and then is known."""
        person: User = sociallogin.user
        try:
            with transaction.atomic():
                person.set_unusable_password()
                person.save()
                ways_in.link(person=person, shown=_shown(sociallogin))
        except (IntegrityError, DomainError) as meanwhile:
            messages.info(request, gettext("Please try that once more."))
            raise ImmediateHttpResponse(redirect("account_request_login_code")) from meanwhile
        return person

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: Mapping[str, Any] | None = None,
    ) -> None:
        """Back to where they came from, with what happened."""
        if error == AuthError.CANCELLED:
            messages.info(
                request, gettext("You did not go on at %(site)s, so nothing has changed.") % {"site": provider}
            )
        else:
            log.warning("Nobody came back from %s: %s", provider, exception or error)
            messages.error(
                request,
                gettext("Something went wrong between %(site)s and us. Try again, or choose another way.")
                % {"site": provider},
            )
        signed_in = request.user.is_authenticated
        raise ImmediateHttpResponse(redirect("account_sign_in" if signed_in else "account_request_login_code"))


def _first_of(said: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(said[name]).strip() for name in names if said.get(name)), "")


def _counts(address: EmailAddress) -> bool:
    return bool(address.verified) and not address.email.lower().endswith(NO_MAIL_HERE)


def _shown(sociallogin: SocialLogin) -> ways_in.Shown:
    account = sociallogin.account
    return ways_in.Shown(
        provider=account.provider,
        uid=account.uid,
        label=account.extra_data["name"],
        emails=[address.email.lower() for address in sociallogin.email_addresses],
    )


def offered() -> dict[str, Elsewhere]:
    """From where one may come in: the sites whose keys are set."""
    return {name: row for name, row in ELSEWHERE.items() if settings.SOCIALACCOUNT_PROVIDERS.get(name, {}).get("APPS")}


def turn_away(request: HttpRequest, person: User) -> HttpResponse:
    """Whoever has just proved to be this person, or to have what they came in with, may not come in; the next page says
    why."""
    security_log.note("turned_away", request, shut=person.pk)
    request.session[_TURNED_AWAY] = {"person": str(person.pk), "at": timezone.now().timestamp()}
    return redirect("account_inactive")


def turned_away(request: HttpRequest) -> User | None:
    """Who that was, in this browser and just now. On a shared computer the next one does not read it."""
    about = request.session.get(_TURNED_AWAY)
    if about is None or timezone.now().timestamp() - about["at"] > TOLD_FOR.total_seconds():
        return None
    return User.objects.filter(pk=about["person"]).first()


def why_not(person: User, *, now: datetime) -> str:
    """Why nobody comes in as this person, in one line; empty if their account was just closed."""
    notice = explaining.of_standing(person, now=now)
    if notice is None and not person.is_banned:
        return ""
    said = [gettext("Nobody can come in here with that: an account that has it, or had it, is shut out.")]
    said += [str(notice.reason), notice.told] if notice is not None else []
    return " ".join(part for part in said if part)


def speak_to(person: User, response: HttpResponse, request: HttpRequest) -> None:
    """Show the next pages in the language this person chose. Who chose none goes on in that of before."""
    chosen = profiles.of(person).interface_lang
    if chosen in dict(settings.LANGUAGES):
        interface.remember(response, chosen, secure=request.is_secure())


@transaction.atomic
def person_for(*, email: str, lang: str) -> User:
    """The person with this address; a new one, working in `lang`, when nobody has it yet."""
    email = email.strip().lower()
    person = ways_in.owner_of(email)
    if person is None:
        # Two tabs may ask at once: the unique address decides, and both get the same person.
        person, _created = User.objects.get_or_create(email=email, defaults={"lang": lang})
        if _created:
            person.set_unusable_password()
            person.save(update_fields=["password"])
    if not EmailAddress.objects.filter(user=person, email=email).exists():
        main = not EmailAddress.objects.filter(user=person, primary=True).exists()
        EmailAddress.objects.get_or_create(user=person, email=email, defaults={"primary": main, "verified": False})
    return person


def preferred_language(request: HttpRequest) -> str:
    """The first language the browser asks for that people may work in here; English when there is none."""
    by_lower = {code.lower(): code for code in LANGUAGES}
    for wanted, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        base = wanted.split("-")[0]
        regional = next((code for lower, code in by_lower.items() if lower.startswith(f"{base}-")), None)
        found = by_lower.get(wanted) or by_lower.get(base) or regional
        if found:
            return found
    return "en"
