from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from media.audio.decode import decode
from tests.media.audio.makers import DEMO, encode, noise
from tests.media.audio.makers import by_suffix as format_of

SECONDS = 6.0


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Six seconds of noise in the format with that suffix, made once."""
    folder = tmp_path_factory.mktemp("made")

    def make(suffix: str) -> Path:
        path, format = folder / f"noise.{suffix}", format_of(suffix)
        return path if path.exists() else encode(path, format, noise(SECONDS, format.rate))

    return make


@pytest.fixture(scope="session")
def meeting() -> NDArray[np.float32]:
    """The demo meeting, 66 s at 16 kHz."""
    return np.concatenate(list(decode(DEMO / "team-meeting.mp3")))
