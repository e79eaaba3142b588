"""The test run: as on a laptop, and mail is kept in memory."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

# Each xdist process has a PostgreSQL database of its own (pytest-django sees to it) and, by this, a Valkey one.
if (_worker := os.environ.get("PYTEST_XDIST_WORKER", "")) and "REDIS_URL" in os.environ:
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{int(_worker[2:]) + 1}").geturl()

from oasst_web.settings.local import *  # noqa: F403

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# Files are looked for when they are asked for: each test client would list them all anew.
WHITENOISE_AUTOREFRESH = True
