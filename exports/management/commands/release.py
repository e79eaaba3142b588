"""`manage.py release`: build a release, or build one again and see whether it has the same bytes."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from common.errors import DomainError
from exports.models import Release, ReleaseState
from exports.releases import asking, build, places
from exports.releases import config as toml


class Command(BaseCommand):
    help = (
        "Build a release from release.toml. Two administrators then sign it off on the page of releases. "
        "docs/data-format.md explains what is in one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="such as 2026-11")
        either = parser.add_mutually_exclusive_group(required=True)
        either.add_argument("--config", type=Path, metavar="release.toml", help="build it, here and now")
        either.add_argument(
            "--again",
            type=Path,
            metavar="DIR",
            help="build a release that is there once more, into this new directory, and compare: from the same data "
            "every byte is the same",
        )
        parser.add_argument(
            "--seed-file",
            type=Path,
            help="a file with the secret of the pseudonyms: to build a release again in another database",
        )

    def handle(self, **options: Any) -> None:
        try:
            self._again(**options) if options["again"] else self._build(**options)
        except (DomainError, OSError) as problem:
            said = problem.sentence if isinstance(problem, DomainError) else problem
            raise CommandError(str(said)) from problem

    def _build(self, *, name: str, config: Path, seed_file: Path | None, **options: Any) -> None:
        # What is no UTF-8 is no TOML, and is said as that.
        asked = toml.read(_text(config))
        release = asking.ask(
            name=name,
            config=asked,
            benchmarks={each: _text(config.parent / each) for each in asked.benchmarks},
            by=None,
            now=timezone.now(),
            seed=_text(seed_file).strip() if seed_file else "",
            here=True,
        )
        with tqdm(unit=" parts", disable=None) as bar:
            if not build.build(release.pk, clock=timezone.now, tell=lambda done, of: _show(bar, done, of)):
                release.refresh_from_db()
                raise CommandError(release.problem or "Another process is building it.")
        release.refresh_from_db()
        self._tell(release)

    def _tell(self, release: Release) -> None:
        assert release.manifest is not None
        assert release.audit is not None
        counts = release.manifest["counts"]
        self.stdout.write(f"{release.name}: trees {counts['trees']}, messages {counts['messages']}")
        for gate in release.audit["gates"]:
            measured = "not measured" if gate["measured"] is None else f"{gate['measured']:g}"
            self.stdout.write(f"  {'passed' if gate['passed'] else 'NOT PASSED'}: {gate['gate']} {measured}")
        self.stdout.write(f"Files: {places.of(release.name)}")
        self.stdout.write(f"SHA-256 of manifest.json: {release.manifest_digest}")
        if not release.passed:
            raise CommandError("It did not pass every gate, so nobody can sign it off. audit.json says what was found.")

    def _again(self, *, name: str, again: Path, **options: Any) -> None:
        release = Release.objects.filter(name=name, state__in=[ReleaseState.BUILT, ReleaseState.PUBLISHED]).first()
        if release is None:
            raise CommandError(f"There is no finished release {name}.")
        if again.exists():
            raise CommandError(f"{again} exists already. Name a directory that does not.")
        with tqdm(unit=" parts", disable=None) as bar:
            made = build.make(release, again, tell=lambda done, of: _show(bar, done, of))
        assert release.manifest is not None
        if made.digest == release.manifest_digest:
            self.stdout.write(f"Every byte is the same: {made.digest}")
            return
        for path in sorted(made.manifest["files"].keys() | release.manifest["files"].keys()):
            if made.manifest["files"].get(path) != release.manifest["files"].get(path):
                self.stdout.write(f"differs: {path}")
        if made.manifest["code"] != release.manifest["code"]:
            self.stdout.write("It was built by other code.")
        raise CommandError("Not the same bytes: the data, or the code, changed since.")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _show(bar: Any, done: int, of: int) -> None:
    bar.total = of
    bar.update(done - bar.n)
