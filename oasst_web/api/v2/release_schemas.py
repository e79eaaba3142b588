"""The shapes of datasets and of the ledger in version 2."""

from __future__ import annotations

from rest_framework.serializers import (
    CharField,
    DateTimeField,
    DictField,
    IntegerField,
    JSONField,
    UUIDField,
)

from oasst_web.api.v2.schemas import Shape


class ReleaseQuery(Shape):
    limit = IntegerField(min_value=1, max_value=100, default=20)


class ReleaseShape(Shape):
    """A published dataset. It never changes, but it can be taken back."""

    name = CharField()
    title = CharField()
    license = CharField(help_text="As the Hugging Face hub names it.")
    use = CharField(help_text="What it may be used for: `dataset` (everything), `research` or `evaluation`.")
    published_at = DateTimeField()
    recalled_at = DateTimeField(allow_null=True, help_text="When it was taken back as a whole; then delete your copy.")
    recalled_why = CharField(allow_blank=True)
    trees = IntegerField()
    messages = IntegerField()
    manifest_sha256 = CharField(help_text="SHA-256 of manifest.json, which names all other files.")


class ReleaseList(Shape):
    items = ReleaseShape(many=True)


class ReleaseFile(Shape):
    path = CharField()
    bytes = IntegerField()
    sha256 = CharField(help_text="As it is now: something may have been taken out of it since it was published.")
    url = CharField()


class ReleaseDetail(ReleaseShape):
    manifest = DictField(child=JSONField(), help_text="manifest.json, as it was published.")
    audit = DictField(child=JSONField(), help_text="audit.json.")
    files = ReleaseFile(many=True)


class LedgerQuery(Shape):
    after = IntegerField(min_value=0, max_value=2**31 - 1, default=0, help_text="Number of the last line one has.")
    release = CharField(required=False, max_length=64, help_text="Only what was taken back from this one.")
    limit = IntegerField(min_value=1, max_value=10_000, default=1_000)


class LedgerLine(Shape):
    """Something that was published and taken back."""

    number = IntegerField(help_text="From 1 on, without gaps.")
    at = DateTimeField()
    release = CharField()
    taken = CharField(help_text="`message`, or `answers`: all reviews and rankings by the person `subject`.")
    subject = UUIDField(help_text="The pseudonym it has in the release.")
    why = CharField(help_text="A class of reasons: see docs/data-format.md.")
    digest = CharField(help_text="SHA-256 of the digest before it and of this line.")


class Ledger(Shape):
    items = LedgerLine(many=True)
