"""
Settings, all in one file.

What a deployment may say by environment variables is listed in docs/operators.md,
with each default and a good value; a test holds that list to what is read here.
"""

import os
import re
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from forum_portal import environment
from forum_portal.watching import logs

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = environment.folder("VAR_DIR", str(BASE_DIR / "var"))
DEBUG = environment.flag("DEBUG")


OUR_FOLDER = "a folder that the portal's user can write, with all that is in it"


def secret_key():
    """Return the key from the environment, or the one kept in VAR_DIR."""
    if given := environment.secret("SECRET_KEY", 50):
        return given
    path = VAR_DIR / "secret_key"
    try:
        # Empty: the disk was full when it was made.
        if not path.exists() or not path.stat().st_size:
            environment.writable(VAR_DIR, "VAR_DIR", OUR_FOLDER, "/var/lib/portal")
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text().strip()
    except OSError as error:
        wanted = environment.with_room(OUR_FOLDER, error)
        return environment.stop("VAR_DIR", wanted, "/var/lib/portal")


SECRET_KEY = secret_key()

# Addresses

SITE_URL = environment.address(
    "SITE_URL",
    {"http", "https"},
    "https://record.example.org",
    rest=rf"({environment.HOST})(:[0-9]+)?/?",
    wanted="http or https and a host (in its xn-- form), without a path",
)
SITE_URL = SITE_URL.rstrip("/").lower()
if DEBUG and SITE_URL.startswith("https:"):
    environment.stop("DEBUG", "0 where SITE_URL is a public address", "0")
ALLOWED_HOSTS = [
    *environment.hosts("ALLOWED_HOSTS"),
    "localhost",
    "127.0.0.1",
    "[::1]",
]
if SITE_URL:
    ALLOWED_HOSTS.append(urlsplit(SITE_URL).hostname)
    CSRF_TRUSTED_ORIGINS = [SITE_URL]

ROOT_URLCONF = "forum_portal.urls"
WSGI_APPLICATION = "forum_portal.wsgi.application"
APPEND_SLASH = True

# Applications: ours first, so that the shell's `Session` is ours

PORTAL_APPS = [
    "forum_portal",
    "exchange",
    "search",
    "sessions",
    "topics",
    "organizations",
    "records",
]
INSTALLED_APPS = [
    *PORTAL_APPS,
    "modeltranslation",
    "simple_history",
    "django_filters",
    "django_countries",
    "csp",
    "drf_spectacular",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    # After those whose admin pages it takes the place of
    "forum_portal.signing_in",
]

MIDDLEWARE = [
    "forum_portal.middleware.SafeHeaders",
    "forum_portal.watching.probes.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "forum_portal.watching.requests.Watch",
    "django.middleware.gzip.GZipMiddleware",
    "forum_portal.middleware.BoundedRequest",
    "forum_portal.middleware.KeepNothing",
    "forum_portal.middleware.NoNul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "exchange.signposting.Signposting",
    "forum_portal.signing_in.middleware.RequireOneTimeCodes",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "records.folding.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "forum_portal.context.site",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    },
]

# Data

