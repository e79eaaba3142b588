"""Settings for type checkers and other tools that read them and reach no server."""

from __future__ import annotations

import os

os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
os.environ.setdefault("SECRET_KEY", "only for reading the settings")

from oasst_web.settings.test import *  # noqa: F403
