"""The database as it is, for administrators: to look up a row when a page does not show it. Nothing is changed here.

What may be changed has a use case with a log and a page of its own; a form over a table would go round both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.encrypted import EncryptedTextField
from oasst_web.pages import doors

if TYPE_CHECKING:
    Table = admin.ModelAdmin[Any]
else:
    Table = admin.ModelAdmin

#: The apps whose tables are ours.
OURS = ("accounts", "tasks", "moderation", "exports", "stats")
#: What even administrators do not read here: secrets, addresses, and texts, which the queue shows with care.
HIDDEN = frozenset({"password", "key_hash", "email", "text", "comment", "minhash", "bands", "grams", "seed"})
#: What Django's admin has pages for and the site has its own.
ELSEWHERE = ("login", "logout", "password_change", "password_change_done", "autocomplete")
#: Columns of a list.
WIDEST = 7
#: Where a row has a page made for people.
PAGES: dict[str, Callable[[Any], str]] = {
    "accounts.user": lambda row: reverse("moderated_person", args=[row.pk]),
    "tasks.tree": lambda row: reverse("moderated_tree", args=[row.pk]),
    "tasks.message": lambda row: reverse("moderation_item", args=[row.pk]),
}


def _may(request: HttpRequest) -> bool:
    person = request.user
    return isinstance(person, User) and person.is_admin


class Site(admin.AdminSite):
    site_header = site_title = _("The tables")
    index_title = _("To look at only")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return _may(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Behind the same door as the other pages for administrators."""
        return doors.administrating(super().admin_view(view, cacheable))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """There is one way in and out, and there are no passwords."""
        return [route for route in super().get_urls() if getattr(route, "name", "") not in ELSEWHERE]


class ReadOnly(Table):
    """One table: its rows, one row, a search by id. No form writes anything."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    search_fields: ClassVar[tuple[str, ...]] = ("pk",)

    def __init__(self, model: type[models.Model], site: admin.AdminSite) -> None:
        self._shown = [field for field in model._meta.fields if _shown(field)]
        small = [field for field in self._shown if not isinstance(field, models.JSONField | models.TextField)]
        self._columns = small[:WIDEST]
        page = PAGES.get(model._meta.label_lower)
        if page is not None:
            self.view_on_site = page
        super().__init__(model, site)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(field.name for field in self._shown)

    get_readonly_fields = get_fields

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return tuple(field.name for field in self._columns)

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        """What names a row of another table would read that row for each line of the list."""
        return [field.name for field in self._columns if field.is_relation]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The row with this id."""
        words = search_term.strip()
        if not words:
            return queryset, False
        try:
            return queryset.filter(pk=self.model._meta.pk.to_python(words)), False
        except (ValidationError, ValueError, OverflowError):
            return queryset.none(), False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """What is no id is no row."""
        try:
            return super().get_object(request, object_id, from_field)
        except (ValueError, OverflowError):
            return None


def _shown(field: models.Field[Any, Any]) -> bool:
    return field.name not in HIDDEN and not isinstance(field, EncryptedTextField | models.BinaryField)


site = Site(name="admin")
for _app in OURS:
    for _model in apps.get_app_config(_app).get_models():
        site.register(_model, ReadOnly)
