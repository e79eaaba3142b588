"""Figures: those for everybody, counted by the clock, and those for moderators, counted when asked."""

from __future__ import annotations

from typing import Any

from rest_framework.serializers import BooleanField, ChoiceField

from common.errors import ErrorCode
from oasst_web.api.routes import ANY_KEY, MODERATORS, Call, Routes
from oasst_web.api.v1 import figure_schemas, schemas
from oasst_web.api.v1.shown import Shown
from stats import public
from stats.models import PublicFigures
from stats.public import Figures, TreeSize

#: Trees listed at most; the youngest. The reference sent all there were.
TREES = 1000

routes = Routes()


class OnlyActive(schemas.Shape):
    only_active = BooleanField(default=True, help_text="Only trees that people work on.")


@routes.add("GET", "stats/", MODERATORS, answer=figure_schemas.SystemStats)
def get_message_stats(call: Call) -> Any:
    """How many messages and trees there are now."""
    return shown_totals(public.totals())


def shown_totals(found: public.Totals) -> Shown:
    return {
        "all": found.messages,
        "active": found.kept,
        "active_by_lang": found.kept_by_lang,
        "deleted": found.deleted,
        "message_trees": found.trees,
    }


@routes.add("GET", "stats/tree_manager/state_counts", MODERATORS, answer=schemas.COUNTS)
def get_tree_manager_state_counts(call: Call) -> Any:
    """How many trees are in each state now."""
    return public.trees_by_state()


@routes.add(
    "GET",
    "stats/tree_manager/message_counts",
    MODERATORS,
    query=OnlyActive,
    answer=figure_schemas.TreeMessageCountStats(many=True),
)
def get_tree_manager_message_counts(call: Call) -> Any:
    """How far the youngest trees have grown, a thousand at most."""
    return _sizes(only_active=call.query["only_active"])


@routes.add("GET", "stats/tree_manager", MODERATORS, answer=figure_schemas.TreeManagerStats)
def get_tree_manager_stats(call: Call) -> Any:
    """Both: how many trees are in each state, and how far the youngest active ones have grown."""
    return {"state_counts": public.trees_by_state(), "message_counts": _sizes(only_active=True)}


def _sizes(*, only_active: bool) -> list[Shown]:
    return [_size(tree) for tree in public.tree_sizes(only_active=only_active, limit=TREES)]


def _size(tree: TreeSize) -> Shown:
    return {
        "message_tree_id": tree.tree_id,
        "state": tree.state,
        "depth": tree.depth,
        "oldest": tree.oldest,
        "youngest": tree.youngest,
        "count": tree.messages,
        "goal_tree_size": tree.goal,
    }


@routes.add("POST", "stats/cached/update", MODERATORS, status=204)
def update_cached_stats(call: Call) -> None:
    """Count the figures for everybody anew. They are counted every hour anyway."""
    public.count(now=call.now)


@routes.add("GET", "stats/cached", ANY_KEY, answer=figure_schemas.AllCachedStatsResponse)
def get_cached_stats_all(call: Call) -> Any:
    """All figures for everybody that were counted so far."""
    return {"stats_by_name": {found.name: _figures(found) for found in public.every()}}


@routes.add(
    "GET",
    "stats/cached/{name}",
    ANY_KEY,
    params={"name": ChoiceField([name.value for name in Figures])},
    answer=figure_schemas.CachedStatsResponse,
    refusals=(ErrorCode.CACHED_STATS_NOT_AVAILABLE,),
)
def get_cached_stats(call: Call) -> Any:
    """The figures of one name."""
    return _figures(public.figures(Figures(call.path["name"])))


def _figures(found: PublicFigures) -> Shown:
    return {"name": found.name, "last_updated": found.counted_at, "stats": found.figures}
