"""Detectors run in a child: one that crashes, hangs or raises is told, and the next question is answered."""

from __future__ import annotations

import pytest

from screening.detectors import DETECTORS
from screening.findings import Concern, Text
from screening.looking import DetectorFailed, Looker

QUICK = "tests.screening.quick_detectors:DETECTORS"
LONG = 30.0


def look(looker: Looker, concern: Concern, text: str, deadline: float = LONG) -> list[str]:
    return [found.kind for found in looker.look(concern, Text(text=text), deadline)]


@pytest.mark.parametrize(
    ("concern", "text", "deadline", "reason"),
    [
        (Concern.GIBBERISH, "crash", LONG, "crashed"),
        (Concern.LINKS, "raise", LONG, "nothing to be said"),
        (Concern.LANGUAGE, "hang", 0.2, "longer than"),
        (Concern.BOILERPLATE, "flood", LONG, "crashed"),
    ],
)
def test_a_detector_that_fails_is_told_and_the_next_one_answers(
    concern: Concern, text: str, deadline: float, reason: str
) -> None:
    with Looker(QUICK) as looker:
        assert look(looker, Concern.TOXICITY, "nasty") == ["nasty"]
        with pytest.raises(DetectorFailed, match=reason):
            look(looker, concern, text, deadline)
        assert look(looker, Concern.TOXICITY, "nasty") == ["nasty"]
        assert look(looker, concern, "harmless") == []


def test_odd_texts_arrive_as_they_are() -> None:
    with Looker(QUICK) as looker:
        for text in ("nasty\nnasty\r\n", "nasty \ud800", "nasty \x00 \u2028 😀", "nasty" + "x" * 200_000):
            assert look(looker, Concern.TOXICITY, text) == ["nasty"]


def test_what_a_detector_prints_is_no_answer() -> None:
    with Looker(QUICK) as looker:
        assert look(looker, Concern.INJECTION, "print") == []


def test_a_looker_that_is_closed_leaves_no_child() -> None:
    looker = Looker(QUICK)
    look(looker, Concern.TOXICITY, "nasty")
    child = looker._child
    assert child is not None
    looker.close()
    assert child.returncode is not None


def test_a_detector_that_is_not_installed_has_no_version_and_one_that_cannot_be_loaded_is_waited_for() -> None:
    with Looker(QUICK) as looker:
        versions = looker.versions()
    assert Concern.PROFANITY not in versions
    assert versions[Concern.NEAR_DUPLICATE] == "unknown"
    assert versions[Concern.TOXICITY] == "nasty-1"


def test_every_detector_of_the_table_says_its_concern_and_its_version() -> None:
    for concern, load in DETECTORS.items():
        detector = load()
        assert detector is not None
        assert detector.concern is concern
        assert 0 < len(detector.version) <= 80
        assert detector.look(Text(text="")) == []
    assert set(DETECTORS) == set(Concern) - {Concern.NEAR_DUPLICATE}
