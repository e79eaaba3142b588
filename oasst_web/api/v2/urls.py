"""The addresses of version 2."""

from __future__ import annotations

from django.urls import re_path

from oasst_web.api.v2 import events, me, messages, problems, releases, rules, tasks, trees, webhooks
from oasst_web.api.v2.protocol import V2

ROUTES = [
    *tasks.routes.all,
    *messages.routes.all,
    *trees.routes.all,
    *me.routes.all,
    *events.routes.all,
    *rules.routes.all,
    *releases.routes.all,
    *webhooks.routes.all,
    *problems.routes.all,
]

urlpatterns = [*V2.urls(ROUTES, prefix=""), re_path(r"^", V2.nothing_here())]
