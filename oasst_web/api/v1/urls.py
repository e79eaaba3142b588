"""The addresses of version 1."""

from __future__ import annotations

from oasst_web.api.v1 import (
    admin,
    boards,
    former,
    frontend_messages,
    frontend_users,
    messages,
    stats,
    tasks,
    text_labels,
    users,
)
from oasst_web.api.v1.protocol import V1

ROUTES = [
    *tasks.routes.all,
    *text_labels.routes.all,
    *messages.routes.all,
    *frontend_messages.routes.all,
    *users.routes.all,
    *frontend_users.routes.all,
    *stats.routes.all,
    *boards.routes.all,
    *former.routes.all,
    *admin.routes.all,
]

urlpatterns = V1.urls(ROUTES, prefix="")
