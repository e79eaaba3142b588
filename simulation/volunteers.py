"""A synthetic volunteer: how well they write and judge, and how badly they behave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from accounts.models import User
from tasks.drafts import RankingDraft, ReplyDraft, ReviewDraft
from tasks.kinds import LABELS, Widget
from tasks.models import Message
from tasks.work import Work

WORDS = {
    "en": "water light question answer garden number reason winter paper river small early maybe because".split(),
    "de": "Wasser Licht Frage Antwort Garten Zahl Grund Winter Papier Fluss klein früh vielleicht weil".split(),
    "es": "agua luz pregunta respuesta jardín número razón invierno papel río pequeño pronto quizás porque".split(),
    "ar": "ماء ضوء سؤال جواب حديقة رقم سبب شتاء ورق نهر صغير مبكر ربما لأن".split(),
}


@dataclass(frozen=True)
class Truth:
    """What a message really is."""

    spam: bool
    quality: float
    """0 to 1."""


@dataclass(frozen=True)
class Volunteer:
    """One synthetic person. `skill` is the chance to see a message as it is."""

    person: User
    skill: float
    spammer: bool
    abandons: float
    skips: float
    doubles: float
    """Chance to send an answer twice."""

    def write(self, lang: str, rng: Random, *, limit: int) -> tuple[ReplyDraft, Truth]:
        words = WORDS.get(lang, WORDS["en"])
        spam = rng.random() < (0.8 if self.spammer else 0.03)
        quality = 0.0 if spam else min(1.0, max(0.0, rng.gauss(0.3 + 0.4 * self.skill, 0.2)))
        text = " ".join(rng.choice(words) for _ in range(rng.randint(6, 40))) + f" {rng.randrange(10**9)}"
        return ReplyDraft.of(text, limit=limit), Truth(spam, quality)

    def review(self, work: Work, truth: Truth, rng: Random) -> ReviewDraft:
        """Every question asked, answered as well as this person can; scales now and then left open."""
        sees = self.sees(rng)
        labels: dict[str, float | None] = {}
        for name, label in work.labels:
            if name == "spam":
                labels[name] = float(truth.spam if sees else rng.random() < 0.5)
            elif label.widget is Widget.LIKERT:
                seen = truth.quality if sees else rng.random()
                labels[name] = None if rng.random() < 0.1 else round(seen * 4) / 4
            else:
                labels[name] = float(rng.random() < 0.01)
        return ReviewDraft.of(work.kind, {name: labels[name] for name in LABELS if name in labels})

    def rank(self, replies: Sequence[Message], truths: dict[str, Truth], rng: Random) -> RankingDraft:
        """Best first by what this person believes of each; near-equals are tied."""
        noise = 1.0 if self.spammer else 0.35 * (1 - self.skill) + 0.02
        beliefs = {reply.pk: truths[str(reply.pk)].quality + rng.gauss(0, noise) for reply in replies}
        order: list[list[object]] = []
        last = None
        for pk in sorted(beliefs, key=lambda pk: -beliefs[pk]):
            if last is not None and last - beliefs[pk] < 0.02:
                order[-1].append(pk)
            else:
                order.append([pk])
            last = beliefs[pk]
        return RankingDraft.of(order, shown=list(beliefs), not_rankable=rng.random() < 0.01)  # type: ignore[arg-type]

    def sees(self, rng: Random) -> bool:
        return rng.random() < (0.3 if self.spammer else self.skill)


def recruit(count: int, rng: Random, people: Sequence[User]) -> list[Volunteer]:
    """A crowd: one in ten a spammer, the others of mixed skill and patience."""
    return [
        Volunteer(
            person=people[number],
            skill=rng.uniform(0.7, 0.99),
            spammer=number % 10 == 9,
            abandons=rng.uniform(0.0, 0.06),
            skips=rng.uniform(0.0, 0.06),
            doubles=rng.uniform(0.0, 0.1),
        )
        for number in range(count)
    ]
