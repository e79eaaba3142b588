"""What changed from one release to another: what came, what went, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from exports.formats import FORMATS
from exports.models import Release

_CAME = """
    SELECT COALESCE(message.lang, ''), count(*)
    FROM exports_releasedmessage newer
    LEFT JOIN exports_releasedmessage older ON older.message_id = newer.message_id AND older.release_id = %(old)s
    LEFT JOIN tasks_message message ON message.id = newer.message_id
    WHERE newer.release_id = %(new)s AND older.id IS NULL
    GROUP BY 1 ORDER BY 1
"""
_WENT = """
    SELECT COALESCE(message.lang, ''), count(*), count(older.gone_at)
    FROM exports_releasedmessage older
    LEFT JOIN exports_releasedmessage newer ON newer.message_id = older.message_id AND newer.release_id = %(new)s
    LEFT JOIN tasks_message message ON message.id = older.message_id
    WHERE older.release_id = %(old)s AND newer.id IS NULL
    GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True)
class InLanguage:
    """Messages; the language is empty for those that were erased since."""

    lang: str
    came: int = 0
    went: int = 0
    taken_back: int = 0
    """Of those that went."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something of the manifests that is not the same."""

    what: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class Difference:
    languages: list[InLanguage]
    stayed: int
    rows: list[tuple[str, int, int]]
    """Format, rows before, rows after."""
    changes: list[Change]

    @property
    def came(self) -> int:
        return sum(each.came for each in self.languages)

    @property
    def went(self) -> int:
        return sum(each.went for each in self.languages)

    @property
    def taken_back(self) -> int:
        return sum(each.taken_back for each in self.languages)


def difference(old: Release, new: Release) -> Difference:
    """From the old one to the new one. Both must be built."""
    assert old.manifest is not None
    assert new.manifest is not None
    keys = {"old": old.pk, "new": new.pk}
    with connection.cursor() as cursor:
        cursor.execute(_CAME, keys)
        came = dict(cursor.fetchall())
        cursor.execute(_WENT, keys)
        went = {lang: (count, taken_back) for lang, count, taken_back in cursor.fetchall()}
    languages = [
        InLanguage(lang=lang, came=came.get(lang, 0), went=gone, taken_back=taken_back)
        for lang in sorted(came.keys() | went.keys())
        for gone, taken_back in [went.get(lang, (0, 0))]
    ]
    before, after = old.manifest["counts"]["rows_by_format"], new.manifest["counts"]["rows_by_format"]
    return Difference(
        languages=languages,
        stayed=new.manifest["counts"]["messages"] - sum(came.values()),
        rows=[
            (name, before.get(name, 0), after.get(name, 0)) for name in FORMATS if name in before.keys() | after.keys()
        ],
        changes=_changes(old.manifest, new.manifest),
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    plain = [Change(what=name, before=before[name], after=after[name]) for name in ("license", "use", "rules_version")]
    code = Change(what="code", before=before["code"]["version"], after=after["code"]["version"])
    filters = [
        Change(what=name, before=before["filters"].get(name), after=after["filters"].get(name))
        for name in sorted(before["filters"].keys() | after["filters"].keys())
        if name != "use"
    ]
    return [each for each in (*plain, code, *filters) if each.before != each.after]
