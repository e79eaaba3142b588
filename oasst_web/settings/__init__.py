"""Production settings. `local` and `test` only loosen them; a secret has no default."""

from __future__ import annotations

from pathlib import Path

import environ
from csp.constants import NONE, SELF

from oasst_web.timetable import TIMETABLE

env = environ.Env()

ROOT = Path(__file__).resolve().parents[2]

#: Where everything that must outlive a run is kept: embedded databases, exports, logs.
DATA_DIR = Path(env.str("OASST_DATA_DIR", str(ROOT / ".local"))).absolute()

SECRET_KEY = env.str("SECRET_KEY")
#: Secrets that encrypt what is stored and never searched for, newest first; the others still read. Without them the
#: secret key does it, which then cannot be replaced before `manage.py reencrypt` has run.
ENCRYPTION_KEYS: list[str] = env.list("ENCRYPTION_KEYS", default=[]) or [SECRET_KEY]
DEBUG = False
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

#: One-click sign-in for the demo people. `manage.py up --demo` turns it on; never in production.
DEMO = False

#: Whether webhooks may go to this machine, also by plain HTTP: to try out a receiver. Others could reach its services.
WEBHOOKS_TO_LOOPBACK = False

#: Who runs the site and how to reach them, in one line; the terms and the foot of every page name it.
OPERATOR = env.str("OPERATOR", "")

#: What two moderators must agree on: `purge` (removing all a person wrote) and `rules` (changing the rules of trees).
FOUR_EYES: list[str] = env.list("FOUR_EYES", default=[])

#: Harmful items, severe ones and those of high severity, that one moderator sees in a day at most.
HARM_LIMIT = env.int("HARM_LIMIT", 30)

#: Where the files of releases are; web servers and workers share it.
RELEASES_DIR = Path(env.str("RELEASES_DIR", str(DATA_DIR / "releases"))).absolute()
#: An S3-compatible store that gets a copy: s3://key:secret@bucket/path?endpoint_override=host&scheme=https&region=...
RELEASES_STORE = env.str("RELEASES_STORE", "")
#: Where people find what is in that store. Then downloads go there; otherwise this site sends the files.
RELEASES_URL = env.str("RELEASES_URL", "")

#: Whether the site is closed while it is worked on; so is it as long as the file exists, whose text is then shown.
MAINTENANCE = env.bool("MAINTENANCE", False)
MAINTENANCE_FILE = Path(env.str("MAINTENANCE_FILE", str(DATA_DIR / "maintenance")))

INSTALLED_APPS = [
    # Without looking for tables by itself: oasst_web.pages.admin says which.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.discord",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "rest_framework",
    "drf_spectacular",
    "common",
    "accounts",
    "tasks",
    "moderation",
    "exports",
    "stats",
    "simulation",
    "oasst_web",
]

MIDDLEWARE = [
    "oasst_web.transport.headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "oasst_web.maintenance.maintenance",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "oasst_web.urls"
WSGI_APPLICATION = "oasst_web.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "oasst_web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oasst_web.pages.context.site",
                "oasst_web.pages.links.links",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"].update(
    CONN_MAX_AGE=60,
    CONN_HEALTH_CHECKS=True,
    ATOMIC_REQUESTS=False,
)
# Statements that come again and again are planned once per connection, which is half of what the database would do.
# PgBouncer before 1.21 cannot pass them on.
if env.bool("DATABASE_PREPARES", default=True):
    DATABASES["default"].setdefault("OPTIONS", {}).update(server_side_binding=True, prepare_threshold=3)
# What is no address at all has no engine.
if DATABASES["default"].get("ENGINE") != "django.db.backends.postgresql":
    raise environ.ImproperlyConfigured("DATABASE_URL must name a PostgreSQL server.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "oasst_web.cache.ForgetfulRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}

