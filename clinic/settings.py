"""Django settings: one file, strict, safe by default. Documented in `.env.example`.

`AFTERCARE_MODE=demo` (the default) serves people who want to look: it makes its
own keys under `AFTERCARE_DATA`. `production` makes none and refuses weak ones.
"""

import os
from pathlib import Path

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from clinic import embedded, environment, media_server, senses

BASE_DIR = Path(__file__).resolve().parent.parent
environment.load(Path(os.environ.get("AFTERCARE_ENV_FILE", BASE_DIR / ".env")))
MODE = environment.choice("AFTERCARE_MODE", "demo", {"demo", "production"})
DEMO = MODE == "demo"
DATA_DIR = Path(environment.text("AFTERCARE_DATA", str(BASE_DIR / "var"))).resolve()
DEBUG = False
VERSION = "0.1.0"

SECRET_KEY = (
    embedded.secret(DATA_DIR / "keys" / "django", environment.text("SECRET_KEY", ""))
    if DEMO
    else environment.text("SECRET_KEY")
)
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY must have 50 characters or more.")

HOST = environment.text("AFTERCARE_HOST", "127.0.0.1")
PORT = environment.integer("AFTERCARE_PORT", 8000, at_least=1, at_most=65535)
WEB_PROCESSES = environment.integer("WEB_PROCESSES", 2, at_least=1, at_most=32)
BASE_URL = environment.text("AFTERCARE_BASE_URL", f"http://{HOST}:{PORT}").rstrip("/")
ALLOWED_HOSTS = environment.words("AFTERCARE_ALLOWED_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# What these say about a visitor is believed; the same from anybody else is dropped (clinic.forwarded).
TRUSTED_PROXIES = environment.networks("AFTERCARE_TRUSTED_PROXIES")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "channels",
    "pgtrigger",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "compliance",
    "clinic",
    "knowledge",
    "conversations",
    "conversations.exchange",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "compliance.middleware.AuditContextMiddleware",
    "compliance.middleware.SignedInMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "clinic.urls"
ASGI_APPLICATION = "clinic.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -- data ------------------------------------------------------------------
# `default` is the application's role, which owns nothing; `owner` is the same
# database as its owner, for `migrate`; `keys` holds wrapped patient keys, apart.
EMBEDDED_POSTGRES = not environment.text("DATABASE_URL", "")
_archive = environment.text("POSTGRES_ARCHIVE", "")
POSTGRES_ARCHIVE = Path(_archive).resolve() if _archive else None
EMBEDDED_REDIS = not environment.text("REDIS_URL", "")
DATABASES = embedded.databases(
    DATA_DIR,
    default=environment.text("DATABASE_URL", ""),
    owner=environment.text("DATABASE_OWNER_URL", ""),
    keys=environment.text("KEYS_DATABASE_URL", ""),
)
DATABASE_ROUTERS = ["compliance.routers.KeysApart"]
REDIS_URL = environment.text("REDIS_URL", embedded.redis_url(DATA_DIR))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
KEY_PROVIDER = environment.choice("KEY_PROVIDER", "file", {"file", "aws-kms", "vault"})
KEY_ENCRYPTION_KEY_PATH = Path(
    environment.text(
        "KEY_ENCRYPTION_KEY_PATH",
        None if KEY_PROVIDER == "file" and not DEMO else str(DATA_DIR / "keys" / "key-encryption-key"),
    )
)
AWS_KMS_KEY_ID = environment.text("AWS_KMS_KEY_ID", None if KEY_PROVIDER == "aws-kms" else "")
AWS_REGION = environment.text("AWS_REGION", None if KEY_PROVIDER == "aws-kms" else "")
AWS_ACCESS_KEY_ID = environment.text("AWS_ACCESS_KEY_ID", None if KEY_PROVIDER == "aws-kms" else "")
AWS_SECRET_ACCESS_KEY = environment.text("AWS_SECRET_ACCESS_KEY", None if KEY_PROVIDER == "aws-kms" else "")
AWS_SESSION_TOKEN = environment.text("AWS_SESSION_TOKEN", "")
AWS_KMS_ENDPOINT = environment.text("AWS_KMS_ENDPOINT", "")
VAULT_ADDR = environment.text("VAULT_ADDR", None if KEY_PROVIDER == "vault" else "")
VAULT_TOKEN = environment.text("VAULT_TOKEN", None if KEY_PROVIDER == "vault" else "")
VAULT_TRANSIT_KEY = environment.text("VAULT_TRANSIT_KEY", "aftercare")
SEALED_FILES_DIR = DATA_DIR / "files"

# -- the proof of the audit trail --------------------------------------------
AUDIT_ORIGIN = environment.text("AUDIT_ORIGIN", "aftercare.local/audit")
AUDIT_SIGNING_KEY_PATH = Path(environment.text("AUDIT_SIGNING_KEY_PATH", str(DATA_DIR / "keys" / "audit-signing-key")))
AUDIT_WITNESS_NAME = environment.text("AUDIT_WITNESS_NAME", "aftercare.local/witness")
AUDIT_WITNESS_DIR = Path(environment.text("AUDIT_WITNESS_DIR", str(DATA_DIR / "witness")))

# -- people ----------------------------------------------------------------
AUTH_USER_MODEL = "clinic.User"
PATIENT_MODEL = "clinic.Patient"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
STAFF_MFA_REQUIRED = environment.boolean("STAFF_MFA_REQUIRED", not DEMO)
ACCOUNT_ADAPTER = "compliance.sign_in.StaffAccounts"
ACCOUNT_FORMS = {"login": "compliance.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "20/m/ip,10/300s/key"}
MFA_ADAPTER = "compliance.sign_in.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Aftercare"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # the audit trail says who signed in
CACHES = {"default": {"BACKEND": "compliance.shared_cache.SharedCache"}}
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
SECURE_HSTS_SECONDS = 31_536_000 if BASE_URL.startswith("https://") else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# -- queues: hints only, the database is the record ------------------------
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": [embedded.channel_host(REDIS_URL)],
            "symmetric_encryption_keys": [SECRET_KEY],
            "capacity": 1000,
            "expiry": 30,
        },
    },
}
CELERY_BROKER_URL = embedded.celery_url(REDIS_URL)
# A hint that finds nobody is given up at once: the row it tells of is the promise.
CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 1, "interval_start": 0.0, "interval_step": 0.1, "interval_max": 0.1}
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "audit trail verified": {"task": "compliance.tasks.verify", "schedule": crontab(hour="3", minute="12")},
    "what has reached its age": {"task": "compliance.tasks.sweep", "schedule": crontab(hour="3", minute="42")},
    "approved erasures": {"task": "compliance.tasks.carry_out", "schedule": 300.0},
    "whatever the relay has not done": {"task": "clinic.tasks.do_duties", "schedule": 10.0},
    "promises nobody keeps": {"task": "clinic.tasks.reconcile", "schedule": 60.0},
    "a release that makes things worse": {"task": "conversations.tasks.watch_rollout", "schedule": 15.0},
    "documents nobody is reading": {"task": "knowledge.tasks.catch_up", "schedule": 30.0},
}

