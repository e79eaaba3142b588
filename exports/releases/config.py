"""What a release is asked to be: read from release.toml, checked, and kept with the release."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from accounts.models import Consent
from common import dates
from common.errors import DomainError, ErrorCode
from exports.formats import FORMATS
from exports.leakage import Grams
from exports.selection import Selection, Which
from screening.findings import Concern
from tasks.kinds import LABELS
from tasks.tree_states import State

#: How files are written: name of the suffix.
FILES = ("jsonl.gz", "jsonl.zst", "parquet")
#: What `[gates]` may say, and what holds where it says nothing. Each is the largest share that passes, 0 to 1, but
#: `screened` and `agreement`, which are the smallest.
GATES: Mapping[str, float] = {
    "personal_data": 0.0,
    "zero_tolerance": 0.0,
    "toxicity": 0.02,
    "language": 0.02,
    "duplicates": 0.01,
    "leakage": 0.0,
    "screened": 0.99,
    "agreement": 0.0,
}


class BadConfig(DomainError):
    """The text says which key is wrong and what it may be."""

    code = ErrorCode.RELEASE_REFUSED
    status = 422


@dataclass(frozen=True, kw_only=True)
class Config:
    """Defaults: finished trees of accepted human messages in every format, open to everybody."""

    title: str
    license: str
    """As the Hugging Face hub names it: apache-2.0, cc-by-4.0."""
    description: str = ""
    contact: str = ""
    """Whom to ask, and to write to for taking something back."""
    homepage: str = ""
    """Where the site is."""
    formats: tuple[str, ...] = tuple(FORMATS)
    files: tuple[str, ...] = ("jsonl.gz", "parquet")
    events: bool = False
    """In trees and messages also every reaction and ranking, under pseudonyms."""
    use: str = Consent.DATASET.value
    states: tuple[str, ...] = (State.READY_FOR_EXPORT.value,)
    langs: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    rejected: bool = False
    """Also messages that reviewers rejected, or did not decide on; each says so."""
    synthetic: bool = False
    min_labels: Mapping[str, float] = field(default_factory=dict)
    max_labels: Mapping[str, float] = field(default_factory=dict)
    without_findings: tuple[str, ...] = ()
    without_benchmarks: bool = False
    """Leave out what repeats one of the texts in `benchmarks`; otherwise it is only measured."""
    min_preference: float | None = None
    benchmarks: tuple[str, ...] = ()
    """Files with one text in each line, beside release.toml."""
    gates: Mapping[str, float] = field(default_factory=lambda: dict(GATES))

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    def filters(self) -> dict[str, Any]:
        """What decides which messages are in it, for the manifest."""
        names = (
            "events", "use", "states", "langs", "since", "until", "rejected", "synthetic", "min_labels", "max_labels",
            "without_findings", "without_benchmarks", "min_preference",
        )  # fmt: skip
        said = self.stored()
        return {name: said[name] for name in names}

    def selection(self, grams: Grams, *, ids_from: UUID | None = None, ids_below: UUID | None = None) -> Selection:
        """Of the trees with ids in this range."""
        return Selection(
            ids_from=ids_from,
            ids_below=ids_below,
            states=frozenset(State(each) for each in self.states),
            langs=frozenset(self.langs),
            spam=Which.WITH if self.rejected else Which.WITHOUT,
            synthetic=Which.WITH if self.synthetic else Which.WITHOUT,
            use=Consent(self.use),
            since=_moment(self.since),
            until=_moment(self.until),
            at_least=self.min_labels,
            at_most=self.max_labels,
            without_findings=frozenset(self.without_findings),
            grams=grams if self.without_benchmarks else Grams(),
        )


def read(text: str) -> Config:
    """A release.toml. Raises BadConfig."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise BadConfig(f"This is not TOML: {problem}.") from problem
    return checked({**data.pop("filters", {}), **data})


def checked(data: Mapping[str, Any]) -> Config:
    """From the keys of release.toml, those of `[filters]` among them. Raises BadConfig."""
    known = {each.name for each in fields(Config)}
    if unknown := sorted(data.keys() - known):
        raise BadConfig(f"Unknown key {unknown[0]}. Known: {', '.join(sorted(known))}.")
    said: dict[str, Any] = {name: _plain(value) for name, value in data.items()}
    for name in ("title", "license"):
        if not str(said.get(name, "")).strip():
            raise BadConfig(f"{name} is missing.")
    for name in ("title", "license", "description", "contact", "homepage"):
        if name in said and not isinstance(said[name], str):
            raise BadConfig(f"{name} must be a text.")
    said["gates"] = {**GATES, **_numbers("gates", said.get("gates", {}), GATES)}
    for name in ("min_labels", "max_labels"):
        said[name] = _numbers(name, said.get(name, {}), LABELS)
    for name, names in (
        ("formats", FORMATS),
        ("files", FILES),
        ("states", [each.value for each in State]),
        ("without_findings", [each.value for each in Concern]),
    ):
        if name in said:
            said[name] = _names(name, said[name], names)
    for name in ("langs", "benchmarks"):
        said[name] = _texts(name, said.get(name, ()))
    for name in ("events", "rejected", "synthetic", "without_benchmarks"):
        if not isinstance(said.get(name, False), bool):
            raise BadConfig(f"{name} is true or false.")
    uses = [each.value for each in Consent if each != Consent.HERE]
    if said.get("use", uses[0]) not in uses:
        raise BadConfig(f"use is one of {', '.join(uses)}.")
    for name in ("since", "until"):
        _moment(said.get(name))
    strength = said.get("min_preference")
    if strength is not None and not (isinstance(strength, int | float) and 0.5 <= strength <= 1):
        raise BadConfig("min_preference is a chance from 0.5 to 1.")
    return Config(**said)


def stored(data: Mapping[str, Any]) -> Config:
    """What `Config.stored` gave, back from the database."""
    said: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in data.items()}
    return Config(**said)


def _plain(value: Any) -> Any:
    """TOML knows dates; they are kept as ISO texts."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return tuple(value) if isinstance(value, list) else value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, tuple) or not all(isinstance(each, str) for each in value):
        raise BadConfig(f"{name} is a list of texts.")
    return value


def _names(name: str, value: Any, known: Any) -> tuple[str, ...]:
    """In the order in which they are known, each once: the order of a list changes no byte."""
    said = _texts(name, value)
    if unknown := sorted(set(said) - set(known)):
        raise BadConfig(f"{name} has {unknown[0]!r}. Known: {', '.join(known)}.")
    if not said and name != "without_findings":
        raise BadConfig(f"{name} is empty; leave it out to have them all.")
    return tuple(each for each in known if each in said)


def _numbers(name: str, value: Any, known: Mapping[str, Any]) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise BadConfig(f"{name} is a table of numbers.")
    for key, number in value.items():
        if key not in known:
            raise BadConfig(f"{name} has {key!r}. Known: {', '.join(known)}.")
        if not isinstance(number, int | float) or isinstance(number, bool) or not 0 <= number <= 1:
            raise BadConfig(f"{name}.{key} is a number from 0 to 1.")
    return {key: float(number) for key, number in value.items()}


def _moment(said: str | None) -> datetime | None:
    """ISO; without a zone it is UTC."""
    if said is None:
        return None
    try:
        return dates.moment(said)
    except (ValueError, TypeError):
        raise BadConfig(f"{said!r} is no ISO date such as 2026-01-31.") from None
