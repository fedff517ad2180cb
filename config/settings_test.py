"""Settings of the test suite: real PostgreSQL and Redis, everything else fast and local."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from tests.services import ensure_services, of_worker

# Every xdist worker takes servers' databases of its own, not those its parent took or was given.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    if os.environ.pop("TADWIN_TEST_SLOT", ""):
        for name in ("DATABASE_URL", "REDIS_URL", "MEDIA_ROOT"):
            del os.environ[name]
    os.environ.update(of_worker(worker))
if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    os.environ["TADWIN_TEST_SLOT"] = "taken"
os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = ensure_services()
# Workers that a test starts as processes of their own get the same folder.
if "MEDIA_ROOT" not in os.environ:
    os.environ["MEDIA_ROOT"] = tempfile.mkdtemp(prefix="tadwin-media-")
    atexit.register(shutil.rmtree, os.environ["MEDIA_ROOT"], ignore_errors=True)
os.environ.setdefault("SECRET_KEY", "only-for-tests-and-long-enough-to-sign-tokens-with-hs256")

from config.settings import *  # noqa: E402, F403 - after the environment is set
from config.settings import LOGGING, STATIC_ROOT, STORAGES, TEMPLATES  # noqa: E402 - as above

EMBEDDED = False
LOGGING = {**LOGGING, "cache_loggers": False}
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
# Each test client starts the middleware anew, and WhiteNoise would read the whole folder of static files each time.
WHITENOISE_AUTOREFRESH = True
RATE_LIMIT_PER_MINUTE = RATE_LIMIT_PER_HOUR = 0
ASR_ENGINE = "fake"
ASR_FAKE_ENGINE = True
API_TEST_ROUTES = True
ASR_EXTRA_ENGINES = {"paced": "tests.engines.PacedEngine", "greeting": "tests.engines.GreetingEngine"}
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = ""
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
OUTBOUND_HTTP = True
