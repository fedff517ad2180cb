"""Word times by a wav2vec2 CTC model of one language, through CTranslate2: no torch.

Where the models lie, `align.models` says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import numpy as np

from transcription.asr.align.base import Placed
from transcription.asr.align.ctc import best_path
from transcription.asr.types import SAMPLE_RATE, EngineError, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from transcription.asr.engines.base import EngineConfig

# The hop of wav2vec2's convolutions, the same for all models.
FRAME_MS = 20
# How the sound is prepared: as transformers writes it from its version 5 on, and as it did before.
PREPARATION = ("processor_config.json", "preprocessor_config.json")
# Below it the network has no frame to give.
SHORTEST_SAMPLES = SAMPLE_RATE // 20
BLANKS, BETWEEN_WORDS = ("<pad>", "[PAD]"), "|"
# The letters' frames have less than one in a hundred of probability: the text is not what is said there.
WORST_SCORE = float(np.log(0.01))


class Letters:
    """Words as the numbers of a model's letters."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        """Raises ValueError for a vocabulary without a blank."""
        blank = next((vocabulary[name] for name in BLANKS if name in vocabulary), None)
        if blank is None:
            raise ValueError("the vocabulary has no blank")
        self.blank = blank
        self.between = vocabulary.get(BETWEEN_WORDS)
        # A column of our own, see `prepared`.
        self.any = max(vocabulary.values()) + 1
        self._numbers = {name: number for name, number in vocabulary.items() if len(name) == 1}
        self._numbers.pop(BETWEEN_WORDS, None)

    def of(self, word: str) -> list[int]:
        """Marks are left out, as is all else that the model has no letter for; empty for a number in digits."""
        return [number for letter in word for number in self._of_letter(letter)]

    def _of_letter(self, letter: str) -> list[int]:
        # Models write all in one case, and some without accents, vowel marks and hamzas.
        forms = (
            letter,
            letter.lower(),
            letter.upper(),
            normalize("NFKD", letter.lower()),
            normalize("NFKD", letter.upper()),
        )
        for form in forms:
            if known := [self._numbers[one] for one in form if one in self._numbers]:
                return known
        return []

    def prepared(self, log_probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """With a pause between words for as good as a blank, and one column more for words without letters.

        Models differ in where they hear the pause. The column is as likely as the likeliest that is no pause.
        """
        heard, found = log_probabilities, log_probabilities.copy()
        if self.between is not None:
            heard = np.delete(heard, self.between, axis=1)
            found[:, self.blank] = np.logaddexp(found[:, self.blank], found[:, self.between])
        return np.concatenate([found, heard.max(axis=1, keepdims=True)], axis=1)


class Wav2Vec2Aligner:
    """One loaded model; `config.model` is its folder. Safe to use from several threads, as the runtime is."""

    def __init__(self, config: EngineConfig) -> None:
        """Raises EngineError `model_broken`."""
        folder = Path(config.model)
        try:
            self._letters = Letters(json.loads((folder / "vocab.json").read_text(encoding="utf-8")))
            self._levelled = _is_levelled(folder)
            self._model = _load(folder, config)
        except (OSError, ValueError, TypeError, AttributeError, RuntimeError) as error:
            message = f"The alignment model in {folder} could not be loaded: {error}. Check its files."
            raise EngineError("model_broken", message) from error

    def align(self, samples: NDArray[np.float32], words: Sequence[str]) -> list[Placed] | None:
        """A time for each word, from the first sample on. None where text and sound do not fit each other."""
        if len(samples) < SHORTEST_SAMPLES:
            return None
        return place(self._emissions(samples), words, self._letters)

    def _emissions(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log probabilities, shape (frames, letters)."""
        import ctranslate2

        sound = samples.astype(np.float32)
        if self._levelled:
            sound = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
        batch = ctranslate2.StorageView.from_array(np.ascontiguousarray(sound[None, None]))
        scores = np.asarray(self._model.encode(batch, to_cpu=True), np.float32)[0]
        scores -= scores.max(axis=1, keepdims=True)
        found: NDArray[np.float32] = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return found


def place(log_probabilities: NDArray[np.float32], words: Sequence[str], letters: Letters) -> list[Placed] | None:
    """A time for each word out of what the model heard in each frame. None where the two do not fit."""
    labels: list[int] = []
    owners: list[tuple[int, int]] = []  # where in `labels` the letters of each word are
    for word in words:
        own = letters.of(word) or [letters.any]
        owners.append((len(labels), len(labels) + len(own) - 1))
        labels += own
    path = best_path(letters.prepared(log_probabilities), labels, blank=letters.blank)
    if path is None or path.score < WORST_SCORE:
        return None
    return [
        Placed(
            Span(int(path.starts[first]) * FRAME_MS, int(path.ends[last]) * FRAME_MS),
            is_guess=labels[first] == letters.any,
        )
        for first, last in owners
    ]


def _is_levelled(folder: Path) -> bool:
    """Whether the model wants each sound at the same level; models without a word about it do."""
    file = next((folder / name for name in PREPARATION if (folder / name).is_file()), None)
    said = json.loads(file.read_text(encoding="utf-8")) if file else {}
    return bool(said.get("feature_extractor", said).get("do_normalize", True))


def _load(folder: Path, config: EngineConfig) -> Any:
    import ctranslate2

    name, _, index = config.device.partition(":")
    return ctranslate2.models.Wav2Vec2(
        str(folder),
        device=name,
        device_index=int(index or 0),
        compute_type="default" if config.compute_type == "auto" else config.compute_type,
        intra_threads=config.cpu_threads,
    )
