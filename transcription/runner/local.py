"""The pipeline of the workers in one process, for commands: no database, no broker."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from media.audio.probe import probe
from media.audio.script import read_script, script_duration_ms
from transcription.asr import pipeline
from transcription.asr.engines.base import tells_speakers
from transcription.asr.options import Options
from transcription.asr.types import Chunk, Context, Recognition, Result
from transcription.runner import engines


@dataclass
class Silent:
    """A context nobody listens to."""

    state: dict[str, object] = field(default_factory=dict)

    def progress(self, done_ms: int) -> None:
        """Nothing to tell, and nothing stops it."""

    def load_checkpoint(self) -> dict[str, object] | None:
        return None

    def save_checkpoint(self, state: dict[str, object]) -> None:
        self.state = state


def recognize(
    file: Path, options: Options, context: Context, *, on_chunk: Callable[[Chunk, int], None] | None = None
) -> Result:
    """The transcript of a file. `on_chunk` is told each chunk and the whole length in milliseconds.

    Raises MediaError or EngineError.
    """
    duration_ms = _duration_ms(file, options)
    engine = engines.load(options.engine, options.model)
    recognitions: list[Recognition] = []
    language = None
    with tempfile.TemporaryDirectory(prefix="tadwin-") as folder:
        for chunk in _chunks(file, options, Path(folder), whole=engine.provides.remote):
            if language is None and chunk.speech and options.language == "auto":
                language = pipeline.detect_language(engine, pipeline.language_sample(chunk), options)
            if on_chunk:
                on_chunk(chunk, duration_ms)
            heard = pipeline.transcribe(chunk, engine, options, context, language=language, aligner_of=engines.aligner)
            recognitions.append(heard)
    diarization = None
    if options.diarization.enabled and not tells_speakers(engine.provides, options):
        diarization = engines.tell_speakers(file, options)
    return pipeline.assemble(recognitions, diarization, options, duration_ms=duration_ms, provenance={})


def _duration_ms(file: Path, options: Options) -> int:
    """As told by the file, or as long as it takes to say where a text stands for a recording."""
    script = read_script(file) if options.engine == "fake" else None
    return probe(file).duration_ms if script is None else script_duration_ms(script)


def _chunks(file: Path, options: Options, folder: Path, *, whole: bool) -> Iterator[Chunk]:
    if whole:
        return pipeline.prepare_whole(file, options, folder=folder)
    return pipeline.prepare(file, options, chunk_ms=settings.ASR_CHUNK_SECONDS * 1000)
