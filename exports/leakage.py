"""Does a text repeat a benchmark? By sequences of words that both have, as is usual: 13 words, hashed."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

#: Words of a sequence. Shorter ones are common by chance (Brown et al. 2020, appendix C, use 13).
N = 13
#: A letter of a script that has no spaces counts as a word.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|\w+")


def grams(text: str) -> Iterator[int]:
    """A 64-bit hash of each sequence of N words, in lower case and without punctuation."""
    words = _WORD.findall(text.lower())
    for start in range(len(words) - N + 1):
        sequence = " ".join(words[start : start + N]).encode()
        yield int.from_bytes(hashlib.blake2b(sequence, digest_size=8).digest())


def lines(path: Path) -> Iterator[str]:
    """The texts of a benchmark: one in each line. Raises OSError."""
    with path.open(encoding="utf-8", errors="replace") as file:
        yield from (line for line in file if line.strip())


class Grams:
    """Sequences of some benchmark texts."""

    def __init__(self, hashes: Iterable[int] = ()) -> None:
        self.hashes = frozenset(hashes)

    @classmethod
    def of_texts(cls, texts: Iterable[str]) -> Grams:
        return cls(gram for text in texts for gram in grams(text))

    @classmethod
    def stored(cls, data: bytes) -> Grams:
        return cls(array("Q", data))

    def to_store(self) -> bytes:
        """In order, 8 bytes each."""
        return array("Q", sorted(self.hashes)).tobytes()

    def __bool__(self) -> bool:
        return bool(self.hashes)

    def __len__(self) -> int:
        return len(self.hashes)

    def share(self, text: str) -> bool:
        """Whether the text has one of these sequences."""
        return any(gram in self.hashes for gram in grams(text))
