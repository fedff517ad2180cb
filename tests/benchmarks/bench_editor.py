"""The editor on ten hours of speech: when the first line can be read, scrolling, saving, finding, memory.

`pytest tests/benchmarks/bench_editor.py -m benchmark -s`
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from organizations.models import Organization
from tests.benchmarks import measure
from tests.browser.conftest import as_alice, browser_type_launch_args, open_context, site
from tests.factories import make_job, make_recording, make_transcript
from transcription.asr.serial import words_to_json
from transcription.asr.types import Word
from transcription.models import Segment, Speaker, Transcript
from transcription.models.transcripts import POSITION_STEP
from transcription.states import JobStatus

pytestmark = [pytest.mark.benchmark]
__all__ = ["as_alice", "browser_type_launch_args", "open_context", "site"]
HOURS, WORDS, WORDS_A_LINE = 10, 100_000, 10
LINES = WORDS // WORDS_A_LINE
LENGTH_MS = HOURS * 3_600_000
VOICES = ("S1", "S2", "S3", "S4")
EDITS, SEARCHES, SCROLLS = 20, 10, 240
LONG = 100
# Pixels at each turn of the wheel: reading on, leafing, and looking for something.
SPEEDS = {"reading on": 120, "leafing": 500, "racing": 1500}

# What the browser tells while we scroll: long tasks, and frames in which the middle of the window is an empty box.
WATCH = """() => {
  window.seen = { long: [], frames: 0, blank: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.seen.long.push(entry.duration);
  }).observe({ type: "longtask" });
  const look = () => {
    const middle = document.elementFromPoint(innerWidth / 3, innerHeight / 2);
    window.seen.frames += 1;
    if (middle?.closest(".block-far")) window.seen.blank += 1;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

OPENED = """() => {
  const { responseStart, requestStart, transferSize } = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const ready = performance.now() - responseStart;
  return { server: responseStart - requestStart, line: paint - responseStart, ready, size: transferSize };
}"""
COUNTED = """(before) => {
  const now = document.querySelector("[data-find-count]").textContent;
  return now && now !== before;
}"""
REQUESTS = """(part) => {
  const all = performance.getEntriesByType("resource");
  return all.filter((one) => one.name.includes(part) && one.initiatorType === "fetch").map((one) => one.duration);
}"""


@pytest.fixture
def long_transcript(transactional_db: None, organization: Organization) -> Transcript:
    recording = make_recording(organization, name="Ten hours", duration_ms=LENGTH_MS)
    job = make_job(organization, recording, status=JobStatus.COMPLETED, progress=1.0)
    transcript = make_transcript(organization, job, lines=0, segment_count=LINES, duration_ms=LENGTH_MS)
    transcript.speakers.all().delete()
    own = {"organization": organization, "transcript": transcript}
    voices = [Speaker.objects.create(label=label, **own) for label in VOICES]
    chance = random.Random(1)
    rows = (_line(number, voices, chance, own) for number in range(LINES))
    Segment.objects.bulk_create(rows, batch_size=500)
    return transcript


def _line(number: int, voices: list[Speaker], chance: random.Random, own: dict[str, Any]) -> Segment:
    start, length = number * LENGTH_MS // LINES, LENGTH_MS // LINES - 100
    voice = voices[number // 3 % len(voices)]
    texts = [f"{'w' * chance.randint(1, 6)}ord{chance.randint(1, 20_000)}" for _ in range(WORDS_A_LINE)]
    step = length // WORDS_A_LINE
    words = [
        Word(text, start + at * step, start + (at + 1) * step - 10, round(chance.uniform(0.4, 1), 3), voice.label)
        for at, text in enumerate(texts)
    ]
    times = {"start_ms": start, "end_ms": start + length, "position": (number + 1) * POSITION_STEP}
    return Segment.folded(
        text=" ".join(texts), speaker=voice, words=words_to_json(words), confidence=0.7, language="en", **times, **own
    )


def test_editor(long_transcript: Transcript, as_alice: Page, browser: Browser) -> None:
    page, rows = as_alice, list[tuple[str, str]]()
    address = f"/o/{long_transcript.organization.slug}/transcripts/{long_transcript.pk}"
    page.goto(address)
    rows += _opening(page, address)
    rows += _scrolling(page, browser)
    rows += _saving(page)
    rows += _finding(page)
    rows += _memory(page.context, page, browser)
    measure.show(f"Editor, {HOURS} h, {WORDS:,} words in {LINES:,} lines", rows)


def _opening(page: Page, address: str) -> list[tuple[str, str]]:
    """From the answer's first byte to a line that can be read, and to the editor that works."""
    times = []
    for _ in range(5):
        page.goto(address)
        page.locator("#editor-bar").wait_for()
        times.append(page.evaluate(OPENED))
    middle = {name: measure.percentile([one[name] for one in times], 0.5) for name in times[0]}
    return [
        ("server's answer begins after", f"{middle['server']:.0f} ms ({middle['size'] / 1024:.0f} KiB)"),
        ("first readable line after the answer", f"{middle['line']:.0f} ms"),
        ("editor ready after the answer", f"{middle['ready']:.0f} ms"),
    ]


def _scrolling(page: Page, browser: Browser) -> list[tuple[str, str]]:
    """Long tasks by the clock, and by the processor's time, which other work on the machine does not lengthen."""
    rows = []
    page.mouse.move(400, 400)
    page.evaluate(WATCH)
    for name, pixels in SPEEDS.items():
        page.evaluate("window.seen.long = []; window.seen.frames = window.seen.blank = 0")
        browser.start_tracing(page=page, categories=["toplevel", "devtools.timeline"])
        for _ in range(SCROLLS):
            page.mouse.wheel(0, pixels)
            page.wait_for_timeout(16)
        work = _tasks(json.loads(browser.stop_tracing())["traceEvents"])
        seen = page.evaluate("window.seen")
        longest = max(seen["long"], default=0)
        busy = f"longest task {longest:.0f} ms by the clock, {max(work):.0f} ms of the processor"
        over = f"{sum(one > LONG for one in seen['long'])} and {sum(one > LONG for one in work)} over {LONG} ms"
        blank = f"{seen['blank']} of {seen['frames']} frames blank"
        rows.append((f"scrolling, {name} ({pixels} px a turn)", f"{blank}, {busy}, {over}"))
    lines = page.locator(".line").count()
    return [*rows, ("lines in the page after it", str(lines))]


def _tasks(events: list[dict[str, Any]]) -> list[float]:
    """Milliseconds of processor time of each task of the page's main thread."""
    main = {(one["pid"], one["tid"]) for one in events if one.get("args", {}).get("name") == "CrRendererMain"}
    tasks = [one for one in events if one["name"].endswith("RunTask") and (one["pid"], one["tid"]) in main]
    return [one.get("tdur", one.get("dur", 0)) / 1000 for one in tasks]


def _saving(page: Page) -> list[tuple[str, str]]:
    """What the browser waits for a saved edit, from request to answer."""
    places = page.locator(".line-text")
    start = places.count() // 2
    page.evaluate("performance.clearResourceTimings()")
    for number in range(EDITS):
        places.nth(start + number).focus()
        page.keyboard.press("Control+End")
        page.keyboard.type(" and more")
        page.keyboard.press("Control+s")
        expect(page.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=10_000)
    times = _requests(page, "/segments/")
    return [
        ("an edit saved", f"p50 {measure.percentile(times, 0.5):.0f} ms, p95 {measure.percentile(times, 0.95):.0f} ms")
    ]


def _finding(page: Page) -> list[tuple[str, str]]:
    """From the request to the marked hits, and all in all from the last key, with the pause for more keys."""
    page.keyboard.press("Control+f")
    field, count = page.locator('#find [name="find"]'), page.locator("[data-find-count]")
    page.evaluate("performance.clearResourceTimings()")
    whole = []
    for number in range(SEARCHES):
        before = count.text_content()
        field.fill(f"word{number + 1}1")
        began = time.perf_counter()
        page.wait_for_function(COUNTED, arg=before, polling=10)
        whole.append((time.perf_counter() - began) * 1000)
    times = _requests(page, "/find?")
    return [
        ("found", f"p50 {measure.percentile(times, 0.5):.0f} ms, p95 {measure.percentile(times, 0.95):.0f} ms"),
        ("found, from the last key", f"p50 {measure.percentile(whole, 0.5):.0f} ms"),
    ]


def _requests(page: Page, part: str) -> list[float]:
    found: list[float] = page.evaluate(REQUESTS, part)
    return found


def _memory(context: BrowserContext, page: Page, browser: Browser) -> list[tuple[str, str]]:
    session = context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / 2**20
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    pages = [_private_mib(int(one["id"])) for one in processes if one["type"] == "renderer"]
    return [("memory of scripts", f"{heap:.0f} MiB"), ("memory of the page's process", f"{max(pages):.0f} MiB")]


def _private_mib(pid: int) -> float:
    """Without the program itself, which all processes of the browser share."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem"))) / 1024
