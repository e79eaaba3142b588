"""Whether a message is good enough to keep, from the means of its reviews."""

from __future__ import annotations

from collections.abc import Mapping

#: The labels that decide; every other one describes.
DECIDING = ("spam", "lang_mismatch")


def acceptance_score(label_means: Mapping[str, float]) -> float:
    """1 - (spam + lang_mismatch), from -1 to 1; a label nobody answered counts as 0.

    `label_means`: label to its mean over reviewers, each 0 to 1. The rule of Open-Assistant: with three reviewers one
    vote against passes a threshold of 0.6, two do not.
    """
    return 1.0 - sum(label_means.get(label, 0.0) for label in DECIDING)
