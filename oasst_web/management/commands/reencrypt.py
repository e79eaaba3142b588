"""Encrypts what is stored encrypted with the newest key: after a key was put in front of ENCRYPTION_KEYS, and once
after an update that encrypts more than before. People go on working meanwhile; a second run has nothing left to do."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db.models import Model, TextField
from django.db.models.functions import Cast
from tqdm import tqdm

from common import encrypted
from common.encrypted import EncryptedTextField

#: Rows read at once.
CHUNK = 500


class Command(BaseCommand):
    help = __doc__

    def handle(self, **_options: Any) -> None:
        for model in apps.get_models():
            for field in model._meta.get_fields():
                if isinstance(field, EncryptedTextField):
                    done = self._column(model, field.name)
                    self.stdout.write(f"{model._meta.label}.{field.name}: {done} texts encrypted anew")

    def _column(self, model: type[Model], name: str) -> int:
        rows = model._base_manager.annotate(raw=Cast(name, TextField())).exclude(raw="").order_by("pk")
        done, stored = 0, rows.values_list("pk", "raw").iterator(chunk_size=CHUNK)
        for pk, raw in tqdm(stored, total=rows.count(), desc=f"{model._meta.label}.{name}", unit="texts", leave=False):
            if encrypted.stale(raw):
                # Only while it is still what was read: somebody may just be writing another text.
                done += rows.filter(pk=pk, raw=raw).update(**{name: encrypted.opened(raw)})
        return done
