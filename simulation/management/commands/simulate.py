"""`manage.py simulate`: a crowd of synthetic volunteers grows trees; prints a JSON report."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.languages import LANGUAGES
from simulation.campaign import Campaign
from tasks import inspection, rulebook


class Command(BaseCommand):
    help = "Let synthetic volunteers with a known truth grow trees in this database, and print a JSON report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--volunteers", type=int, default=40)
        parser.add_argument("--until-exported", type=int, default=20, help="stop when so many trees are finished")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--languages", default="en", help="comma list, for example en,de")
        parser.add_argument(
            "--hand-out",
            choices=["closest", "weighted", "uniform"],
            default="closest",
            help="trees closest to completion first; or kinds by weight and any task of the kind; or any open task",
        )
        parser.add_argument("--threads", type=int, default=1, help="volunteers at work at the same time")
        parser.add_argument("--max-answers", type=int, default=100_000)
        parser.add_argument("--json", action="store_true", help="accepted for uniformity: the report is always JSON")

    def handle(self, **options: Any) -> None:
        languages = [code.strip() for code in options["languages"].split(",") if code.strip()]
        unknown = sorted(set(languages) - set(LANGUAGES))
        if unknown or not languages:
            raise CommandError(f"Unknown language {', '.join(unknown)}. Known: {', '.join(LANGUAGES)}.")
        for name in ("volunteers", "until_exported", "threads", "max_answers"):
            if options[name] < 1:
                raise CommandError(f"--{name.replace('_', '-')} must be at least 1.")
        started = time.perf_counter()
        campaign = Campaign(
            volunteers=options["volunteers"],
            until_exported=options["until_exported"],
            seed=options["seed"],
            languages=languages,
            rules=rulebook.in_force(),
            max_answers=options["max_answers"],
            hand_out=options["hand_out"],
        )
        campaign.run(threads=options["threads"])
        report = campaign.report()
        drifts = [str(drift) for drift in inspection.drifts(rulebook.in_force())]
        report["drifts"] = drifts
        report["wall_seconds"] = round(time.perf_counter() - started, 1)
        self.stdout.write(json.dumps(report, indent=2))
        if drifts:
            raise CommandError(f"{len(drifts)} drifts: the stored state is not what the answers say.")
        if report["exported"] < options["until_exported"]:
            raise CommandError(f"Only {report['exported']} trees were exported: {report['ended']}.")
