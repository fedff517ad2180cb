from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from config.checks import TRY_OUT, check_try_out_secrets

BASE_DIR = Path(__file__).resolve().parents[2]


@pytest.fixture
def published(settings: Settings) -> Settings:
    settings.S3_SECRET_ACCESS_KEY = TRY_OUT
    return settings


@pytest.mark.parametrize("address", ["http://localhost:8080", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_try_out_passwords_are_fine_on_localhost(published: Settings, address: str) -> None:
    published.PUBLIC_URL = address
    assert check_try_out_secrets() == []


def test_try_out_passwords_are_refused_elsewhere(published: Settings) -> None:
    published.PUBLIC_URL = "http://tadwin.example"
    (found,) = check_try_out_secrets()
    assert found.id == "config.E001"
    assert found.is_serious()
    assert "S3_SECRET_ACCESS_KEY" in found.msg


def test_own_passwords_are_fine_everywhere(published: Settings) -> None:
    published.PUBLIC_URL = "https://tadwin.example"
    published.S3_SECRET_ACCESS_KEY = "a-long-one-of-our-own"
    assert check_try_out_secrets() == []


def test_a_deployment_with_them_does_not_start() -> None:
    """As compose does it: `manage.py check` before everything else."""
    environment = {**os.environ, "PUBLIC_URL": "https://tadwin.example", "S3_SECRET_ACCESS_KEY": TRY_OUT}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(
        command,
        cwd=BASE_DIR,
        env={**environment, "S3_ACCESS_KEY_ID": "tadwin", "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "config.E001" in done.stderr
