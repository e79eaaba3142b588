"""Forms about releases: asking for one, taking one back, taking back what is one's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.text import normalised
from exports.releases import config as toml
from exports.releases.config import BadConfig, Config

#: What the page begins with: every key, most of them with what holds without it.
TEMPLATE = """\
title = "Conversations"
description = ""
license = "apache-2.0"
contact = ""
homepage = ""
# Without this list: all formats.
# formats = ["trees", "messages", "hub", "sft", "preferences", "ranked", "kto", "reviews", "rankings"]
files = ["jsonl.gz", "parquet"]
events = false

[filters]
use = "dataset"
states = ["ready_for_export"]
# langs = ["en", "de"]
# since = 2026-01-01
# until = 2027-01-01
rejected = false
synthetic = false
# min_labels = { quality = 0.5 }
# max_labels = { toxicity = 0.5 }
without_findings = ["personal_data", "zero_tolerance"]
without_benchmarks = false
# min_preference = 0.8

[gates]
personal_data = 0.0
zero_tolerance = 0.0
toxicity = 0.02
language = 0.02
duplicates = 0.01
leakage = 0.0
screened = 0.99
agreement = 0.0
"""
#: Bytes of benchmark texts that are read.
MOST = 50_000_000


class AskForm(forms.Form):
    name = forms.CharField(
        max_length=64, label=_("Name"), widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"})
    )
    config = forms.CharField(
        label=_("What it is made of"),
        initial=TEMPLATE,
        widget=forms.Textarea(attrs={"rows": 24, "dir": "ltr", "spellcheck": "false", "class": "code"}),
    )
    benchmarks = forms.FileField(required=False, label=_("Benchmark texts that must not be in it, one in each line"))

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, label_suffix="")

    def clean_config(self) -> Config:
        try:
            return toml.read(self.cleaned_data["config"])
        except BadConfig as problem:
            raise forms.ValidationError(str(problem.sentence)) from problem

    def clean_benchmarks(self) -> Any:
        file = self.cleaned_data["benchmarks"]
        if file and file.size > MOST:
            raise forms.ValidationError(_("This file is larger than 50 MB. Use the command `release` for it."))
        return file

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        asked: Config | None = said.get("config")
        if asked is not None and asked.benchmarks and not said.get("benchmarks"):
            self.add_error("benchmarks", _("The configuration names benchmark texts. Choose the file that holds them."))
        return said

    @property
    def texts(self) -> dict[str, str]:
        """Name of the file → what is in it."""
        file = self.cleaned_data["benchmarks"]
        return {file.name: file.read().decode("utf-8", "replace")} if file else {}


class RecallForm(forms.Form):
    why = forms.CharField(
        max_length=500, label=_("Why? Everybody reads it."), widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    )

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, label_suffix="")

    def clean_why(self) -> str:
        return normalised(self.cleaned_data["why"])
