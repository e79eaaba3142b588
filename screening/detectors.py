"""The table of all detectors: for each concern the module that looks for it, loaded when it is first asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from screening.findings import Concern, Detector

Load = Callable[[], Detector | None]


def _of(module: str) -> Load:
    """The `DETECTOR` of a module. Some of them read lists and models when they are imported."""

    def load() -> Detector:
        detector: Detector = import_module(f"screening.{module}").DETECTOR
        return detector

    return load


#: Near-duplicates are not among them: they are looked for among other texts, which only a database has.
DETECTORS: Mapping[Concern, Load] = {
    Concern.ZERO_TOLERANCE: _of("zero_tolerance"),
    Concern.LANGUAGE: _of("language"),
    Concern.PERSONAL_DATA: _of("personal_data"),
    Concern.LINKS: _of("links"),
    Concern.INJECTION: _of("injection"),
    Concern.BOILERPLATE: _of("boilerplate"),
    Concern.GIBBERISH: _of("gibberish"),
    Concern.PROFANITY: _of("profanity"),
    Concern.TOXICITY: _of("toxicity"),
}
