"""The voice encoder's weights: out of the Resemblyzer wheel (Apache-2.0) into a NumPy file, without torch.

The wheel is installed without its dependencies and never imported; only its data file is read.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from transcription.asr.types import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    Weights = dict[str, np.ndarray[Any, np.dtype[np.float32]]]

MODEL_ID = "resemblyzer-0.1.4"
PICKLED_HEADERS = 3  # magic number, protocol version, system information
STORAGE_TYPES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "LongStorage": np.dtype("<i8"),
    "DoubleStorage": np.dtype("<f8"),
}


def load_weights(cache_dir: Path) -> Weights:
    """Arrays by name, converted once into `cache_dir`. Raises EngineError `diarization_unavailable`."""
    cached = cache_dir / f"voice-encoder-{MODEL_ID}.npz"
    if not cached.is_file():
        _save(cached, read_checkpoint(find_checkpoint()))
    with np.load(cached, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def find_checkpoint() -> Path:
    """The weights' file in the installed wheel. Raises EngineError `diarization_unavailable` where it is not."""
    spec = find_spec("resemblyzer")
    path = Path(spec.origin).parent / "pretrained.pt" if spec and spec.origin else None
    if path is None or not path.is_file():
        message = (
            "Telling speakers apart needs the package resemblyzer. Install it on the worker with pip install --no-deps."
        )
        raise EngineError("diarization_unavailable", message)
    return path


def _save(target: Path, weights: Weights) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Renamed into place, so that a worker starting beside this one never reads half a file.
    with NamedTemporaryFile(dir=target.parent, suffix=".npz", delete=False) as file:
        np.savez(file, **weights)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options
    Path(file.name).replace(target)


class _Reader(pickle.Unpickler):
    """SECURITY: a pickle can call anything; this one can only describe tensors and ordered dictionaries."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.views: list[tuple[tuple[str, str], int, tuple[int, ...], tuple[int, ...]]] = []

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], Any] = {
            ("torch._utils", "_rebuild_tensor_v2"): self._remember,
            ("collections", "OrderedDict"): OrderedDict,
        }
        if module == "torch" and name in STORAGE_TYPES:
            return name
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a model file")
        return allowed[module, name]

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        """The (type, key) of a storage, whose bytes come later in the file."""
        return pid[1], pid[2]

    def _remember(self, storage: tuple[str, str], offset: int, size: Any, stride: Any, *_: object) -> int:
        self.views.append((storage, offset, size, stride))
        return len(self.views) - 1


def read_checkpoint(path: Path) -> Weights:
    """The "model_state" tensors of a file in torch's legacy format: pickled headers, a pickle, then raw storages."""
    with path.open("rb") as file:
        for _ in range(PICKLED_HEADERS):
            _Reader(file).load()
        reader = _Reader(file)
        state: dict[str, int] = reader.load()["model_state"]
        keys: list[str] = _Reader(file).load()
        types: dict[str, np.dtype[Any]] = {key: STORAGE_TYPES[kind] for (kind, key), *_ in reader.views}
        storages = {key: _read_storage(file, types.get(key, STORAGE_TYPES["FloatStorage"])) for key in keys}
    view: Callable[[int], Any] = reader.views.__getitem__
    return {name: _array(storages, *view(index)) for name, index in state.items()}


def _read_storage(file: BinaryIO, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    count = int(np.frombuffer(file.read(8), "<i8")[0])
    return np.frombuffer(file.read(count * dtype.itemsize), dtype)


def _array(
    storages: dict[str, np.ndarray[Any, Any]],
    storage: tuple[str, str],
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
) -> np.ndarray[Any, np.dtype[np.float32]]:
    data = storages[storage[1]]
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if last >= len(data):
        raise pickle.UnpicklingError("a tensor reaches beyond its storage")
    steps = [step * data.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(data[offset:], size, steps).astype(np.float32)
