# Recognition. Build from the root of the repository:
#   docker build -f docker/worker.Dockerfile -t tadwin-worker .
#   docker build -f docker/worker.Dockerfile --target gpu -t tadwin-worker-gpu .
FROM python:3.11-slim-bookworm AS base

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    MODEL_DIR=/models

WORKDIR /app
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin tadwin

# The embedded engine comes along, so that a worker without a Whisper model still recognizes English. Of
# embedded.txt only the pins are used: the database and broker in it are for `make run`.
COPY requirements/worker.txt requirements/embedded.txt requirements/embedded-no-deps.txt requirements/
RUN pip install -r requirements/worker.txt \
    && pip install -c requirements/embedded.txt moonshine-voice pocketsphinx \
    && pip install --no-deps -r requirements/embedded-no-deps.txt

COPY manage.py ./
COPY config config/
COPY accounts accounts/
COPY organizations organizations/
COPY billing billing/
COPY media media/
COPY transcription transcription/
COPY locale locale/
COPY templates templates/

RUN mkdir -p var/secrets var/cache /models \
    && chown tadwin:tadwin var var/secrets var/cache /models \
    && chmod 700 var/secrets

USER 10001
CMD ["celery", "--quiet", "-A", "config", "worker", "--queues=default,small,medium,large,diarize,light", "--concurrency=2", "--loglevel=warning"]

# CTranslate2 finds cuBLAS and cuDNN here; the driver comes from the host (NVIDIA Container Toolkit).
FROM base AS gpu
USER 0
COPY requirements/gpu.txt requirements/
RUN pip install -r requirements/gpu.txt
ENV LD_LIBRARY_PATH=/usr/local/lib/python3.11/site-packages/nvidia/cublas/lib:/usr/local/lib/python3.11/site-packages/nvidia/cudnn/lib \
    ASR_DEVICE=cuda
USER 10001
# One process a GPU: a second one would load the model again.
CMD ["celery", "--quiet", "-A", "config", "worker", "--queues=default,small,medium,large,diarize", "--pool=solo", "--loglevel=warning"]

FROM base AS cpu
