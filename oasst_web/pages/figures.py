"""Figures as people read them, in their language: decimals, percents, intervals."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Shown:
    """A figure with its interval as people read it; empty where unknown."""

    value: str
    low: str = ""
    high: str = ""


def decimal(figure: float | None, places: int = 2) -> str:
    # Adding 0 makes -0.00 a plain 0.00.
    return "" if figure is None else number_format(round(figure, places) + 0.0, places)


def percent(figure: float | None, places: int = 0) -> str:
    return "" if figure is None else _("%(number)s %%") % {"number": number_format(round(figure * 100, places), places)}


def decimals(*figures: float | None) -> Shown:
    return Shown(*(decimal(figure) for figure in figures))


def percents(*figures: float | None) -> Shown:
    return Shown(*(percent(figure) for figure in figures))
