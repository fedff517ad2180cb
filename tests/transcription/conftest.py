"""What tests of recognition's services share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def models_folder(settings: Any, tmp_path: Path) -> Path:
    """An empty one of our own, and recognition chosen as on a real server."""
    settings.ASR_MODEL_DIR, settings.ASR_ENGINE = str(tmp_path), "auto"
    return tmp_path