POSTGRESQL = {"postgres", "postgresql"}
DATABASES = {
    "default": dj_database_url.parse(
        environment.address(
            "DATABASE_URL",
            {*POSTGRESQL, "sqlite"},
            "postgres://portal:password@localhost:5432/portal",
            # What would end a path in an address may well be in that of a folder.
            default="sqlite:///"
            + re.sub("[%?#]", lambda sign: quote(sign[0]), f"{VAR_DIR}/portal.sqlite3"),
        ),
        conn_max_age=600,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    file = DATABASES["default"]["NAME"]
    if file != ":memory:":
        named = "VAR_DIR", OUR_FOLDER, "/var/lib/portal"
        if environment.text("DATABASE_URL"):
            wanted = "a database in a folder that is there and that we can write"
            named = "DATABASE_URL", wanted, "sqlite:////srv/portal.sqlite3"
            # A slip in the address must not begin another record elsewhere.
            if not os.access(Path(file).parent, os.F_OK):
                environment.stop(*named)
        environment.writable(Path(file).parent, *named)
        if not environment.is_sqlite(Path(file)):
            environment.stop(*named)
    DATABASES["default"]["OPTIONS"] = {
        # Readers never wait for a writer, and a writer waits its turn at once
        # instead of failing when it is about to write.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
STATEMENT_TIMEOUT = environment.number("STATEMENT_TIMEOUT", 30, most=86_400)
# Replicas of it, and which of them a request reads from: forum_portal/replicas.py
DATABASE_REPLICAS = []
DATABASE_REPLICA_LAG = environment.number("DATABASE_REPLICA_LAG", 3, least=2, most=3600)
for replica in environment.addresses(
    "DATABASE_REPLICA_URL", POSTGRESQL, "postgres://portal:password@replica:5432/portal"
):
    alias = f"replica{len(DATABASE_REPLICAS) + 1}"
    DATABASE_REPLICAS.append(alias)
    DATABASES[alias] = dj_database_url.parse(
        replica, conn_max_age=600, conn_health_checks=True
    ) | {"TEST": {"MIRROR": "default"}}
if DATABASE_REPLICAS:
    if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        environment.stop(
            "DATABASE_URL",
            "the PostgreSQL that DATABASE_REPLICA_URL is a replica of",
            "postgres://portal:password@localhost:5432/portal",
        )
    DATABASE_ROUTERS = ["forum_portal.replicas.Router"]
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    for server in DATABASES.values():
        # A server that is gone without a word must not hold up a request for long.
        server["OPTIONS"] = {
            "connect_timeout": 3,  # seconds
            "tcp_user_timeout": 5000,  # milliseconds
            "keepalives_idle": 5,  # seconds, while an answer is waited for
            "keepalives_interval": 2,
            **server.get("OPTIONS", {}),
        }
# An edition's form in the admin has eight fields for each of its many roles.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Uploaded files: given out by forum_portal/media.py, by no web server directly

MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"
MAX_UPLOAD_MB = environment.number("MAX_UPLOAD_MB", 50, least=1, most=10_000)
MAX_PICTURE_MB = environment.number("MAX_PICTURE_MB", 10, least=1, most=1000)
MEDIA_QUOTA_MB = environment.number("MEDIA_QUOTA_MB", 5120, least=1)

# Harvesting by OAI-PMH: records in one part of a list

OAI_PAGE_SIZE = 100

# Languages: the same addresses and features in both

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "forum_portal.formats"
LANGUAGE_COOKIE_SAMESITE = "Lax"
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en", "zh-hans")
TIME_ZONE = environment.time_zone("TIME_ZONE", "Asia/Shanghai")
USE_TZ = True

# Finished pages: what is being developed is always made anew

PAGE_CACHE_MB = environment.number("PAGE_CACHE_MB", 0 if DEBUG else 32, most=100_000)

# Static files, and where uploaded files are kept

STATIC_URL = "/static/"
database = DATABASES["default"]
STATIC_ROOT = environment.public_folder(
    "STATIC_DIR",
    str(VAR_DIR / "static"),
    kept=[
        *(BASE_DIR, VAR_DIR),
        *([Path(database["NAME"])] if "sqlite3" in database["ENGINE"] else []),
    ],
    private=[MEDIA_ROOT, VAR_DIR / "releases", VAR_DIR / "backups"],
    example="/var/lib/portal/static",
)
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Releases of the data set; not below MEDIA_ROOT, they have addresses of their own
    "releases": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "releases", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "forum_portal.storage.FlattenedManifestStorage"
    },
}

if bucket := environment.address(
    "MEDIA_STORAGE_URL",
    {"s3", "s3+http"},
    "s3://key:secret@s3.example.org/portal",
    # Key and secret, or neither: then boto3 looks for those that the machine has
    rest=r"([^/:@]+:[^/@]+@)?[^/@]+/[a-z0-9][a-z0-9.-]{2,62}/?(\?region=[a-z0-9-]+)?",
    wanted="a key, a secret (its / as %2F), a storage and a bucket",
):
    for name, folder, base_url in (
        ("default", "media", MEDIA_URL),
        ("releases", "releases", None),
    ):
        STORAGES[name] = {
            "BACKEND": "forum_portal.object_storage.ObjectStorage",
            "OPTIONS": {"address": bucket, "folder": folder, "base_url": base_url},
        }
# A key that each host makes for itself would sign people out at the next one.
if (DATABASE_REPLICAS or bucket) and not environment.text("SECRET_KEY"):
    environment.stop(
        "SECRET_KEY", "given, the same on every host", "$(openssl rand -base64 48)"
    )

# The read API

REST_FRAMEWORK = {
    "UNAUTHENTICATED_USER": None,
    # `format` is a filter of sessions.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "VERSION": "1",
    "POSTPROCESSING_HOOKS": ["exchange.api.schema.finish"],
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
}

# What is kept for a while, and how often each network asked: on this host, or in the
# store that all hosts share

CACHE_URL = environment.store("CACHE_URL", "redis://cache.example.org:6379/0")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "rates": {
        "BACKEND": "records.counters.HostCounters",
        "LOCATION": VAR_DIR / "rates",
    },
}
if CACHE_URL:
    CACHES["shared"] = {"BACKEND": "records.shared.Shared", "LOCATION": CACHE_URL}
    CACHES["rates"] |= {
        "BACKEND": "records.shared.SharedCounters",
        "OPTIONS": {"store": CACHE_URL},
    }

