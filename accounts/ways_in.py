"""How a person comes in: by a code sent to an address, an account elsewhere, a passkey. One address is one person.

An address is *proved* when somebody typed the code sent to it here, or when another site that we trust says that it
checked the address of who comes from there. Whoever proves an address is the person it belongs to, whichever way they
came first. An address that somebody only named opens nothing and belongs to nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import shut_out
from accounts.locking import lock_people, lock_person
from accounts.models import Role, Status, User
from common.errors import DomainError, ErrorCode


class AddressTaken(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _(
        "This address belongs to another account here. Sign in to that account with it; "
        "there you can link your other ways to sign in."
    )


class AccountTaken(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _(
        "With that account somebody else comes in here. If that is you too, sign in with it and unlink it there first."
    )


class WayShut(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _(
        "Nobody can sign in here with that: an account that had it is shut out. "
        "Write to the moderators if you think this is a mistake."
    )


class LastWayIn(DomainError):
    code = ErrorCode.MOVE_NOT_POSSIBLE
    status = 409
    sentence = _(
        "This is your last way to sign in besides passkeys, which are lost with the device they are on. "
        "Add an address or link an account first, then remove this one."
    )


@dataclass(frozen=True)
class Address:
    """Where codes may be sent for this person."""

    email: str
    main: bool
    """News go there."""


@dataclass(frozen=True)
class Linked:
    """An account elsewhere."""

    id: int
    provider: str
    label: str
    """By what its person knows it there."""


@dataclass(frozen=True)
class Shown:
    """What another site tells of the account somebody comes with."""

    provider: str
    uid: str
    """By what the site itself knows it; names and addresses may change there."""
    label: str
    emails: Sequence[str]
    """Those it has verified, the main one first."""


@dataclass(frozen=True)
class WaysIn:
    """All ways in of one person."""

    addresses: Sequence[Address]
    accounts: Sequence[Linked]
    passkeys: Sequence[Authenticator]

    def besides(self, *, open_providers: Collection[str], email: str = "", account_id: int | None = None) -> int:
        """How many stay when this one goes. Passkeys do not count, nor do accounts of sites that nobody can come from
        at the moment."""
        addresses = sum(address.email != email for address in self.addresses)
        accounts = sum(each.id != account_id and each.provider in open_providers for each in self.accounts)
        return addresses + accounts


def of(person: User) -> WaysIn:
    """How this person can come in."""
    emails = set(EmailAddress.objects.filter(user=person).values_list("email", flat=True))
    emails |= {person.email} if person.email else set()
    linked = SocialAccount.objects.filter(user=person).order_by("provider", "id")
    passkeys = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
    return WaysIn(
        addresses=[Address(email, main=email == person.email) for email in sorted(emails)],
        accounts=[Linked(each.pk, each.provider, str(each.extra_data.get("name", ""))) for each in linked],
        passkeys=list(passkeys.order_by("created_at", "id")),
    )


def owner_of(email: str) -> User | None:
    """Whose address this is: theirs who proved it, else theirs who named it when they asked for their first code."""
    email = email.strip().lower()
    proved = EmailAddress.objects.filter(email=email, verified=True).select_related("user").first()
    if proved is not None:
        owner: User = proved.user
        return owner
    return User.objects.filter(email__iexact=email).first()


def who_shut(person: User | None, *, emails: Collection[str], provider: str = "", uid: str = "") -> User | None:
    """Whose ban keeps out whoever comes this way; None if they may come in. An account somebody came in with before
    stays open: moderators decide about each."""
    if person is not None and person.last_login is not None:
        return None
    return shut_out.whose(emails=emails, provider=provider, uid=uid)


@transaction.atomic
def prove(*, person: User, emails: Sequence[str], pass_over_taken: bool = False) -> None:
    """These addresses are this person's, as has just been shown. The first becomes the main one of who has none.

    Raises AddressTaken when one is another person's, WayShut when a ban closed it; or leaves that one out.
    """
    for email in emails:
        try:
            _prove(person, email.strip().lower())
        except (AddressTaken, WayShut):
            if not pass_over_taken:
                raise


def _prove(person: User, email: str) -> None:
    theirs = EmailAddress.objects.filter(user=person, email=email, verified=True)
    if shut_out.is_shut_out(email=email) and not theirs.exists():
        raise WayShut
    owner = owner_of(email)
    if owner is not None and owner.pk != person.pk and not _make_room(owner, person):
        raise AddressTaken
    try:
        with transaction.atomic():
            EmailAddress.objects.update_or_create(user=person, email=email, defaults={"verified": True})
            if person.email in (None, "", email):
                _make_main(person, email)
    except IntegrityError as meanwhile:
        raise AddressTaken from meanwhile  # Somebody proved it at this moment.


@transaction.atomic
def link(*, person: User, shown: Shown, pass_over_taken: bool = False) -> None:
    """The person comes in by this account too, from now on, and its addresses are theirs. Doing it again changes
    nothing. Raises AccountTaken, AddressTaken, WayShut."""
    known = SocialAccount.objects.filter(user=person, provider=shown.provider, uid=shown.uid)
    if shut_out.is_shut_out(provider=shown.provider, uid=shown.uid) and not known.exists():
        raise WayShut
    prove(person=person, emails=shown.emails, pass_over_taken=pass_over_taken)
    account, _new = SocialAccount.objects.get_or_create(
        provider=shown.provider, uid=shown.uid, defaults={"user": person, "extra_data": {"name": shown.label}}
    )
    if account.user_id != person.pk:
        raise AccountTaken


def _make_room(owner: User, person: User) -> bool:
    """Whether the address is free: asking for a code makes an account, and when nobody ever typed that code there is
    nothing in it. Else anybody could keep a person from their own address by asking for a code to it."""
    locked = {each.pk: each for each in lock_people({owner.pk, person.pk})}
    owner = locked.get(owner.pk, owner)
    if not _nobody_came(owner):
        return False
    owner.delete()
    return True


def _nobody_came(person: User) -> bool:
    fresh = person.last_login is None and person.terms_accepted_at is None and person.api_client_id is None
    plain = person.role == Role.GENERAL and person.status == Status.ACTIVE
    proved = EmailAddress.objects.filter(user=person, verified=True)
    return (
        fresh
        and plain
        and not proved.exists()
        and not SocialAccount.objects.filter(user=person).exists()
        and not Authenticator.objects.filter(user=person).exists()
    )


def _make_main(person: User, email: str | None) -> None:
    EmailAddress.objects.filter(user=person, primary=True).update(primary=False)
    EmailAddress.objects.filter(user=person, email=email).update(primary=True)
    person.email = email
    person.save(update_fields=["email"])


@transaction.atomic
def send_news_to(*, person: User, email: str) -> None:
    """Make a proved address of theirs the main one; any other is passed over."""
    person = lock_person(person.pk)
    if EmailAddress.objects.filter(user=person, email=email, verified=True).exists():
        _make_main(person, email)


@transaction.atomic
def remove_address(*, person: User, email: str, open_providers: Collection[str]) -> None:
    """No code is sent there any more. Raises LastWayIn."""
    person = lock_person(person.pk)
    ways = of(person)
    if email not in {address.email for address in ways.addresses}:
        return  # Gone already: somebody clicked twice.
    if not ways.besides(open_providers=open_providers, email=email):
        raise LastWayIn
    EmailAddress.objects.filter(user=person, email=email).delete()
    if person.email == email:
        left = EmailAddress.objects.filter(user=person, verified=True).order_by("id").first()
        _make_main(person, left.email if left else None)


@transaction.atomic
def unlink(*, person: User, account_id: int, open_providers: Collection[str]) -> None:
    """Nobody comes in by this account any more. The addresses it brought stay. Raises LastWayIn."""
    person = lock_person(person.pk)
    ways = of(person)
    if account_id not in {account.id for account in ways.accounts}:
        return
    if not ways.besides(open_providers=open_providers, account_id=account_id):
        raise LastWayIn
    SocialAccount.objects.filter(user=person, pk=account_id).delete()


def remove_passkey(*, person: User, passkey_id: int) -> None:
    """Passkeys come and go; none is ever the last way in."""
    Authenticator.objects.filter(user=person, pk=passkey_id, type=Authenticator.Type.WEBAUTHN).delete()


def forget(*, person: User) -> None:
    """Remove all of them, with the names and addresses in them: for an account that is closed."""
    for rows in (EmailAddress, SocialAccount, Authenticator):
        rows.objects.filter(user=person).delete()


@transaction.atomic
def end_other_sessions(*, person: User) -> User:
    """Whoever is signed in as this person is so no more. Sessions know the password they began under; ours are unusable
    and random, so a new one ends them all. The caller goes on with the person returned."""
    person = lock_person(person.pk)
    person.set_unusable_password()
    person.save(update_fields=["password"])
    return person
