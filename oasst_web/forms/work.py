"""Which form a task has, and the form to decline it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from oasst_web.forms.answers import AnswerForm
from oasst_web.forms.ranking import RankForm
from oasst_web.forms.reviewing import ReviewForm
from oasst_web.forms.writing import WriteForm
from tasks.kinds import SKIP_REASONS, Deed, SkipReason
from tasks.rules import TreeRules
from tasks.work import Work

FORMS: dict[Deed, type[AnswerForm]] = {Deed.WRITE: WriteForm, Deed.REVIEW: ReviewForm, Deed.RANK: RankForm}


def answer_form(work: Work, *, rules: TreeRules, data: Any = None) -> AnswerForm:
    """The form for this kind of work."""
    return FORMS[work.row.deed](data, work=work, rules=rules)


def restored_form(work: Work, *, rules: TreeRules, fields: Iterable[Sequence[str]], saved_at: datetime) -> AnswerForm:
    """The form as it was left, with these pairs of field and value; nothing is missing in it yet."""
    data = QueryDict(mutable=True)
    for name, value in fields:
        data.appendlist(name, value)
    return FORMS[work.row.deed](data, work=work, rules=rules, saved_at=saved_at)


class SkipForm(forms.Form):
    """Why a person declines a task; nothing of it is required."""

    reason = forms.ChoiceField(
        required=False,
        label=_("Why?"),
        choices=[("", _("I would rather not say")), *((reason.value, text) for reason, text in SKIP_REASONS.items())],
    )
    text = forms.CharField(
        required=False,
        max_length=4000,
        label=_("In your own words, if you like"),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )

    @property
    def reason_given(self) -> SkipReason | None:
        reason = self.cleaned_data.get("reason")
        return SkipReason(reason) if reason else None
