"""Two people sign a release off; then it is published and never changes, but it can be taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import webhooks
from accounts.models import NoticeKind, User
from common.errors import DomainError, ErrorCode
from exports import locking, takedowns
from exports.models import Recall, Release, ReleaseState, SignOff
from exports.takedowns import Moderation

#: People who must have seen the same files.
NEEDED = 2


class NotReady(DomainError):
    code = ErrorCode.RELEASE_REFUSED
    status = 409
    sentence = _("This release cannot be signed off now: it is not built, or published already.")


class Changed(DomainError):
    code = ErrorCode.RELEASE_REFUSED
    status = 409
    sentence = _("This release was built again since you looked at it. Look at it again first.")


class GateClosed(DomainError):
    code = ErrorCode.RELEASE_REFUSED
    status = 409
    sentence = _("This release did not pass every gate. Change what it is made of, and build it again.")


class Outdated(DomainError):
    code = ErrorCode.RELEASE_REFUSED
    status = 409
    sentence = _("Somebody took something back that is in this release. Build it again: it will be without that.")


class SignedAlready(DomainError):
    code = ErrorCode.RELEASE_REFUSED
    status = 409
    sentence = _("You signed this release off already. Somebody else has to do it, too.")


class NotPublished(DomainError):
    code = ErrorCode.RELEASE_REFUSED
    status = 409
    sentence = _("Only a published release can be taken back, and only once.")


@transaction.atomic
def sign_off(*, name: str, manifest_digest: str, by: User, now: datetime, moderation: Moderation) -> Release:
    """This person stands for these files. With the second one the release is published. Raises NotReady, Changed,
    GateClosed, Outdated and SignedAlready."""
    release = locking.lock_release(name)
    if release.state != ReleaseState.BUILT:
        raise NotReady
    if release.manifest_digest != manifest_digest:
        raise Changed
    if not release.passed:
        raise GateClosed
    if takedowns.outdated(release, moderation):
        raise Outdated
    _signed, new = SignOff.objects.get_or_create(
        release=release, person=by, defaults={"at": now, "manifest_digest": manifest_digest}
    )
    if not new:
        raise SignedAlready
    if release.sign_offs.count() >= NEEDED:
        release.state, release.published_at = ReleaseState.PUBLISHED, now
        release.save(update_fields=["state", "published_at"])
        webhooks.announce(
            kind=NoticeKind.RELEASE_PUBLISHED,
            subject=release.name,
            payload={"release": release.name, "manifest_sha256": manifest_digest},
            now=now,
        )
    return release


@transaction.atomic
def recall(*, name: str, why: str, by: User, now: datetime) -> Recall:
    """Take a whole release back: its files are given out no more. Raises NotPublished."""
    release = locking.lock_release(name)
    if not release.published or Recall.objects.filter(release=release).exists():
        raise NotPublished
    return Recall.objects.create(release=release, by=by, at=now, why=why)
