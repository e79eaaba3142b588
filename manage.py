#!/usr/bin/env python
"""The one entry point: `manage.py up` runs everything, every other command finds its database by itself."""

from __future__ import annotations

import os
import sys

# Before anything of oasst_web is imported: its Celery application falls back to the production settings.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oasst_web.settings.local")

from django.core.exceptions import ImproperlyConfigured

from embedded.errors import StartupError
from oasst_web import launch


def main() -> None:
    try:
        launch.run(sys.argv)
    except (StartupError, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
