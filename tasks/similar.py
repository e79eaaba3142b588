"""Prompts like the one somebody is writing, so that they see before they send it that it was asked before."""

from __future__ import annotations

import re
import unicodedata
from itertools import combinations

from django.contrib.postgres.lookups import TrigramSimilar
from django.contrib.postgres.search import SearchQuery
from django.db.models import F, Value
from django.db.models.functions import Length

from accounts.models import User
from common.text import normalised
from tasks.models import Message
from tasks.querysets import WORDS, WORDS_CONFIG, MessageQuerySet

#: How many are shown.
SHOWN = 3
#: From which likeness on; see `likeness`.
ALIKE = 0.45
#: Characters below which everything resembles everything.
ENOUGH, ENOUGH_UNSPACED = 12, 5
#: Of the words of a prompt, how many are looked for: the longest, which are the rarest.
LOOKED_FOR = 6
#: Another prompt has at least this part of its length, and at most so many times it.
SHORTEST, LONGEST = 0.4, 2.5
#: Texts that are compared at most.
COMPARED = 200

#: Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")


def prompts_like(text: str, *, lang: str, person: User) -> list[Message]:
    """The most similar prompts of the language among those that this person may read, the most similar first."""
    text = normalised(text)
    unspaced = len(_UNSPACED.findall(text)) * 2 > len(text)
    if len(text) < (ENOUGH_UNSPACED if unspaced else ENOUGH):
        return []
    # Their own deleted ones they may read too, but nobody would call those asked before.
    there = Message.objects.visible_to(person).roots().filter(lang=lang, deleted=False)
    found = _sharing_letters(there, text) if unspaced else _sharing_words(there, text)
    found = found.annotate(size=Length("text")).filter(size__range=_sizes(text))
    alike = {message: likeness(text, message.text) for message in found.only("text", "tree", "lang")[:COMPARED]}
    best = sorted(alike, key=lambda message: (-alike[message], message.pk))
    return [message for message in best if alike[message] >= ALIKE][:SHOWN]


def likeness(one: str, other: str) -> float:
    """How many of the groups of two or three letters in both texts they have in common: 0 to 1 (Jaccard).

    Computed here and not by PostgreSQL: pg_trgm sees no letters but ASCII in a database with the locale C.
    """
    ours, theirs = _groups(one), _groups(other)
    return len(ours & theirs) / len(ours | theirs) if ours or theirs else 0.0


def _groups(text: str) -> set[str]:
    text = f" {' '.join(_words(text))} "
    size = 2 if _UNSPACED.search(text) else 3
    return {text[at : at + size] for at in range(len(text) - size + 1)}


def _words(text: str) -> list[str]:
    """Without signs and punctuation. Marks stay: Indic vowels are such."""
    kept = (sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in text.casefold())
    return "".join(kept).split()


def _sizes(text: str) -> tuple[int, int]:
    return int(len(text) * SHORTEST), int(len(text) * LONGEST)


def _sharing_words(there: MessageQuerySet, text: str) -> MessageQuerySet:
    """Prompts with at least half of the longest words of the text, by the index over words.

    The one over letters would be asked for it, but it finds a fifth of all prompts for any sentence and compares each:
    over a second at 66,000 prompts, where this takes milliseconds.
    """
    rare = sorted(set(_words(text)), key=lambda word: (-len(word), word))[:LOOKED_FOR]
    if not rare:
        return there.none()
    needed = len(rare) // 2 + 1 if len(rare) < LOOKED_FOR else LOOKED_FOR // 2
    groups = (" & ".join(f"'{word}'" for word in group) for group in combinations(rare, needed))
    query = SearchQuery(" | ".join(groups), config=WORDS_CONFIG, search_type="raw")
    found: MessageQuerySet = there.alias(words=WORDS).filter(words=query)
    return found


def _sharing_letters(there: MessageQuerySet, text: str) -> MessageQuerySet:
    """Prompts with many groups of three signs of the text, by the index over letters: where words have no spaces
    between them, such groups are rare. In a database with the locale C there are none, and nothing is found."""
    found: MessageQuerySet = there.filter(TrigramSimilar(F("text"), Value(text)))
    return found
