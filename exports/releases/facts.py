"""What is counted while a release is built: part by part, each count added to those of the parts before."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Self
from uuid import UUID

from exports import schema
from exports.building import Tally, Whole
from exports.leakage import Grams
from exports.releases.agreeing import Coincidences
from exports.training import SCOPES, Told
from tasks.kinds import LABELS, Widget

#: Shorter texts are the same by chance: "Thank you very much!"
WORDS_OF_A_DUPLICATE = 6
#: Labels of which the audit says how far reviewers agree, with the distance of two answers.
AGREED_ON = {name: label.widget is Widget.LIKERT for name, label in LABELS.items() if name in ("spam", "quality")}


@dataclass(kw_only=True)
class Facts:
    """All counts are over what is in the files."""

    rows: Counter[str] = field(default_factory=Counter)
    """`format split lang` → rows."""
    trees: Counter[str] = field(default_factory=Counter)
    """`lang state split` → trees."""
    messages: Counter[str] = field(default_factory=Counter)
    """`lang state role` → messages."""
    left_out: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    """Concern → messages in which screening found something that stands."""
    screened: int = 0
    leaked: int = 0
    scopes: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    """BCP 47 → messages in it."""
    length: int = 0
    """Characters of all texts."""
    rules: Counter[str] = field(default_factory=Counter)
    """Version of the rules → messages whose rank they decided."""
    pairs: Counter[str] = field(default_factory=Counter)
    agreement: dict[str, Coincidences] = field(default_factory=lambda: {name: Coincidences() for name in AGREED_ON})

    def see(self, whole: Whole, grams: Grams) -> None:
        tree, messages = whole.tree, whole.messages
        there = {message.pk for message in messages}
        self.trees[f"{tree.lang} {tree.state} {whole.told.split}"] += 1
        for message in messages:
            self.messages[f"{tree.lang} {tree.state} {message.role}"] += 1
            self.languages[message.lang] += 1
            self.length += len(message.text)
            self.screened += not message.screening_due
            self.leaked += bool(grams) and grams.share(message.text)
            if message.rank_rules_id:
                self.rules[str(message.rank_rules_id)] += 1
        self.findings.update(concern for pk, concern in whole.found if pk in there)
        self._see_beside(whole.told)
        for name, coincidences in self.agreement.items():
            coincidences.see(whole.votes(name))

    def _see_beside(self, told: Told) -> None:
        """Preferences, and what authors gave it for."""
        for pair in chain.from_iterable(told.pairs.values()):
            self.pairs["pairs"] += 1
            self.pairs["sure"] += (pair.p_better or 0) >= 0.95
            self.pairs["undecided"] += pair.p_better == 0.5
        self.scopes.update(told.scopes.get(node.message_id, SCOPES[0]) for node in schema.walk(told.tree.prompt))

    def told(self, tally: Tally) -> None:
        self.left_out.update({reason.value: count for reason, count in tally.left_out.items() if count})

    def to_json(self) -> dict[str, Any]:
        """Counts by name, names in order."""
        said: dict[str, Any] = {
            name: dict(sorted(counts.items())) for name, counts in vars(self).items() if isinstance(counts, Counter)
        }
        agreement = {name: coincidences.to_json() for name, coincidences in self.agreement.items()}
        sums = {"screened": self.screened, "leaked": self.leaked, "length": self.length}
        return said | sums | {"agreement": agreement}

    def add(self, said: Mapping[str, Any]) -> Self:
        """What another part's `to_json` said."""
        for name, counts in said.items():
            if name == "agreement":
                for label, more in counts.items():
                    self.agreement[label].add(more)
            elif isinstance(counts, dict):
                getattr(self, name).update(counts)
            else:
                setattr(self, name, getattr(self, name) + counts)
        return self


def by(counts: Mapping[str, int], *places: int) -> dict[str, int]:
    """Sums over these words of the keys, in order."""
    sums: Counter[str] = Counter()
    for key, count in counts.items():
        words = key.split()
        sums[" ".join(words[place] for place in places)] += count
    return dict(sorted(sums.items()))


def fingerprint(text: str) -> bytes:
    """8 bytes that two texts share if they differ in case and white space only; empty for a short one."""
    words = text.lower().split() if " " in text else re.findall(r"\w", text)
    if len(words) < WORDS_OF_A_DUPLICATE:
        return b""
    return hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()


def packed(ids: Iterable[UUID]) -> bytes:
    """16 bytes each, in order."""
    return b"".join(sorted(each.bytes for each in ids))


def unpacked(data: bytes) -> Iterator[UUID]:
    for at in range(0, len(data), 16):
        yield UUID(bytes=data[at : at + 16])
