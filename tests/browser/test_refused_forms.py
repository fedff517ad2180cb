"""What is wrong with a form is seen at once, wherever on the page it stands."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.demo import Demo


def test_a_refused_file_is_told_where_one_looks(demo: Demo, as_alice: Page, tmp_path: Path) -> None:
    page, file = as_alice, tmp_path / "words.csv"
    page.set_viewport_size({"width": 1280, "height": 600})
    for content, place in (("text\nfine\n...\n", ".notice-bad"), ("", '[aria-invalid="true"]')):
        file.write_text(content)
        page.goto(f"/o/{demo.organization.slug}/glossary")
        page.get_by_text("Take in a CSV file").click()
        page.set_input_files('input[type="file"]', file)
        page.get_by_role("button", name="Take in").click()
        mistake = page.locator(f"main form {place}")
        expect(mistake).to_be_focused()
        expect(mistake).to_be_in_viewport()
