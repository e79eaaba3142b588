"""The form by which an author objects to the removal of a message."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from moderation.appeals import LONGEST


class AppealForm(forms.Form):
    """Why it should come back. Emptiness and length are refused by the use case, in its words."""

    text = forms.CharField(
        required=False,
        strip=False,
        label=_("Why should it come back?"),
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto", "aria-describedby": "about-appeal"}),
    )

    @property
    def limit(self) -> int:
        """Characters allowed."""
        return LONGEST

    @property
    def saved_at(self) -> None:
        """Drafts of appeals are kept on the device only."""
        return None
