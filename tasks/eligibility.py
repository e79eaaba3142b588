"""Who may take which open work: the one condition that hand-out and the list of what waits both ask."""

from __future__ import annotations

from tasks.kinds import RANKING, REPLYING, REVIEWING
from tasks.rules import TreeRules

#: Which open rows a person may take. The first line is the partial index `open_tasks`.
ELIGIBLE = """
    t.state = 'open' AND t.lang = %(lang)s
    AND NOT EXISTS (SELECT 1 FROM tasks_task mine WHERE mine.claimed_by_id = %(person)s
                    AND mine.message_id = t.message_id AND mine.kind = t.kind)
    AND NOT EXISTS (SELECT 1 FROM tasks_skip s WHERE s.person_id = %(person)s
                    AND s.message_id = t.message_id AND s.kind = t.kind)
    AND (t.author_id IS DISTINCT FROM %(person)s OR t.kind = ANY(%(own_is_fine)s::text[]))
    AND (t.kind <> ALL(%(not_among_replies)s::text[])
         OR NOT EXISTS (SELECT 1 FROM tasks_message r WHERE r.parent_id = t.message_id AND r.author_id = %(person)s
                        AND NOT r.deleted AND r.review_result))
"""


def bars(rules: TreeRules) -> dict[str, list[str]]:
    """The kinds of work that `ELIGIBLE` names. A parent's author may rank the replies to it: only one's own are
    barred."""
    own_is_fine = set(RANKING)
    if rules.allow_self_reply:
        own_is_fine |= REPLYING
    if rules.allow_self_labeling:
        own_is_fine |= REVIEWING
    return {
        "own_is_fine": sorted(kind.value for kind in own_is_fine),
        "not_among_replies": [] if rules.allow_self_ranking else sorted(kind.value for kind in RANKING),
    }
