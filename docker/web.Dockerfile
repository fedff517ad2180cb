# Pages, API, live updates, beat and migrations: no model, no numpy. Build from the root of the repository:
#   docker build -f docker/web.Dockerfile -t tadwin-web .
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin tadwin

COPY requirements/web.txt requirements/
RUN pip install -r requirements/web.txt

COPY manage.py ./
COPY docker/healthcheck.py docker/
COPY config config/
COPY accounts accounts/
COPY organizations organizations/
COPY billing billing/
COPY media media/
COPY transcription transcription/
COPY locale locale/
COPY static static/
COPY templates templates/

# The secret is needed to start Django and signs nothing here. var/ is what the process may write.
RUN SECRET_KEY=only-while-building python manage.py collectstatic --noinput --verbosity 0 \
    && mkdir -p var/secrets \
    && chown tadwin:tadwin var var/secrets \
    && chmod 700 var/secrets

USER 10001
EXPOSE 8000 8001
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=8", "--timeout=120", "--graceful-timeout=20", "--no-control-socket", "--log-level=warning"]
