"""What was looked at before anybody may sign a release off: each measure with the gate it passed, or did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exports.releases.config import Config
from exports.releases.facts import AGREED_ON
from exports.releases.merging import Merged
from exports.training import SCOPES
from screening.findings import Concern

#: Digits after the point of every share.
DIGITS = 6

#: Gate → what it measures. Each is a share of the messages, but `agreement`.
ABOUT: Mapping[str, str] = {
    "personal_data": "Messages in which screening found personal data, and no moderator overruled it.",
    "zero_tolerance": "Messages in which screening found sexual content about minors, likewise.",
    "toxicity": "Messages that screening is nearly certain are toxic, likewise. English only.",
    "language": "Messages that screening takes for another language than that of their conversation, likewise.",
    "duplicates": "Messages of six words or more that repeat an earlier one, but for case and white space.",
    "leakage": "Messages that have 13 words in a row with one of the given benchmark texts.",
    "scope": "Messages whose author gave them for less than what this release is for.",
    "screened": "Messages that every detector looked at.",
    "agreement": "Krippendorff's alpha of what reviewers say of quality, interval level: 1 is perfect, 0 is chance.",
}
#: Where a measure must not be below the limit; the others must not be above.
AT_LEAST = ("screened", "agreement")
#: There is no limit to choose: nothing goes out that was not given.
ALWAYS: Mapping[str, float] = {"scope": 0.0}


def audit(release: str, config: Config, merged: Merged, *, grams: int) -> dict[str, Any]:
    """audit.json. A measure that could not be taken is null, says why, and passes: whoever signs off reads it."""
    measured = measures(config, merged, grams=grams)
    limits = {**config.gates, **ALWAYS}
    gates = []
    for name, about in ABOUT.items():
        value, limit = measured[name], limits[name]
        passed = value is None or (value >= limit if name in AT_LEAST else value <= limit)
        side = "at_least" if name in AT_LEAST else "at_most"
        gates.append({"gate": name, "about": about, "measured": value, side: limit, "passed": passed})
    facts = merged.facts
    return {
        "release": release,
        "messages": sum(facts.messages.values()),
        "passed": all(gate["passed"] for gate in gates),
        "gates": gates,
        "findings": dict(sorted(facts.findings.items())),
        "agreement": {
            name: {"alpha": _rounded(found.alpha(interval=AGREED_ON[name])), "votes": round(found.votes)}
            for name, found in facts.agreement.items()
        },
        "preferences": dict(sorted(facts.pairs.items())),
        "not_measured": _not_measured(measured, grams=grams),
    }


def measures(config: Config, merged: Merged, *, grams: int) -> dict[str, float | None]:
    """Gate → what was measured."""
    facts, total = merged.facts, sum(merged.facts.messages.values())
    narrower = sum(count for scope, count in facts.scopes.items() if SCOPES.index(scope) > SCOPES.index(config.use))
    counts: dict[str, int] = {
        "personal_data": facts.findings[Concern.PERSONAL_DATA],
        "zero_tolerance": facts.findings[Concern.ZERO_TOLERANCE],
        "toxicity": facts.findings[Concern.TOXICITY],
        "language": facts.findings[Concern.LANGUAGE],
        "duplicates": merged.duplicates,
        "leakage": facts.leaked,
        "scope": narrower,
        "screened": facts.screened,
    }
    shares = {name: round(count / total, DIGITS) if total else None for name, count in counts.items()}
    if not grams:
        shares["leakage"] = None
    return shares | {"agreement": _rounded(facts.agreement["quality"].alpha(interval=True))}


def _not_measured(measured: Mapping[str, float | None], *, grams: int) -> dict[str, str]:
    said = {}
    if measured["leakage"] is None and not grams:
        said["leakage"] = "No benchmark texts were given."
    if measured["agreement"] is None:
        said["agreement"] = "No message has reviews of two people that differ anywhere."
    return said


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