# -- messages: they say that something waits, never what ---------------------
SMTP_URL = environment.text("SMTP_URL", "")
SMS_URL = environment.text("SMS_URL", "")
SMS_TOKEN = environment.text("SMS_TOKEN", "")
WEB_PUSH_PRIVATE_KEY = environment.text("WEB_PUSH_PRIVATE_KEY", "")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.text("MAIL_FROM", "aftercare@localhost")
EMAIL_TIMEOUT = 10
EMAIL_FILE_PATH = DATA_DIR / "outbox" / "mail"
if SMTP_URL:
    globals().update(environment.smtp("SMTP_URL", SMTP_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
if SMS_URL and not SMS_URL.startswith("https://"):
    raise ImproperlyConfigured("SMS_URL must begin with https://.")

# Webhooks to addresses inside a private network, and without TLS: for a laptop and for tests, never for a clinic.
WEBHOOKS_MAY_STAY_INSIDE = environment.boolean("WEBHOOKS_MAY_STAY_INSIDE", False)
if WEBHOOKS_MAY_STAY_INSIDE and not DEMO:
    raise ImproperlyConfigured("WEBHOOKS_MAY_STAY_INSIDE is for AFTERCARE_MODE=demo only.")

# -- other systems -----------------------------------------------------------
API_REQUESTS_PER_MINUTE = environment.integer("API_REQUESTS_PER_MINUTE", 600, at_least=1)

# -- pages -----------------------------------------------------------------
LANGUAGE_CODE = "en"
MESSAGE_TAGS = {20: "act", 25: "well", 30: "urgent", 40: "emergency"}  # Django's levels → our meanings
USE_TZ = True
TIME_ZONE = environment.time_zone("AFTERCARE_TIME_ZONE", "UTC")
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "clinic" / "assets"]
WHITENOISE_USE_FINDERS = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "worker-src": ["'self'"],
    }
}

