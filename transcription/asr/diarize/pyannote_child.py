"""The process that runs pyannote.audio: reads requests as lines of JSON, and answers in the same way.

It is started by `pyannote.py`, knows no settings, and ends when the worker that started it is gone.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SMALL_BATCH = 4
# How much of the time the stages take, roughly: voices are compared in the second one.
STAGES = {"segmentation": (0.0, 0.3), "embeddings": (0.3, 0.65)}
OUT_OF_MEMORY = "Telling speakers apart needed more memory than the worker has. Choose the method “embedded”."


def main() -> None:
    # Libraries print what they like; only our answers may reach the worker.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.filterwarnings("ignore")
    lines = _requests()
    setup = json.loads(next(lines))

    def say(value: dict[str, Any]) -> None:
        print(json.dumps(value), file=out, flush=True)

    try:
        pipeline, model = load(setup)
    except Exception as error:
        next(lines)
        say(described(error, setup["folder"]))
        return
    for line in lines:
        say(answer(pipeline, model, json.loads(line), lambda share: say({"progress": share})))


def _requests() -> Iterator[str]:
    """Lines of standard input. Its end means that the worker is gone: nobody would read what is being worked out."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield lines.get()


def load(setup: dict[str, Any]) -> tuple[Any, str]:
    """The pipeline, and the name under which its voice vectors may be compared with each other."""
    folder = Path(setup["folder"])
    if any(folder.glob("*.py")):
        # The classes of networks that pyannote itself does not know lie beside their weights, which are code as well.
        sys.path.append(str(folder))
    import torch
    from pyannote.audio import Pipeline

    if setup["threads"]:
        torch.set_num_threads(setup["threads"])
    pipeline = Pipeline.from_pretrained(folder)
    if pipeline is None:
        raise FileNotFoundError(folder)
    set_batches(pipeline, setup["batch_size"])
    pipeline.to(torch.device(device(setup["device"])))
    return pipeline, f"{setup['name'].rstrip('/').rsplit('/', 1)[-1]}@{fingerprint(folder)}"


def set_batches(pipeline: Any, size: int) -> None:
    pipeline.segmentation_batch_size = pipeline.embedding_batch_size = size


def device(wanted: str) -> str:
    """What was set, or the GPU where torch sees one: this torch may be built without, on a machine that has one."""
    import torch

    if wanted == "cpu" or not torch.cuda.is_available():
        return "cpu"
    return "cuda" if wanted == "auto" else wanted


def fingerprint(folder: Path) -> str:
    """Vectors of different networks do not compare, so their name says which one it was."""
    digest = hashlib.sha256()
    for path in sorted((folder / "embedding").glob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def answer(pipeline: Any, model: str, request: dict[str, Any], tell: Callable[[float], None]) -> dict[str, Any]:
    """Turns and voice vectors, or what went wrong. Memory that runs out is tried once more with small batches."""
    import torch

    limits = {key: request[key] for key in ("num_speakers", "min_speakers", "max_speakers") if request.get(key)}
    samples = torch.from_file(request["sound"], shared=False, size=request["samples"], dtype=torch.float32)
    sound = {"waveform": samples[None], "sample_rate": 16_000, "uri": "recording"}
    try:
        try:
            found = pipeline(sound, hook=_hook(tell), **limits)
        except (MemoryError, torch.OutOfMemoryError):
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            set_batches(pipeline, SMALL_BATCH)
            found = pipeline(sound, hook=_hook(tell), **limits)
    except Exception as error:
        return described(error, "")
    return {"turns": turns(found), "overlaps": overlaps(found), "embeddings": vectors(found), "model": model}


def _hook(tell: Callable[[float], None]) -> Callable[..., None]:
    def hook(stage: str, _made: Any, *, completed: int | None = None, total: int | None = None, **_other: Any) -> None:
        if stage in STAGES and completed is not None and total:
            start, share = STAGES[stage]
            tell(start + share * min(1.0, completed / total))

    return hook


def turns(found: Any) -> list[tuple[int, int, str]]:
    """One speaker at a time: that is the reading which words can be given to."""
    tracks = found.exclusive_speaker_diarization.itertracks(yield_label=True)
    return [(round(part.start * 1000), round(part.end * 1000), str(label)) for part, _, label in tracks]


def overlaps(found: Any) -> list[tuple[int, int]]:
    """Where several speak at once, which the turns do not tell."""
    return [(round(part.start * 1000), round(part.end * 1000)) for part in found.speaker_diarization.get_overlap()]


def vectors(found: Any) -> dict[str, list[float]]:
    """A row a speaker, in the order of the labels; there may be none, or more rows than speakers."""
    rows = found.speaker_embeddings
    if rows is None:
        return {}
    return {str(label): row.tolist() for label, row in zip(found.speaker_diarization.labels(), rows, strict=False)}


def described(error: Exception, folder: str) -> dict[str, Any]:
    """The error for the worker; its whole trace goes to the log."""
    import traceback

    traceback.print_exception(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return {"error": "out_of_memory", "message": OUT_OF_MEMORY}
    if folder:
        message = f"The pyannote pipeline in {folder} could not be loaded: {type(error).__name__}. Check its files."
        return {"error": "diarization_unavailable", "message": message}
    return {"error": "diarization_failed", "message": f"Telling speakers apart failed: {type(error).__name__}."}


if __name__ == "__main__":
    main()
