"""How a person comes in: their addresses, the accounts they linked, their passkeys, and where they are signed in."""

from __future__ import annotations

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import ways_in
from common.errors import DomainError
from common.text import normalised
from oasst_web import proofs, sign_in
from oasst_web.forms.account import AddressForm, CodeForm
from oasst_web.pages import doors


def page(request: HttpRequest, *, form: AddressForm | None = None, status: int = 200) -> HttpResponse:
    """All ways in, and what may be added; also where a refused address is shown again."""
    ways, offered = ways_in.of(doors.person(request)), sign_in.offered()
    linked = [(sign_in.ELSEWHERE[account.provider].name, account) for account in ways.accounts]
    context = {
        "ways": ways,
        "linked": linked,
        "offered": [(site, row.name) for site, row in offered.items()],
        "form": form or AddressForm(),
    }
    return render(request, "account/sign_in.html", context, status=status)


@doors.signed_in
@require_safe
def ways(request: HttpRequest) -> HttpResponse:
    """The page."""
    return page(request)


@doors.signed_in
@require_POST
@doors.lately
def add_address(request: HttpRequest) -> HttpResponse:
    """Send a code to one more address."""
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            proofs.send_code(request, email=form.cleaned_data["email"], now=timezone.now())
        except proofs.TooOften as refusal:
            form.add_error("email", str(refusal))
    if form.errors:
        return page(request, form=form, status=422)
    return redirect("prove_address")


@doors.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def prove_address(request: HttpRequest) -> HttpResponse:
    """Type the code from the mail."""
    email = proofs.waiting_for(request)
    if not email:
        return redirect("account_sign_in")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            proofs.take_code(request, person=doors.person(request), code=form.cleaned_data["code"], now=timezone.now())
        except proofs.WrongCode as refusal:
            form.add_error("code", str(refusal))
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("account_sign_in")
        else:
            messages.success(request, _("From now on you can sign in with %(email)s too.") % {"email": email})
            return redirect("account_sign_in")
    context = {"form": form, "email": email}
    return render(request, "account/prove_address.html", context, status=422 if form.is_bound else 200)


@doors.signed_in
@require_POST
@doors.lately
def remove_address(request: HttpRequest) -> HttpResponse:
    """No more codes to that address."""
    email = request.POST.get("email", "")
    try:
        ways_in.remove_address(person=doors.person(request), email=email, open_providers=sign_in.offered())
    except ways_in.LastWayIn as refusal:
        messages.error(request, str(refusal))
    return redirect("account_sign_in")


@doors.signed_in
@require_POST
@doors.lately
def main_address(request: HttpRequest) -> HttpResponse:
    """News go to that address from now on."""
    # Not everything that can be posted can be asked of the database.
    ways_in.send_news_to(person=doors.person(request), email=normalised(request.POST.get("email", "")))
    return redirect("account_sign_in")


@doors.signed_in
@require_POST
@doors.lately
def unlink(request: HttpRequest, account_id: int) -> HttpResponse:
    """Come in by that account no more."""
    try:
        ways_in.unlink(person=doors.person(request), account_id=account_id, open_providers=sign_in.offered())
    except ways_in.LastWayIn as refusal:
        messages.error(request, str(refusal))
    return redirect("account_sign_in")


@doors.signed_in
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    person = ways_in.end_other_sessions(person=doors.person(request))
    auth.update_session_auth_hash(request, person)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("account_sign_in")
