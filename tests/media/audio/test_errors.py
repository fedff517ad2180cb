import subprocess
import sys

import pytest

from media.audio.errors import REASONS, MediaError


def test_an_error_carries_its_code_and_a_sentence_with_the_next_step() -> None:
    error = MediaError("no_audio_stream")
    assert error.reason == "no_audio_stream"
    assert error.message == REASONS["no_audio_stream"]
    assert all(text.endswith(".") and text.count(".") >= 2 for text in REASONS.values())


def test_an_unknown_reason_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        MediaError("bad_luck")


def test_reasons_and_spans_load_neither_numpy_nor_ffmpeg() -> None:
    code = "import sys, media.audio.errors, media.audio.spans; print({'numpy', 'av'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
