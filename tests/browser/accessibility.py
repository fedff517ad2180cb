"""What axe finds in an open page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# WCAG 2.2 AA and what the makers of axe hold for good practice.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def axe(page: Page) -> set[str]:
    """The faults, each with where it is."""
    found = Axe().run(page, options=RULES).response["violations"]
    return {f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes']][:3]}" for one in found}
