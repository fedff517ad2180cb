"""What to do when a model needs more memory than there is."""

from __future__ import annotations

from transcription.asr.types import EngineError

SHRINK = 4  # a batch becomes this many times smaller
# Half the bytes, then a quarter; what is smallest already has no line.
SMALLER = {
    "float32": "int8",
    "int8_float32": "int8",
    "int16": "int8",
    "float16": "int8_float16",
    "bfloat16": "int8_bfloat16",
    "default": "int8",
}
SIGNS = ("out of memory", "bad_alloc", "cannot allocate memory", "failed to allocate")


def ran_out(error: BaseException) -> bool:
    """Whether it says that memory ran out; the runtimes have no type of their own for that."""
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in SIGNS)


def smaller(compute_type: str) -> str | None:
    """The next compute type that needs less memory, or None."""
    return SMALLER.get(compute_type)


def error(model: str) -> EngineError:
    """What a job is told. Another worker may have more memory, so it may be tried again."""
    message = (
        f"The model “{model}” needs more memory than the worker has, with small batches and numbers too. "
        "Choose a smaller model, or a worker with more memory."
    )
    return EngineError("out_of_memory", message, retryable=True)
