"""Lighthouse on the pages that people use most, signed in: `make lighthouse`.

The version of Lighthouse is pinned in package.json; npx fetches it when this runs for the first time (190 MB).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Playwright

from accounts.models import User
from tests.benchmarks.measure import show
from tests.browser.conftest import browser_type_launch_args, demo, live, session_of, site
from tests.browser.demo import Demo
from tests.workers import Live, free_port

pytestmark = [pytest.mark.benchmark]
__all__ = ["browser_type_launch_args", "demo", "live", "site"]
ROOT = Path(__file__).parents[2]
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
DEVICES = {"desktop": ["--preset=desktop"], "phone": []}
PATIENCE_S = 300


@dataclass(frozen=True, slots=True)
class Report:
    """`scores` by category, 0 to 100; `failed` audits with their category."""

    page: str
    scores: dict[str, int]
    failed: list[str]


@pytest.mark.parametrize("device", DEVICES)
def test_lighthouse(
    live: Live, demo: Demo, alice: User, site: str, chromium: BrowserContext, tmp_path: Path, device: str
) -> None:
    if shutil.which("npm") is None:
        pytest.skip("Node.js is not installed")
    home = f"{site}/o/{demo.organization.slug}"
    editor = f"{home}/transcripts/{demo.meeting.pk}"
    reports = [_measure("landing", f"{site}/", tmp_path, device)]
    chromium.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(alice), "url": site}])
    for name, address in {"home": f"{home}/", "editor": editor, "settings": f"{home}/settings"}.items():
        reports.append(_measure(name, address, tmp_path, device))
    show(f"Lighthouse, {device}", [(one.page, _line(one)) for one in reports])
    show("What failed", [(one.page, audit) for one in reports for audit in one.failed] or [("Nothing", "")])
    assert {one.scores["accessibility"] for one in reports} == {100}


@pytest.fixture
def chromium(
    playwright: Playwright, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Iterator[BrowserContext]:
    """Lighthouse opens its pages in the first profile of a browser, so cookies must be there."""
    port = free_port()
    arguments = [*browser_type_launch_args["args"], f"--remote-debugging-port={port}"]
    options = {**browser_type_launch_args, "args": arguments}
    with playwright.chromium.launch_persistent_context(str(tmp_path / "profile"), **options) as context:
        (tmp_path / "port").write_text(str(port))
        yield context


def _measure(name: str, address: str, folder: Path, device: str) -> Report:
    output, port = folder / name, (folder / "port").read_text()
    command = ["npm", "run", "--silent", "lighthouse", "--", address, f"--port={port}", "--disable-storage-reset"]
    command += ["--output=json", f"--output-path={output}", "--quiet", *DEVICES[device]]
    subprocess.run(command, cwd=ROOT, check=True, timeout=PATIENCE_S)
    found = json.loads(output.read_text())
    assert found["finalDisplayedUrl"] == address, "this is another page"
    scores = {one: round(found["categories"][one]["score"] * 100) for one in CATEGORIES}
    return Report(name, scores, [audit for one in CATEGORIES for audit in _failed(found, one)])


def _failed(found: dict[str, Any], category: str) -> list[str]:
    """What lowers the score of a category."""
    weights = {one["id"]: one["weight"] for one in found["categories"][category]["auditRefs"]}
    audits = [found["audits"][name] for name, weight in weights.items() if weight]
    bad = [
        one for one in audits if one["score"] is not None and one["score"] < (0.9 if category == "performance" else 1)
    ]
    return [f"{category}: {one['id']} {one.get('displayValue', '')}: {one['title']}" for one in bad]


def _line(report: Report) -> str:
    return ", ".join(f"{category} {score}" for category, score in report.scores.items())