# Celery is the alarm clock: every job sweeps the database, so a lost message costs a minute, not an answer.
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Releases take minutes. One is built at a time, so it takes one process; parts are for whoever has nothing else to do.
CELERY_TASK_ROUTES = {"exports.build_releases": {"queue": "exports"}, "exports.help_build": {"queue": "parts"}}
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    # A request that nudges a job must not hang when the broker is away.
    "socket_connect_timeout": 0.5,
    # Kombu would try for six seconds, and the person whose answer woke the job would wait with it.
    "max_retries": 0,
    "socket_timeout": 5,
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = TIMETABLE

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_request_login_code"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "oasst_web.sign_in.Adapter"
ACCOUNT_FORMS = {"request_login_code": "oasst_web.forms.sign_in.EmailForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

#: Where people may have an account with which they come in here: name, and the origin their browser is sent to.
#: Each is offered once its two keys are set, such as GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET.
SIGN_IN_WITH = {
    "google": "https://accounts.google.com",
    "discord": "https://discord.com",
    "github": "https://github.com",
}
SOCIALACCOUNT_PROVIDERS = {
    provider: {
        "APPS": [
            {
                "client_id": env.str(f"{provider.upper()}_CLIENT_ID"),
                "secret": env.str(f"{provider.upper()}_CLIENT_SECRET"),
            }
        ],
        "OAUTH_PKCE_ENABLED": True,
    }
    for provider in SIGN_IN_WITH
    if env.str(f"{provider.upper()}_CLIENT_ID", "") and env.str(f"{provider.upper()}_CLIENT_SECRET", "")
}
SOCIALACCOUNT_ADAPTER = "oasst_web.sign_in.LinkAdapter"
#: They are asked for an address, but nobody is sent away who has none to show.
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_EMAIL_REQUIRED = False
#: What the other site lets us do in a person's name is of no use here.
SOCIALACCOUNT_STORE_TOKENS = False

#: Passkeys are a way in, never a second step after another one. So there are no codes to keep for a lost one.
MFA_SUPPORTED_TYPES = ["webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_REAUTHENTICATION_REQUIRED = False

#: Programs sign people in too, by the same codes; browsers have the sign-in page. See oasst_web.api.sign_in.
HEADLESS_CLIENTS = ("app",)

#: Proxies between visitors and us, each of which adds an address to X-Forwarded-For. Without it, all visitors have the
#: proxy's address and share its limit of sign-in attempts; with too many, anybody can claim to be somebody else.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", 1)

EMAIL_CONFIG = env.email("EMAIL_URL", default="smtp://localhost:25")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Open Assistant <noreply@localhost>")

#: Where the site is, for links in mails that no request asked for. Without it nobody gets news by mail: they could not
#: be turned off with one click.
SITE_URL = env.str("SITE_URL", next((origin for origin in CSRF_TRUSTED_ORIGINS if "*" not in origin), "")).rstrip("/")

LANGUAGE_CODE = "en"
#: Languages the pages themselves are written in; people work in any of common.languages. Django would otherwise offer
#: all of its own and announce a page as Arabic whose sentences are English.
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("ar", "العربية"),
    ("es", "Español"),
    ("zh-hans", "简体中文"),
]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True
LOCALE_PATHS = [ROOT / "oasst_web" / "locale"]

STATIC_URL = "static/"
STATIC_ROOT = ROOT / "staticfiles"
STATICFILES_DIRS = [ROOT / "oasst_web" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # The form goes to us, but browsers also ask this of where our answer sends them.
        "form-action": [SELF, *(SIGN_IN_WITH[provider] for provider in SOCIALACCOUNT_PROVIDERS)],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Open-Assistant, continued",
    "DESCRIPTION": "Version 1 is Open-Assistant's published protocol; version 2 is for new clients.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    # Choices stand where they are used; else each set of them would need a name.
    "POSTPROCESSING_HOOKS": [],
    # They have no other names than their values.
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "api-key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "HTTPBearer": {"type": "http", "scheme": "bearer"},
            "session-token": {"type": "apiKey", "in": "header", "name": "X-Session-Token"},
            "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        }
    },
}

CSRF_FAILURE_VIEW = "oasst_web.pages.errors.csrf_failure"
# Under these names a browser takes them from this very host only, and encrypted.
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
LANGUAGE_COOKIE_NAME = "__Host-language"
THEME_COOKIE_NAME = "__Host-theme"
MESSAGES_COOKIE_NAME = "__Host-messages"
MESSAGE_STORAGE = "oasst_web.transport.Notices"
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_SECURE = True
#: Hours after which somebody signs in again, however busy they were; moderators and administrators sooner.
SESSION_HOURS = env.int("SESSION_HOURS", 24 * 30)
MODERATOR_SESSION_HOURS = env.int("MODERATOR_SESSION_HOURS", 24)
SESSION_COOKIE_AGE = 60 * 60 * SESSION_HOURS
#: Minutes after signing in in which one may change how one signs in, or close the account.
FRESH_MINUTES = env.int("FRESH_MINUTES", 60)
#: Whether moderators and administrators must sign in with a passkey to get into their area.
MODERATORS_BY_PASSKEY = env.bool("MODERATORS_BY_PASSKEY", False)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
# Programs are refused instead: see oasst_web.transport.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^api/", r"^_allauth/"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
#: Whether all names below the site's own are reached by HTTPS only, too, and browsers may know it beforehand.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "common.one_line.OneLine",
            "format": "%(asctime)sZ %(levelname)s %(name)s: %(message)s",
            "datefmt": "%Y-%m-%dT%H:%M:%S",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
}
