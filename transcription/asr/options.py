"""Options of one recognition job, resolved once at submit and never changed after.

The JSON form is the `options` of the public API (seconds as floats on the wire, milliseconds in here).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Method = Literal["auto", "pyannote", "channel", "embedded"]
METHODS: tuple[Method, ...] = get_args(Method)
Enhancement = Literal["denoise", "loudness", "highpass"]
# As `language`: the recording mixes several, and each stretch of speech has its own.
MULTI = "multi"
# More than anybody needs, and few enough for every method.
MOST_SPEAKERS = 100


@dataclass(frozen=True, slots=True)
class DiarizationOptions:
    enabled: bool = False
    method: Method = "auto"
    speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None


@dataclass(frozen=True, slots=True)
class VadOptions:
    enabled: bool = True
    min_silence_ms: int = 500


@dataclass(frozen=True, slots=True)
class Options:
    """`engine` and `model` are concrete names here, never "auto": resolving happens at submit.

    `vocabulary`: what to listen for, the most important first. `replacements`: (as heard, as written) of `glossary`.
    """

    engine: str
    model: str
    language: str = "auto"
    dialect: str | None = None
    task: Literal["transcribe", "translate"] = "transcribe"
    diarization: DiarizationOptions = field(default_factory=DiarizationOptions)
    channels: Literal["mix", "split"] = "mix"
    vad: VadOptions = field(default_factory=VadOptions)
    enhance: tuple[Enhancement, ...] = ()
    alignment: Literal["auto", "off"] = "auto"
    vocabulary: tuple[str, ...] = ()
    glossary: str | None = None
    replacements: tuple[tuple[str, str], ...] = ()
    initial_prompt: str = ""
    beam_size: int = 5
    temperature: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    start_ms: int = 0
    end_ms: int | None = None

    @property
    def base_language(self) -> str:
        """The language without its region: `en` of `en-GB`; `auto` and `multi` are their own."""
        return self.language.split("-")[0].lower()

    def to_json(self) -> dict[str, Any]:
        """A plain dict that `from_json` reads back, as kept in the job's row."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Options:
        """The inverse of `to_json`. Raises TypeError on unknown fields."""
        return cls(
            **{
                **data,
                "diarization": DiarizationOptions(**data["diarization"]),
                "vad": VadOptions(**data["vad"]),
                "enhance": tuple(data["enhance"]),
                "vocabulary": tuple(data["vocabulary"]),
                "replacements": tuple((said, written) for said, written in data.get("replacements", ())),
                "temperature": tuple(data["temperature"]),
            }
        )
