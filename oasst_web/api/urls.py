"""The addresses of the API."""

from __future__ import annotations

from django.urls import include, path, re_path

from oasst_web.api import documents
from oasst_web.api.v1.protocol import V1

urlpatterns = [
    path("v1/openapi.json", documents.schema_of_v1, name="schema_of_v1"),
    path("v1/", include("oasst_web.api.v1.urls")),
    path("v2/", include("oasst_web.api.v2.urls")),
    path("schema", documents.schema, name="schema"),
    path("docs", documents.docs, name="api_docs"),
    # What is not there is said in JSON too.
    re_path(r"^", V1.nothing_here()),
]
