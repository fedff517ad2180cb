"""What requests leave behind in the log, as it is written."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from django.test import Client
from structlog.stdlib import ProcessorFormatter

KEY = "A1" * 20


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """In the place of standard error."""
    ours = (one for one in logging.getLogger().handlers if isinstance(one.formatter, ProcessorFormatter))
    handler, text = next(ours), io.StringIO()
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(text)
    yield text
    handler.setStream(before or handler.stream)


@pytest.mark.parametrize(
    "path",
    [
        "/s/{}",
        "/s/{}/audio",
        "/invitations/{}",
        "/accounts/confirm-email/{}/",
        "/accounts/email/change/{}",
        "/accounts/password/reset/key/1-{}/",
    ],
)
def test_no_line_holds_what_opens_something(db: None, written: io.StringIO, path: str) -> None:
    """Neither our lines nor Django's, which names pages that are not there and forms of foreign sites."""
    browser = Client(enforce_csrf_checks=True)
    for ask in (browser.get, browser.post):
        ask(path.format(KEY))
    assert "***" in written.getvalue()
    assert KEY not in written.getvalue()
