"""What the work needs: files, models, mail, room on the disk."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.mail import get_connection

from config.embedded.instance import running_instance
from config.management.doctor.report import Result
from media.storage import get_media_storage
from transcription.asr import hub
from transcription.asr.align import models as alignment
from transcription.asr.diarize import pyannote_models as pyannote
from transcription.asr.engines import whisper_models
from transcription.asr.engines.whisper_models import find_model, own_models
from transcription.configuration import model_dir, pyannote_config
from transcription.services import engines

GIB = 1 << 30
LITTLE_BYTES = 5 * GIB  # less than one large upload with its playback copy
NO_BYTES = GIB // 2
UNDELIVERED = ("console", "dummy", "locmem", "filebased")


def storage() -> Iterator[Result]:
    """Everything that an upload and a download do, by the internal and the public address."""
    running = running_instance(settings.PATHS.var / "up.lock")  # it may listen on another port than the usual one
    for check in get_media_storage(base_url=running.address if running else "").self_test():
        yield Result("storage", check.name, "ok" if check.ok else "fail", check.detail, check.hint)


def models() -> Iterator[Result]:
    """Which engine and model a job gets that names none, and whether this machine could run it."""
    engine, model = engines.default()
    yield Result("models", "default", "ok", f"Jobs use the engine “{engine}” with the model “{model}”.")
    if engine == engines.EMBEDDED:
        yield _english_only()
    elif engine == engines.WHISPER:
        yield _whisper(model)
    yield from _incomplete()
    yield _pyannote()
    yield from _alignment()


def _english_only() -> Result:
    own = own_models(Path(settings.ASR_MODEL_DIR))
    if own:
        detail = f"Only jobs that name a model of yours ({', '.join(own)}) recognize more than English."
        hint = f"Set ASR_MODEL={own[0]} to make it the model of jobs that name none."
    else:
        detail = "No Whisper model is on this machine, so only English is recognized."
        hint = f"Put a converted Whisper model into {settings.ASR_MODEL_DIR}, or set MODEL_DIR."
    return Result("models", "languages", "warn", detail, hint)


def _whisper(model: str) -> Result:
    folder = find_model(model, Path(settings.ASR_MODEL_DIR))
    if folder is not None:
        return Result("models", model, "ok", f"Found in {folder}.")
    hint = f"On a worker, put it into {settings.ASR_MODEL_DIR} (MODEL_DIR). A web server needs no models."
    return Result("models", model, "warn", "The model is not on this machine.", hint)


def _incomplete() -> Iterator[Result]:
    for folder in whisper_models.incomplete(model_dir()):
        hint = f"Convert it again, see docs/models.md. Missing: {', '.join(whisper_models.lacking(folder))}."
        yield Result("models", folder.name, "warn", f"{folder} is no whole model.", hint)


def _pyannote() -> Result:
    """Which of the things that it needs is the one that is missing: the package, the token, the consent, the files."""
    config = pyannote_config()
    lack = pyannote.missing(config)
    folder = pyannote.find_pipeline(config)
    if lack is None:
        detail = f"Tells speakers apart, with the pipeline in {folder}." if folder else "Is fetched when it is needed."
        return Result("models", "pyannote", "ok", detail)
    if not pyannote.is_installed() and folder is None:
        detail = "Is not installed; speakers are told apart by the built-in method. To have it: make setup-diarization."
        return Result("models", "pyannote", "ok", detail)
    if config.token and pyannote.is_installed() and (refusal := hub.refusal(config.model, config.token)):
        return Result("models", "pyannote", "warn", "The pipeline is not on this machine.", refusal)
    return Result("models", "pyannote", "warn", "Speakers are told apart by the built-in method.", lack)


def _alignment() -> Iterator[Result]:
    """Which languages have a model that finds when each word is said, and folders in which a file is missing."""
    found = ", ".join(alignment.languages(model_dir())) or "none"
    place = model_dir() / alignment.FOLDER / "<language>"
    detail = f"The times of words are found in: {found}. A model of another language belongs into {place}."
    yield Result("models", "word times", "ok", detail)
    for folder in alignment.folders(model_dir()):
        if lacking := alignment.lacking(folder):
            hint = f"Convert it again, see docs/models.md. Missing: {', '.join(lacking)}."
            yield Result("models", f"word times ({folder.name})", "warn", f"{folder} is no whole model.", hint)


def mail() -> Iterator[Result]:
    backend = str(settings.EMAIL_BACKEND)
    kind = backend.split(".")[-2]
    if kind in UNDELIVERED:
        hint = "Set EMAIL_URL, for example smtp+tls://user:password@mail.example.com:587"
        yield Result("mail", "delivery", "warn", f"Mail is not sent ({kind} backend), it stays on this machine.", hint)
        return
    connection = get_connection(fail_silently=False)
    connection.open()
    connection.close()
    yield Result("mail", "connection", "ok", f"The mail server takes our connection ({kind}).")


def disk() -> Iterator[Result]:
    folders = {"var": settings.BASE_DIR, "temporary files": Path(tempfile.gettempdir())}
    if not settings.S3_BUCKET:
        folders["recordings"] = _nearest(Path(settings.MEDIA_ROOT))
    for name, folder in folders.items():
        free = shutil.disk_usage(folder).free
        detail = f"{free / GIB:.1f} GiB free at {folder}."
        if free < LITTLE_BYTES:
            hint = "Free some space, or move var/ or TMPDIR to a larger disk."
            yield Result("disk", name, "fail" if free < NO_BYTES else "warn", detail, hint)
        else:
            yield Result("disk", name, "ok", detail)


def _nearest(folder: Path) -> Path:
    return next(path for path in [folder, *folder.parents] if path.exists())