# -- the mind --------------------------------------------------------------
LLM_BASE_URL = environment.text("LLM_BASE_URL", "")
LLM_API_KEY = environment.text("LLM_API_KEY", "")
LLM_MODEL = environment.text("LLM_MODEL", "")
LLM_COVERED_BY = environment.choice("LLM_COVERED_BY", "none", {"none", "baa", "self-hosted"})
DATA_RESIDENCY = environment.words("DATA_RESIDENCY")  # where patient data may be processed: "us", "eu"; empty: anywhere
LLM_REGION = environment.text("LLM_REGION", "")
if LLM_BASE_URL:
    senses.refuse_uncovered("LLM", "the model", LLM_COVERED_BY, LLM_REGION, DATA_RESIDENCY)

# -- ears and voice ---------------------------------------------------------
EARS = senses.ears(DATA_RESIDENCY)
VOICE = senses.voice(DATA_RESIDENCY)

# What patients are asked to agree to: only what this installation has a use for.
CONSENT_PURPOSES = [
    "ai_call",
    "voice",
    "memory",
    "perception",
    "pictures",
    *(["external_model"] if LLM_BASE_URL or EARS.outside or VOICE.outside else []),
]

# -- calls -----------------------------------------------------------------
ICE_SERVERS = environment.ice_servers("ICE_SERVERS")
ICE_ADDRESSES = environment.words("ICE_ADDRESSES")
ICE_USERNAME = environment.text("ICE_USERNAME", "")
ICE_CREDENTIAL = environment.text("ICE_CREDENTIAL", "")
TURN_SECRET = environment.text("TURN_SECRET", "")  # shared with coturn: each call gets credentials of its own
if TURN_SECRET and ICE_CREDENTIAL:
    raise ImproperlyConfigured("Set TURN_SECRET, or ICE_USERNAME and ICE_CREDENTIAL, but not both.")
if any(url.startswith("turn") for url in ICE_SERVERS) and not (TURN_SECRET or (ICE_USERNAME and ICE_CREDENTIAL)):
    raise ImproperlyConfigured(
        "ICE_SERVERS names a TURN server, which lets nobody in without credentials: set TURN_SECRET to its "
        "static-auth-secret, or ICE_USERNAME and ICE_CREDENTIAL."
    )
CALL_HOST_USES_TURN = environment.boolean("CALL_HOST_USES_TURN", False)
CALL_VIDEO_SIZE = environment.integer("CALL_VIDEO_SIZE", 720, at_most=1080)
CALL_VIDEO_FPS = environment.integer("CALL_VIDEO_FPS", 25, at_least=1, at_most=60)
# Who draws the face: this server; the patient's browser if they switch it on (choice); their browser if it can (edge).
CALL_FACE = environment.choice("CALL_FACE", "server", ("server", "choice", "edge"))
LIVEKIT = media_server.livekit(DATA_RESIDENCY, demo=DEMO)
if LIVEKIT.url and CALL_FACE != "server":
    raise ImproperlyConfigured(
        "A face that browsers draw needs a connection of their own: unset CALL_FACE, or LIVEKIT_URL."
    )
CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"] += LIVEKIT.sources
CALL_HOST_CAPACITY = environment.integer("CALL_HOST_CAPACITY", 4, at_least=1)

# -- watching it -------------------------------------------------------------
METRICS_TOKEN = environment.text("METRICS_TOKEN", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"without_invitations": {"()": "clinic.logs.WithoutInvitations"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["without_invitations"]}
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "axes": {"level": "ERROR"},  # the audit trail says who signed in
        "aioice": {"level": "WARNING"},  # logs addresses of patients otherwise
        "aiortc": {"level": "WARNING"},
        "fpdf": {"level": "ERROR"},  # names the letters of a copy otherwise
        "fontTools": {"level": "ERROR"},
    },
}

environment.refuse_unknown()
