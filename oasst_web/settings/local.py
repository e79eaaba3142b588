"""A laptop: plain HTTP, mail on the console, no collected static files."""

from __future__ import annotations

from oasst_web.settings import *  # noqa: F403
from oasst_web.settings import STORAGES, env

DEBUG = env.bool("DJANGO_DEBUG", False)
DEMO = env.bool("OASST_DEMO", False)
WEBHOOKS_TO_LOOPBACK = True
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
#: Browsers allow passkeys on http://localhost; what checks them would want HTTPS there too.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
SITE_URL = env.str("SITE_URL", "http://localhost:8000").rstrip("/")
ALLAUTH_TRUSTED_PROXY_COUNT = 0

# The other names are for encrypted connections only.
SESSION_COOKIE_NAME = "sessionid"
CSRF_COOKIE_NAME = "csrftoken"
LANGUAGE_COOKIE_NAME = "language"
THEME_COOKIE_NAME = "theme"
MESSAGES_COOKIE_NAME = "messages"
CSRF_COOKIE_SECURE = False
SESSION_COOKIE_SECURE = False
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SECURE_PROXY_SSL_HEADER = None  # type: ignore[assignment]

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
# Served straight from the apps; whitenoise would warn about a directory that nobody fills.
STATIC_ROOT = None  # type: ignore[assignment]
