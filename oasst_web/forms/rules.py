"""The form over every rule of the trees. What a value may be is known to tasks.rules, not here."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from tasks import rules
from tasks.rules import TreeRules


@cache
def explanations() -> dict[str, str]:
    """Rule → the docstring under its field."""
    (body,) = ast.parse(inspect.getsource(TreeRules)).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for line, below in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(line, ast.AnnAssign)
            and isinstance(line.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            found[line.target.id] = inspect.cleandoc(str(below.value.value))
    return found


class RulesForm(forms.Form):
    """One box per rule. The box takes text; the domain says whether the text is a value."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        max_length=500, label=_("Why do you change this?"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, data: Any = None, *, current: TreeRules) -> None:
        super().__init__(data, label_suffix="", initial={"version": current.version})
        self.current = current
        for rule in rules.rule_fields():
            value = getattr(current, rule.name)
            self.fields[rule.name] = _field(
                rule.default, value, explanations().get(rule.name, ""), rule.metadata["choices"]
            )
            self.fields[rule.name].label = rule.name
            self.fields[rule.name].widget.attrs["aria-describedby"] = f"about-{rule.name}"

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, value in self.changes.items():
            try:
                rules.check(name, value)
            except DomainError as refusal:
                self.add_error(name, str(refusal))
        return cleaned

    @property
    def changes(self) -> dict[str, Any]:
        """Only what differs from the rules in force."""
        now = self.current.values()
        posted = {rule.name: self.cleaned_data.get(rule.name, "") for rule in rules.rule_fields()}
        return {name: value for name, value in posted.items() if str(value) != str(now[name])}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """For the template: each rule's box with what it means and its default."""
        return [
            {
                "box": self[rule.name],
                "name": rule.name,
                "about": explanations().get(rule.name, ""),
                "value": getattr(self.current, rule.name),
                "default": rule.default,
                "changed": getattr(self.current, rule.name) != rule.default,
            }
            for rule in rules.rule_fields()
        ]


def _field(default: Any, value: Any, about: str, choices: tuple[str, ...] | None) -> forms.Field:
    if choices is not None:
        names = [(name, name) for name in choices]
        return forms.ChoiceField(choices=names, initial=str(value), help_text=about, required=False)
    if isinstance(default, bool):
        return forms.ChoiceField(
            choices=[("True", _("yes")), ("False", _("no"))], initial=str(value), help_text=about, required=False
        )
    numeric = not isinstance(default, str)
    widget = forms.TextInput(attrs={"inputmode": "decimal"} if numeric else {})
    return forms.CharField(initial=str(value), help_text=about, widget=widget, required=numeric)
