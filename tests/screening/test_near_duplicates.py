"""Signatures: alike for texts that are alike, in every script; and bands by which a database finds them."""

from __future__ import annotations

from screening import near_duplicates as near

LONG = (
    "The tide comes in twice a day because the moon pulls at the sea, and so does the sun, only less. When both pull "
    "in one line, the water rises highest, which sailors call a spring tide; between them it is a neap tide."
)
CHINESE = (
    "潮汐每天涨落两次，因为月亮吸引着海水，太阳也是如此，只是力量较小。当两者在一条直线上时，水位最高，人们称之为大潮。"
)


def like(one: str, other: str) -> float:
    ours, theirs = near.signature(one), near.signature(other)
    assert ours is not None
    assert theirs is not None
    return near.similarity(ours, theirs)


def test_the_same_words_are_the_same_whatever_signs_and_capitals() -> None:
    assert like(LONG, LONG.upper().replace(",", " -")) == 1.0


def test_a_few_changed_words_keep_most_of_the_signature_and_another_text_keeps_nothing() -> None:
    assert like(LONG, LONG.replace("highest", "most").replace("twice", "two times")) > 0.7
    assert like(CHINESE, CHINESE.replace("力量较小", "力气不大")) > 0.7
    assert like(LONG, "Why does bread rise? Because yeast makes gas, and the dough holds it as it warms up.") < 0.1


def test_texts_too_short_to_be_anybodys_have_no_signature() -> None:
    for text in ("", "Yes.", "Thank you very much!", "谢谢你"):
        assert near.signature(text) is None


def test_texts_that_are_alike_share_a_band_but_never_across_languages() -> None:
    one, other = near.signature(LONG), near.signature(LONG.replace("highest", "most"))
    assert one is not None
    assert other is not None
    assert set(near.bands(one, "en")) & set(near.bands(other, "en"))
    assert not set(near.bands(one, "en")) & set(near.bands(one, "de"))
    assert all(-(2**63) <= band < 2**63 for band in near.bands(one, "en"))
    assert len(near.bands(one, "en")) == near.BANDS
