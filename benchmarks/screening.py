"""`python -m benchmarks screening`: what the detectors find on labelled texts, what they find where nothing is, and how
long they take. Every figure is measured in the run; the texts are in ../shared/data.

Precision: of what was found, how much is labelled so. Recall: of what is labelled so, how much was found. A text counts
once. Clean texts are those of OASST, of UDHR and of Lingua's sentences, in many languages. Not all of them are
clean: replies in which a model speaks of itself are among them, and a tirade or two.
"""

from __future__ import annotations

import csv
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.languages import LANGUAGES
from screening import near_duplicates
from screening.detectors import DETECTORS
from screening.findings import Concern, Detector, Text
from tasks.rules import TreeRules

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
#: What the labels of the sentences with personal data are called by the detector.
ENTITIES = {
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "US_SSN": "us_ssn",
    "IP_ADDRESS": "ipv4",
    "EMAIL_ADDRESS": "email",
}
SEED = 7
#: How a model begins to speak of itself.
OWN = ("an ai", "i am a", "i'm a", "as an", "como", "als", "я", "как")


@dataclass
class Counted:
    """True and false findings, and what was missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, *, found: bool, labelled: bool) -> None:
        self.right += found and labelled
        self.wrong += found and not labelled
        self.missed += labelled and not found

    @property
    def precision(self) -> str:
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> str:
        return _share(self.right, self.right + self.missed)


@dataclass
class Timed:
    """A detector with its threshold, and the clock."""

    detector: Detector
    threshold: float
    texts: int = 0
    seconds: float = 0.0
    kinds: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def kept(self, text: str, *, lang: str = "en", role: str = "prompter") -> list[Any]:
        began = time.perf_counter()
        found = [
            each for each in self.detector.look(Text(text=text, lang=lang, role=role)) if each.score >= self.threshold
        ]
        self.seconds += time.perf_counter() - began
        self.texts += 1
        return found


def run(as_json: bool) -> None:
    if not DATA.exists():
        print(f"The labelled texts are not there: {DATA}. Nothing was measured.")
        return
    rules, detectors = TreeRules(), {}
    for concern, load in DETECTORS.items():
        detector = load()
        if detector is not None:
            detectors[concern] = Timed(detector, float(getattr(rules, f"threshold_{concern.value}")))
    for title, table in (
        ("Language: sentences of Lingua, each also as if it belonged to another language", _language(detectors)),
        ("Gibberish: the same sentences with each Latin letter replaced by a key", _gibberish(detectors)),
        ("Personal data: sentences of presidio-research, by entity", _personal_data(detectors)),
        ("Toxicity and profanity: tweets by the votes of three raters (English)", _offensive(detectors)),
        ("Model talk: replies of OASST that name themselves an AI, found by another wording", _boilerplate(detectors)),
        ("Near-duplicates: messages of OASST with a tenth of their words changed, by language", _duplicates()),
    ):
        _print(title, table, as_json)
    _print("Findings in 1,000 clean texts, and milliseconds for each text", _clean(detectors), as_json)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "–"


def _sentences() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    with (DATA / "text" / "language_sentences.tsv").open(encoding="utf-8") as lines:
        for line in lines:
            code, sentence = line.rstrip("\n").split("\t")[:2]
            lang = _ours(code)
            if lang:
                found[lang].append(sentence)
    return found


def _ours(code: str) -> str:
    """The code of the site for a language, empty where people do not work in it."""
    if code in LANGUAGES:
        return code
    return next((known for known in LANGUAGES if known.split("-")[0] == code), "")


def _messages() -> Iterator[tuple[str, str, str]]:
    """Text, language and role of every message in the trees."""
    for path in sorted((DATA / "oasst").glob("*.trees.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                todo = [json.loads(line)["prompt"]]
                while todo:
                    message = todo.pop()
                    yield message["text"], _ours(message.get("lang", "en")) or "en", message["role"]
                    todo += message.get("replies", [])


def _language(detectors: dict[Concern, Timed]) -> Iterator[dict[str, Any]]:
    timed, sentences = detectors[Concern.LANGUAGE], _sentences()
    others = dict(zip(sentences, [*list(sentences)[1:], next(iter(sentences))], strict=True))
    whole = Counted()
    for lang, lines in sentences.items():
        counted = Counted()
        for line in lines:
            for expected, wrong in ((lang, False), (others[lang], True)):
                found = bool(timed.kept(line, lang=expected))
                counted.add(found=found, labelled=wrong)
                whole.add(found=found, labelled=wrong)
        yield _row(lang, counted)
    yield _row("all", whole)


def _gibberish(detectors: dict[Concern, Timed]) -> Iterator[dict[str, Any]]:
    rng, timed = random.Random(SEED), detectors[Concern.GIBBERISH]
    whole = Counted()
    for lang, lines in _sentences().items():
        counted = Counted()
        for line in lines:
            for text, made_up in ((line, False), (_mashed(line, rng), True)):
                if text == line and made_up:
                    continue
                found = bool(timed.kept(text, lang=lang))
                counted.add(found=found, labelled=made_up)
                whole.add(found=found, labelled=made_up)
        yield _row(lang, counted)
    yield _row("all", whole)


def _mashed(line: str, rng: random.Random) -> str:
    """As if keys were hit at random: letters of Latin words give way to those of the keyboard. Other scripts stay."""
    keys = "asdfghjklqwrtzpxcvbnm"
    return "".join(rng.choice(keys) if sign.isascii() and sign.isalpha() else sign for sign in line)


def _personal_data(detectors: dict[Concern, Timed]) -> Iterator[dict[str, Any]]:
    timed = detectors[Concern.PERSONAL_DATA]
    by_entity: dict[str, Counted] = {name: Counted() for name in ENTITIES}
    false = Counted()
    for sentence in json.loads((DATA / "text" / "pii_sentences_100.json").read_text(encoding="utf-8")):
        found = timed.kept(sentence["full_text"])
        spans = sentence["spans"]
        for span in spans:
            if span["entity_type"] in ENTITIES:
                hit = any(_overlap(each, span) for each in found)
                by_entity[span["entity_type"]].add(found=hit, labelled=True)
        for each in found:
            false.add(found=True, labelled=any(_overlap(each, span) for span in spans))
    for name, counted in by_entity.items():
        yield {"of": name.lower(), "recall": counted.recall}
    yield {"of": "all findings", "precision": false.precision}


def _overlap(found: Any, span: dict[str, Any]) -> bool:
    return bool(found.start < span["end_position"] and span["start_position"] < found.end)


def _offensive(detectors: dict[Concern, Timed]) -> Iterator[dict[str, Any]]:
    counted = {concern: Counted() for concern in (Concern.TOXICITY, Concern.PROFANITY)}
    with (DATA / "text" / "offensive_tweets_2000.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            votes = int(row["hate_speech"]) + int(row["offensive_language"])
            for concern, each in counted.items():
                each.add(found=bool(detectors[concern].kept(row["tweet"])), labelled=votes * 2 > int(row["count"]))
    for concern, each in counted.items():
        yield _row(concern.value, each)


def _boilerplate(detectors: dict[Concern, Timed]) -> Iterator[dict[str, Any]]:
    timed, counted = detectors[Concern.BOILERPLATE], Counted()
    signs = ("language model", "artificial intelligence", "modelo de lenguaje", "sprachmodell", "языковая модель")
    for text, lang, role in _messages():
        plain = text.lower()
        speaks = any(f"{own} {sign}" in plain for sign in signs for own in OWN)
        if role == "assistant":
            counted.add(found=bool(timed.kept(text, lang=lang, role=role)), labelled=speaks)
    yield _row("replies", counted)


def _duplicates() -> Iterator[dict[str, Any]]:
    rng = random.Random(SEED)
    by_lang: dict[str, list[str]] = defaultdict(list)
    for text, lang, _role in _messages():
        if near_duplicates.signature(text) is not None:
            by_lang[lang].append(text)
    least = TreeRules().threshold_near_duplicate
    for lang, texts in sorted(by_lang.items(), key=lambda each: -len(each[1]))[:8]:
        signatures = [near_duplicates.signature(text) or b"" for text in texts]
        stored = [set(near_duplicates.bands(each, lang)) for each in signatures]
        banded = Counted()
        for at, text in enumerate(texts[:150]):
            changed = near_duplicates.signature(_changed(text, rng))
            if changed is None:
                continue
            found = set(near_duplicates.bands(changed, lang))
            like = [
                other
                for other, known in enumerate(stored)
                if known & found and near_duplicates.similarity(changed, signatures[other]) >= least
            ]
            banded.add(found=at in like, labelled=True)
            for other in like:
                banded.wrong += texts[other] != text and other != at
        yield _row(lang, banded)


def _changed(text: str, rng: random.Random) -> str:
    """A tenth of the words, or of the signs where words are not parted, changed for others of the text."""
    unspaced = len(text.split()) * 12 < len(text)
    words = list(text) if unspaced else text.split(" ")
    for _ in range(max(1, len(words) // 10)):
        words[rng.randrange(len(words))] = rng.choice(words)
    return ("" if unspaced else " ").join(words)


def _clean(detectors: dict[Concern, Timed]) -> Iterator[dict[str, Any]]:
    texts = list(_messages())
    texts += [(line, lang, "prompter") for lang, lines in _sentences().items() for line in lines]
    with (DATA / "text" / "udhr_paragraphs.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            lang = _ours(row["lang"])
            if lang:
                texts.append((row["text"], lang, "prompter"))
    for concern, timed in detectors.items():
        timed.texts, timed.seconds, hits = 0, 0.0, 0
        for text, lang, role in texts:
            hits += bool(timed.kept(text, lang=lang, role=role))
        yield {
            "of": concern.value,
            "texts": timed.texts,
            "in 1,000": f"{1000 * hits / timed.texts:.1f}",
            "ms": f"{1000 * timed.seconds / timed.texts:.2f}",
        }


def _row(name: str, counted: Counted) -> dict[str, Any]:
    return {"of": name, "precision": counted.precision, "recall": counted.recall}


def _print(title: str, table: Iterator[dict[str, Any]], as_json: bool) -> None:
    rows = list(table)
    if as_json:
        for row in rows:
            print(json.dumps({"table": title, **row}, ensure_ascii=False), flush=True)
        return
    print(f"\n{title}")
    names = list(dict.fromkeys(name for row in rows for name in row))
    widths = {name: max(len(name), *(len(str(row.get(name, ""))) for row in rows)) for name in names}
    for row in [dict(zip(names, names, strict=True)), *rows]:
        print("  ".join(str(row.get(name, "")).ljust(widths[name]) for name in names), flush=True)
