"""Conversation trees, as far as one may see them."""

from __future__ import annotations

from typing import Any

from rest_framework.serializers import UUIDField

from oasst_web.api.routes import Call, Routes
from oasst_web.api.v2 import schemas, shown
from oasst_web.api.v2.protocol import person_of
from tasks.locking import TreeNotFound
from tasks.models import Message, Preference
from tasks.tree_states import State

routes = Routes()


@routes.add(
    "GET",
    "trees/{tree_id}",
    people="taking_part",
    params={"tree_id": UUIDField()},
    answer=schemas.ConversationTree,
    tagged=True,
    raises=(TreeNotFound,),
)
def show_tree(call: Call) -> Any:
    """A whole conversation. Once it is finished, with how sure the rankings are of each pair of siblings."""
    person, tree_id = person_of(call), call.path["tree_id"]
    visible = Message.objects.visible_to(person).filter(tree=tree_id).select_related("tree")
    seen = list(visible.order_by("created_at", "pk"))
    if not seen:
        raise TreeNotFound
    tree, preferences = seen[0].tree, []
    if tree.state == State.READY_FOR_EXPORT:
        ids = {message.pk for message in seen}
        stored = Preference.objects.filter(parent__tree=tree).order_by("parent", "pk")
        preferences = [row for row in stored if row.chosen_id in ids and row.rejected_id in ids]
    return shown.tree(tree, seen=seen, preferences=preferences, person=person)
