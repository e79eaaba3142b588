"""Figures over several seeds, printed as Markdown or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

Row = dict[str, str | float]
"""What one seed gave: labels are text, figures are numbers."""


@dataclass(frozen=True)
class Figure:
    """A mean over seeds and half the width of its 95 % interval (Student's t)."""

    mean: float
    half: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        from scipy.special import stdtrit  # slow to import

        n = len(values)
        half = float(stdtrit(n - 1, 0.975)) * float(np.std(values, ddof=1)) / sqrt(n) if n > 1 else 0.0
        return cls(float(np.mean(values)), half)

    @property
    def low(self) -> float:
        return self.mean - self.half

    @property
    def high(self) -> float:
        return self.mean + self.half


Merged = dict[str, "str | Figure"]


@dataclass(frozen=True)
class Table:
    """One table, and what was wanted of it."""

    title: str
    rows: list[Merged]
    digits: dict[str, int] = field(default_factory=dict)
    """Digits after the point by column; 2 if not given."""
    goals: list[tuple[str, bool | None]] = field(default_factory=list)
    """What was wanted, with the figures, and whether it is met; None where it is only told."""

    def markdown(self) -> str:
        columns = list(self.rows[0])
        lines = [f"### {self.title}", "", "| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
        lines += ["| " + " | ".join(self._cell(column, row[column]) for column in columns) + " |" for row in self.rows]
        lines.append("")
        verdicts = {True: "**Met.** ", False: "**Not met.** ", None: ""}
        lines += [f"- {verdicts[met]}{goal}" for goal, met in self.goals]
        return "\n".join(lines) + "\n"

    def json_lines(self) -> Iterable[str]:
        for row in self.rows:
            plain = {name: [cell.mean, cell.half] if isinstance(cell, Figure) else cell for name, cell in row.items()}
            yield json.dumps({"table": self.title, **plain})
        for goal, met in self.goals:
            yield json.dumps({"table": self.title, "goal": goal, "met": met})

    def _cell(self, column: str, cell: str | Figure) -> str:
        if isinstance(cell, str):
            return cell
        digits = self.digits.get(column, 2)
        if np.isnan(cell.mean):
            return ""
        return f"{cell.mean:.{digits}f}" + (f" ± {cell.half:.{digits}f}" if cell.half > 1e-9 else "")


def merged(by_seed: Sequence[Sequence[Row]]) -> list[Merged]:
    """The same rows from every seed, made one: labels stay, numbers become figures."""
    rows: list[Merged] = []
    for same in zip(*by_seed, strict=True):
        rows.append({name: _merged_cell([row[name] for row in same]) for name in same[0]})
    return rows


def _merged_cell(cells: Sequence[str | float]) -> str | Figure:
    first = cells[0]
    return first if isinstance(first, str) else Figure.of([float(cell) for cell in cells])


def figure(rows: Iterable[Merged], column: str, **labels: str) -> Figure:
    """The figure of the one row with these labels."""
    (found,) = (row for row in rows if all(row[name] == label for name, label in labels.items()))
    cell = found[column]
    assert isinstance(cell, Figure)
    return cell


@dataclass(frozen=True)
class Section:
    """A simulation: what one seed gives, by table, and how the tables are made of what all seeds gave."""

    name: str
    measure: Callable[[int], dict[str, list[Row]]]
    tables: Callable[[dict[str, list[Merged]]], list[Table]]
