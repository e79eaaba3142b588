"""When each job sweeps. A nudge after a commit makes it faster; nothing depends on it."""

from __future__ import annotations

from typing import Any


def _every(seconds: int, job: str, *arguments: str) -> dict[str, Any]:
    """A sweep nobody ran before the next one is due is dropped: queues must not fill while the worker is away."""
    return {"task": job, "args": arguments, "schedule": seconds, "options": {"expires": seconds}}


#: Minutes after which the boards of each time are counted anew. The longest takes seconds over a million entries.
BOARDS = {"day": 5, "week": 15, "month": 30, "total": 60}

TIMETABLE = {
    job: _every(seconds, job)
    for job, seconds in {
        "tasks.score_trees": 20,
        "tasks.run_lottery": 30,
        "tasks.settle_points": 30,
        "tasks.return_expired": 60,
        "tasks.recheck_trees": 60,
        "tasks.fill_preferences": 10 * 60,
        "tasks.promote_known_answers": 60 * 60,
        "tasks.measure_reliability": 6 * 60 * 60,
        "tasks.forget_drafts": 24 * 60 * 60,
        "moderation.moderate": 60,
        "moderation.screen": 30,
        "moderation.work_on_proposals": 30,
        "moderation.end_suspensions": 60,
        "accounts.deliver_webhooks": 60,
        "exports.build_releases": 60,
        "oasst_web.publish_takedowns": 5 * 60,
        "stats.keep_streaks": 600,
        "stats.award_badges": 600,
        "stats.award_badges_to_all": 24 * 60 * 60,
        "stats.count_goals": 10 * 60,
        "stats.fill_languages_of_points": 24 * 60 * 60,
        "stats.count_public": 15 * 60,
        "stats.count_weeks": 30 * 60,
        "stats.measure_agreement": 6 * 60 * 60,
        "accounts.forget_news": 24 * 60 * 60,
        "oasst_web.forget_sessions": 24 * 60 * 60,
        "oasst_web.mail_news": 30 * 60,
        "accounts.forget_notices": 24 * 60 * 60,
    }.items()
} | {
    f"stats.count_board {frame}": _every(minutes * 60, "stats.count_board", frame) for frame, minutes in BOARDS.items()
}