# How often one network may ask. A hall full of visitors is one network: what they
# read has no rate, and what they search has a wide one.

PROXIES = environment.number("PROXIES", int(SITE_URL.startswith("https:")), most=9)
RATES = {
    "api": environment.rate("API_RATE", "120/minute"),
    "search": environment.rate("SEARCH_RATE", "900/minute"),
    "exports": environment.rate("EXPORT_RATE", "120/minute"),
    "reports": environment.rate("REPORT_RATE", "20/hour"),
    "sign-in": environment.rate("SIGN_IN_RATE", "30/minute"),
    "reset": environment.rate("RESET_RATE", "10/hour"),
}
# Files of whole lists that a worker makes at once, half of its threads, and for one
# network: each takes seconds of a processor.
EXPORT_TURNS = 2, 1
RATELIMIT_USE_CACHE = "rates"
RATELIMIT_FAIL_OPEN = True  # What cannot be counted is not refused.

# E-mail: notices to staff

sent_by = urlsplit(
    environment.address(
        "EMAIL_URL",
        {"console", "smtp", "smtp+tls", "smtp+ssl"},
        "smtp+tls://user:password@mail.example.org:587",
        default="console:",
        rest="([^/?]+/?)?",
    )
)
EMAIL_BACKEND = (
    f"django.core.mail.backends.{sent_by.scheme.partition('+')[0]}.EmailBackend"
)
EMAIL_HOST = sent_by.hostname or "localhost"
EMAIL_PORT = sent_by.port or {"smtp+tls": 587, "smtp+ssl": 465}.get(sent_by.scheme, 25)
EMAIL_HOST_USER = unquote(sent_by.username or "")
EMAIL_HOST_PASSWORD = unquote(sent_by.password or "")
EMAIL_USE_TLS = sent_by.scheme == "smtp+tls"
EMAIL_USE_SSL = sent_by.scheme == "smtp+ssl"
EMAIL_TIMEOUT = 5  # seconds: whoever saves waits for it
host = urlsplit(SITE_URL).hostname or "localhost"
host = f"[IPv6:{host}]" if ":" in host else host  # RFC 5321, section 4.1.3
DEFAULT_FROM_EMAIL = environment.sender("DEFAULT_FROM_EMAIL", f"portal@{host}")
# Who hears that a job of the machine has failed
OPERATOR_EMAIL = environment.text("OPERATOR_EMAIL")
if OPERATOR_EMAIL:
    environment.sender("OPERATOR_EMAIL", OPERATOR_EMAIL)

# What is told to whoever runs the portal: the log, what programs ask, a service for
# faults

LOGGING = logs.configuration()
ACCESS_LOG = environment.flag("ACCESS_LOG")
METRICS_TOKEN = environment.secret("METRICS_TOKEN", 32, ascii_only=True)
if METRICS_TOKEN:
    watch = MIDDLEWARE.index("forum_portal.watching.requests.Watch")
    MIDDLEWARE.insert(watch, "forum_portal.watching.metrics.Metrics")
SENTRY_DSN = environment.address(
    "SENTRY_DSN",
    {"http", "https"},
    "https://key@faults.example.org/1",
    rest="[^@/]+@[^@/]+/(.+/)?[0-9]+",
    wanted="a full address with a key and the number of a project",
)

# Safety

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Five wrong passwords or codes for an account from one network: wait 15 minutes.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "records.clients.network_of"
AXES_LOCKOUT_CALLABLE = "forum_portal.signing_in.views.locked"
AXES_SENSITIVE_PARAMETERS = ["username", "code", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True  # there is a log of our own
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
OTP_TOTP_ISSUER = urlsplit(SITE_URL).hostname or "Forum record"
REQUIRE_ONE_TIME_CODES = environment.flag("REQUIRE_ONE_TIME_CODES")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # until the browser is closed
CSRF_FAILURE_VIEW = "forum_portal.errors.csrf_failure"
if SITE_URL.startswith("https:"):
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
