"""All settings, read from the environment (or files: `SECRET_KEY_FILE=/run/secrets/key`).

With nothing set this is the embedded mode: one machine, its own PostgreSQL and Redis, started by `manage.py up`.
`.env.example` lists every name with its meaning; a test keeps both together.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.oidc import openid_connect
from accounts.oidc import origins as oidc_origins
from config.common.environment import Environment
from config.common.logging import logging_config
from config.embedded.paths import EmbeddedPaths, celery_broker_url, secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

PATHS = EmbeddedPaths(BASE_DIR)
VERSION = "0.1.0"

# --- What this deployment is -----------------------------------------------------------------------------------------
EMBEDDED = not env.str("DATABASE_URL", default="")
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or secret("secret_key")
# Encrypt TOTP keys and other secrets at rest, the newest first; SECRET_KEY serves while there is none.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
# Where browsers and programs reach the live process; empty means the same origin as PUBLIC_URL, behind one proxy.
LIVE_URL = env.str("LIVE_URL", default="http://127.0.0.1:8001" if EMBEDDED else "").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Content-Range",
    "Location",
    "X-Request-ID",
    "Idempotent-Replayed",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
]
SECURE = PUBLIC_URL.startswith("https://")

# --- Applications ----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "allauth.headless",
    "channels",
    "corsheaders",
    "csp",
    "django_celery_results",
    "django_htmx",
    "djstripe",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "config",
    "accounts",
    "organizations",
    "billing",
    "media",
    "transcription",
]

MIDDLEWARE = [
    "config.common.middleware.RequestIdMiddleware",
    "config.common.middleware.ProblemMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.common.security.ContentSecurityMiddleware",
    "config.common.security.SecurityHeadersMiddleware",
    "config.common.security.OriginMiddleware",
    "organizations.middleware.RateLimitMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
# No API path ends in a slash, and a wrong one is 404, never a redirect.
APPEND_SLASH = False

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "organizations.context_processors.organization",
                "billing.context_processors.money",
            ],
        },
    },
]

# --- Database, cache, broker -----------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **env.db_url("DATABASE_URL", default=PATHS.database_url, engine="config.common.postgresql"),
        "ATOMIC_REQUESTS": False,
        "CONN_HEALTH_CHECKS": True,
    }
}
if env.bool("DATABASE_POOL", default=False):
    # For threaded web processes; workers fork and keep one connection per process instead.
    # The options that are there may name the embedded socket folder.
    _pool = {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", default=20)}
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = _pool
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="") or PATHS.redis_url
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "max_connections": 100}], "prefix": "tadwin-live"},
    }
}

# --- Celery: the broker is a doorbell, rows are the truth -------------------------------------------------------------
CELERY_BROKER_URL = celery_broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
}
CELERY_TASK_DEFAULT_QUEUE = "light"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.int("WORKER_MAX_MEMORY_KB", default=0) or None
CELERY_TASK_TRACK_STARTED = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXTENDED = True
CELERY_RESULT_EXPIRES = timedelta(days=7)
CELERY_BEAT_SCHEDULE_FILENAME = str(PATHS.var / "celerybeat-schedule")

# --- Files -----------------------------------------------------------------------------------------------------------
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(PATHS.media_root))
# Django's own serving of MEDIA_ROOT knows no signatures: nothing may lie under this address.
MEDIA_URL = "/unused-media/"
S3_BUCKET = env.str("S3_BUCKET", default="")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="") or None
S3_PUBLIC_ENDPOINT_URL = env.str("S3_PUBLIC_ENDPOINT_URL", default="") or S3_ENDPOINT_URL
S3_REGION = env.str("S3_REGION", default="us-east-1")
S3_ACCESS_KEY_ID = env.str("S3_ACCESS_KEY_ID", default="") or None
S3_SECRET_ACCESS_KEY = env.str("S3_SECRET_ACCESS_KEY", default="") or None
S3_SERVER_SIDE_ENCRYPTION = env.str("S3_SERVER_SIDE_ENCRYPTION", default="") or None
S3_ADDRESSING_STYLE = env.str("S3_ADDRESSING_STYLE", default="path" if S3_ENDPOINT_URL else "auto")

STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.common.static.StaticStorage"},
}
if S3_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL,
            "region_name": S3_REGION,
            "access_key": S3_ACCESS_KEY_ID,
            "secret_key": S3_SECRET_ACCESS_KEY,
            "addressing_style": S3_ADDRESSING_STYLE,
            "file_overwrite": True,
            "default_acl": None,
        },
    }
STATIC_URL = "/static/"
STATIC_ROOT = PATHS.var / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_UPLOAD_SINGLE_MAX = env.int("MEDIA_UPLOAD_SINGLE_MAX", default=16 << 20)
MEDIA_UPLOAD_URL_EXPIRES = env.int("MEDIA_UPLOAD_URL_EXPIRES", default=3600)
MEDIA_UPLOAD_SESSION_HOURS = env.int("MEDIA_UPLOAD_SESSION_HOURS", default=48)
MEDIA_DOWNLOAD_URL_EXPIRES = env.int("MEDIA_DOWNLOAD_URL_EXPIRES", default=900)
MEDIA_MAX_SIZE = env.int("MEDIA_MAX_SIZE", default=10 << 30)
MEDIA_MAX_DURATION_HOURS = env.int("MEDIA_MAX_DURATION_HOURS", default=24)
MEDIA_TRASH_DAYS = env.int("MEDIA_TRASH_DAYS", default=30)

# --- Recognition -----------------------------------------------------------------------------------------------------
ASR_ENGINE = env.str("ASR_ENGINE", default="auto")
ASR_MODEL = env.str("ASR_MODEL", default="auto")
ASR_MODEL_DIR = env.str("MODEL_DIR", default=str(PATHS.var / "models"))
ASR_DEVICE = env.str("ASR_DEVICE", default="auto")
ASR_COMPUTE_TYPE = env.str("ASR_COMPUTE_TYPE", default="auto")
ASR_CPU_THREADS = env.int("ASR_CPU_THREADS", default=0)
ASR_BATCH_SIZE = env.int("ASR_BATCH_SIZE", default=0)
ASR_CHUNK_SECONDS = env.int("ASR_CHUNK_SECONDS", default=300)
ASR_BEAM_SIZE = env.int("ASR_BEAM_SIZE", default=5)
ASR_VAD = env.bool("ASR_VAD", default=True)
ASR_VAD_MIN_SILENCE = env.float("ASR_VAD_MIN_SILENCE", default=0.5)
ASR_DIARIZE_BY_DEFAULT = env.bool("ASR_DIARIZE_BY_DEFAULT", default=True)
# 0 leaves the number open; a job that names one is not bound by these.
ASR_MIN_SPEAKERS = env.int("ASR_MIN_SPEAKERS", default=0)
ASR_MAX_SPEAKERS = env.int("ASR_MAX_SPEAKERS", default=0)
ASR_DIARIZATION_MODEL = env.str("ASR_DIARIZATION_MODEL", default="pyannote/speaker-diarization-community-1")
ASR_DIARIZATION_BATCH_SIZE = env.int("ASR_DIARIZATION_BATCH_SIZE", default=32)
ASR_DIARIZATION_MAX_MINUTES = env.int("ASR_DIARIZATION_MAX_MINUTES", default=180)
ASR_DIARIZATION_RECYCLE_AFTER = env.int("ASR_DIARIZATION_RECYCLE_AFTER", default=20)
ASR_DIARIZATION_MAX_MEMORY_MB = env.int("ASR_DIARIZATION_MAX_MEMORY_MB", default=4096)
HF_TOKEN = env.str("HF_TOKEN", default="").strip()
ASR_ALLOW_DOWNLOAD = env.bool("ASR_ALLOW_DOWNLOAD", default=False)
ASR_MAX_LOADED_MODELS = env.int("ASR_MAX_LOADED_MODELS", default=2)
ASR_IDLE_UNLOAD_SECONDS = env.int("ASR_IDLE_UNLOAD_SECONDS", default=900)
# Engines beside the built-in ones: "name=package.module.Class,..."
ASR_EXTRA_ENGINES = env.dict("ASR_EXTRA_ENGINES", default={})
ASR_FAKE_ENGINE = env.bool("ASR_FAKE_ENGINE", default=False)
# Engines that are services elsewhere; offered where their key is set.
ASR_SERVICES = {
    "assemblyai": {
        "api_key": env.str("ASSEMBLYAI_API_KEY", default="").strip(),
        "base_url": env.str("ASSEMBLYAI_BASE_URL", default=""),
    }
}

STEP_LEASE_SECONDS = env.float("STEP_LEASE_SECONDS", default=30.0)
STEP_HEARTBEAT_SECONDS = env.float("STEP_HEARTBEAT_SECONDS", default=5.0)
STEP_MAX_LOST_LEASES = env.int("STEP_MAX_LOST_LEASES", default=5)
# How often a step that failed is tried in all, and the seconds between: queue=tries:first:longest.
STEP_RETRY_POLICIES = env.dict(
    "STEP_RETRY_POLICIES", default={"default": "3:60:300", "large": "2:120:300", "diarize": "2:60:300"}
)
STEP_RETRY_DELAYS = env.list("STEP_RETRY_DELAYS", cast=float, default=[1.0, 5.0, 30.0, 120.0])
STEP_SOFT_TIME_LIMIT = env.int("STEP_SOFT_TIME_LIMIT", default=4 * 3600)
STEP_TIME_LIMIT = env.int("STEP_TIME_LIMIT", default=4 * 3600 + 300)
REAPER_SECONDS = env.float("REAPER_SECONDS", default=5.0)

# --- People ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.BCryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "landing"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"signup": "organizations.forms.SignupForm"}
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="none" if EMBEDDED else "mandatory")
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
# Counted per address of the network and per key (mostly the mail address); pages and API share the counts.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {
    "signup": "20/m/ip,100/h/ip",
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "10/m/ip,3/10m/key",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "1/m/key",
    "verify_email": "20/m/ip",
    "resend_verification": "10/m/ip",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "reauthenticate": "10/m/user",
    "export": "5/h/user",
}
PASSWORD_RESET_TIMEOUT = 3600
# Other services to sign in with (OpenID Connect): a JSON list of {"id", "name", "client_id", "secret", "server_url"};
# "trust_email": true lets an address that the service has verified open the account that has it here.
OIDC_PROVIDERS = env.json("OIDC_PROVIDERS", default=[])
SOCIALACCOUNT_PROVIDERS = openid_connect(OIDC_PROVIDERS)
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
MFA_FORMS = {
    "authenticate": "accounts.second_factor.AuthenticateForm",
    "reauthenticate": "accounts.second_factor.ReauthenticateForm",
}
MFA_ADAPTER = "accounts.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
# Browsers themselves allow passkeys without https on localhost only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
# Where an unverified address can sign in, a stranger could lock its owner out by a second factor of theirs.
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION != "optional"
USERSESSIONS_TRACK_ACTIVITY = False
# The oldest are ended when somebody signs in once more.
MAX_SESSIONS_PER_PERSON = env.int("MAX_SESSIONS_PER_PERSON", default=30)
HEADLESS_ONLY = False
HEADLESS_TOKEN_STRATEGY = "accounts.tokens.TokenStrategy"  # noqa: S105 - a dotted path
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = env.int("JWT_ACCESS_SECONDS", default=15 * 60)
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = env.int("JWT_REFRESH_SECONDS", default=30 * 24 * 3600)
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)
# How long a deleted organization can be restored.
ORGANIZATION_GRACE_DAYS = env.int("ORGANIZATION_GRACE_DAYS", default=14)
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# SECURITY: with this prefix a browser takes the cookie from this very host over https only, never from a neighbour.
_host = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME = f"{_host}tadwin_session"
CSRF_COOKIE_NAME = f"{_host}tadwin_csrf"
# Scripts read the token from the page.
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = SECURE, True, "Lax"

# --- Mail ------------------------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default=f"filemail:///{PATHS.var / 'mail'}")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20
# The HTTP service of a mail provider in place of SMTP, by django-anymail: its name and its settings.
EMAIL_PROVIDER = env.str("EMAIL_PROVIDER", default="")
ANYMAIL = env.json("ANYMAIL", default={})
if EMAIL_PROVIDER:
    EMAIL_BACKEND = f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Tadwin <noreply@localhost>")

# --- Language, time --------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ar", _("Arabic"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- API -------------------------------------------------------------------------------------------------------------
API_DOCS = env.bool("API_DOCS", default=True)
# /api/v1/test/: transcripts out of a text, for those who build on the API.
API_TEST_ROUTES = env.bool("API_TEST_ROUTES", default=EMBEDDED)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "organizations.api.authentication.ApiKeyAuthentication",
        "organizations.api.authentication.JwtAuthentication",
        "organizations.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["organizations.api.permissions.OrganizationPermission"],
    "DEFAULT_RENDERER_CLASSES": ["config.common.api.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.common.api.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.common.api.exception_handler",
    "DEFAULT_PAGINATION_CLASS": "config.common.pagination.CursorPagination",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tadwin API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.common.schema.document_refusals",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "JobStatus": "transcription.states.JobStatus",
        "StepKind": "transcription.states.StepKind",
        "StepStatus": "transcription.states.StepStatus",
        "ReviewStatus": "transcription.models.reviews.ReviewStatus",
        "OperationKind": "transcription.models.operations.OperationKind",
        "MediaStatus": "media.states.RecordingStatus",
        "WebhookStatus": ["active", "disabled", "paused", "gone"],
        "SubscriptionStatus": "billing.models.Account.Status",
        "InvoiceStatus": ["open", "paid", "uncollectible", "void"],
        "VoiceMatchState": "transcription.models.voices.MatchState",
    },
}
# Requests that a key, an organization, or the address of a guest may make; 0 sets no limit.
RATE_LIMIT_PER_MINUTE = env.int("RATE_LIMIT_PER_MINUTE", default=600)
RATE_LIMIT_PER_HOUR = env.int("RATE_LIMIT_PER_HOUR", default=20_000)
MAX_WAIT_SECONDS = 60
# The `openai` package itself gives up after 600.
OPENAI_MAX_WAIT_SECONDS = env.float("OPENAI_MAX_WAIT_SECONDS", default=590.0)
# At most half of the web threads may wait in `?wait=`.
WEB_THREADS = env.int("WEB_THREADS", default=8)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 << 20

# --- Security --------------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
# How many proxies of ours stand before us, each appending to X-Forwarded-For; the addresses in logs and limits need it.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=1 if SECURE_PROXY_SSL_HEADER else 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=SECURE)
# Asked over plain HTTP from inside the cluster.
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^health/detailed$", r"^metrics$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if SECURE else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
X_FRAME_OPTIONS = "DENY"
_live = [LIVE_URL, LIVE_URL.replace("http", "ws", 1)] if LIVE_URL else []
_objects = [S3_PUBLIC_ENDPOINT_URL] if S3_PUBLIC_ENDPOINT_URL else (["https://*.amazonaws.com"] if S3_BUCKET else [])
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "connect-src": ["'self'", *_live, *_objects],
        "media-src": ["'self'", "blob:", *_objects],
        "img-src": ["'self'", "data:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'", *oidc_origins(OIDC_PROVIDERS)],
        "frame-ancestors": ["'none'"],
    },
}
# The admin's Alpine evaluates its attributes, and its theme is a style element; inline scripts are refused there too.
ADMIN_CONTENT_SECURITY: dict[str, Any] = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}
# Nothing of the browser's that the pages don't use.
PERMISSIONS_POLICY = ", ".join(
    [
        *(f"{name}=()" for name in ("browsing-topics", "camera", "display-capture", "geolocation", "microphone")),
        *(f"{name}=()" for name in ("midi", "payment", "serial", "usb")),
        *(f"{name}=(self)" for name in ("autoplay", "clipboard-write", "fullscreen")),
        *(f"{name}=(self)" for name in ("publickey-credentials-create", "publickey-credentials-get")),
    ]
)
# Refuse calls of the API from pages of origins that are in no list; programs are not concerned.
API_ORIGIN_CHECK = env.bool("API_ORIGIN_CHECK", default=False)
SILENCED_SYSTEM_CHECKS = env.list("SILENCED_SYSTEM_CHECKS", default=[])
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
INTERNAL_NETWORKS = env.list("INTERNAL_NETWORKS", default=["127.0.0.0/8", "::1/128"])

# --- Money: nobody sees any without a key -----------------------------------------------------------------------------
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="").strip()
STRIPE_LIVE_MODE = "_live_" in STRIPE_SECRET_KEY
# Another server that speaks Stripe's API, for tests; empty: Stripe.
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="").rstrip("/")
# How many days an organization whose payment failed goes on working before it can only read.
BILLING_GRACE_DAYS = env.int("BILLING_GRACE_DAYS", default=14)
BILLING_CURRENCY = env.str("BILLING_CURRENCY", default="usd").lower()
# Let Stripe work out taxes; needs Stripe Tax to be set up there.
BILLING_AUTOMATIC_TAX = env.bool("BILLING_AUTOMATIC_TAX", default=False)
# Where people write who want an agreement of their own.
BILLING_CONTACT = env.str("BILLING_CONTACT", default="")
# dj-stripe: its own migrations take most of the time of a first start, so there is one in their place.
MIGRATION_MODULES = {"djstripe": "billing.djstripe_migrations"}
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"

# --- Addresses that tenants give (webhooks, imports) ------------------------------------------------------------------
# Networks that are open although they are not public: `10.20.0.0/16` for a receiver inside your own house.
OUTBOUND_ALLOWED_NETWORKS = env.list("OUTBOUND_ALLOWED_NETWORKS", default=[])
OUTBOUND_PORTS = env.list("OUTBOUND_PORTS", cast=int, default=[80, 443, 8080, 8443])
OUTBOUND_HTTP = env.bool("OUTBOUND_HTTP", default=EMBEDDED)
WEBHOOK_RETRY_DELAYS = env.list(
    "WEBHOOK_RETRY_DELAYS", cast=float, default=[30.0, 120.0, 600.0, 3600.0, 21600.0, 86400.0]
)
WEBHOOK_TIMEOUT = env.float("WEBHOOK_TIMEOUT", default=10.0)
WEBHOOK_PAUSE_HOURS = env.float("WEBHOOK_PAUSE_HOURS", default=24.0)
WEBHOOK_SECRET_OVERLAP_HOURS = env.float("WEBHOOK_SECRET_OVERLAP_HOURS", default=24.0)
WEBHOOK_LOG_DAYS = env.int("WEBHOOK_LOG_DAYS", default=30)
WEBHOOK_MAX_ENDPOINTS = env.int("WEBHOOK_MAX_ENDPOINTS", default=20)
MEDIA_IMPORT_ENABLED = env.bool("MEDIA_IMPORT_ENABLED", default=False)
MEDIA_IMPORT_SECONDS = env.int("MEDIA_IMPORT_SECONDS", default=2 * 3600)
MEDIA_IMPORT_REDIRECTS = env.int("MEDIA_IMPORT_REDIRECTS", default=5)

# --- Watching --------------------------------------------------------------------------------------------------------
LOG_FORMAT = env.str("LOG_FORMAT", default="console" if EMBEDDED else "json")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = "config.common.logging.configure"
LOGGING = logging_config(LOG_FORMAT, LOG_LEVEL)
SENTRY_DSN = env.str("SENTRY_DSN", default="")
