"""Finds texts that are nearly the same, among any number, by MinHash (Broder 1997) and banding.

A text is cut into overlapping pieces of letters, so that it works in languages without spaces between words too. Its
signature is 128 numbers; the share of them that two signatures have in common estimates how much of their pieces the
texts share (Jaccard), with a standard error of at most 0.044. The signature falls into 32 bands of 4: two texts of
similarity s share a band with chance 1 - (1 - s^4)^32, which is 0.9999 at 0.8, 0.99 at 0.6, 0.56 at 0.4, 0.05 at 0.2.
"""

from __future__ import annotations

import hashlib
import re
import struct
import unicodedata
from importlib.metadata import version

from rensa import RMinHash

NUMBERS, BANDS = 128, 32
ROWS = NUMBERS // BANDS
#: Letters in a piece. One sign of a dense script says as much as a short word of others.
PIECE, DENSE_PIECE = 6, 3
#: Pieces below which a text is too short to be called anybody's: "yes", "thank you very much".
ENOUGH = 24
SEED = 20_230_415

#: Signatures are stored: those of another version of the package cannot be compared with ours.
VERSION = f"minhash-{NUMBERS}x{BANDS}-{PIECE}/{DENSE_PIECE}-1+rensa-{version('rensa')}"

_LETTERS = re.compile(r"[\W_]+")
_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def signature(text: str) -> bytes | None:
    """128 unsigned 32-bit numbers, little-endian; None for a text too short to be a duplicate of another."""
    pieces = _pieces(text)
    if len(pieces) < ENOUGH:
        return None
    minhash = RMinHash(num_perm=NUMBERS, seed=SEED)
    minhash.update(sorted(pieces))
    return struct.pack(f"<{NUMBERS}I", *minhash.digest())


def bands(signature: bytes, lang: str) -> list[int]:
    """32 signed 64-bit numbers. Texts of the same language that share one are candidates; of other languages never."""
    width = ROWS * 4
    return [
        struct.unpack(
            "<q",
            hashlib.blake2b(
                signature[at * width : (at + 1) * width], digest_size=8, key=f"{at}:{lang}".encode()[:64]
            ).digest(),
        )[0]
        for at in range(BANDS)
    ]


def similarity(one: bytes, other: bytes) -> float:
    """The estimated share of their pieces that two texts have in common: 0 to 1."""
    ours, theirs = (struct.unpack(f"<{NUMBERS}I", each) for each in (one, other))
    same: int = sum(a == b for a, b in zip(ours, theirs, strict=True))
    return same / NUMBERS


def _pieces(text: str) -> set[str]:
    """Letters and figures only, in lower case, words parted by one space."""
    plain = _LETTERS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
    long = DENSE_PIECE if len(_DENSE.findall(plain)) * 2 > len(plain) else PIECE
    return {plain[at : at + long] for at in range(len(plain) - long + 1)}
