"""Reading the mails that Django's file backend wrote: one file a connection, each mail ended by a line of dashes."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

NAME = re.compile(r"(?P<file>[0-9]{8}-[0-9]{6}-[0-9]+\.log)\.(?P<number>[0-9]{1,3})")
END = re.compile(rb"^-{79}\r?\n?", re.MULTILINE)
BACKEND = "django.core.mail.backends.filebased.EmailBackend"
MOST = 50


@dataclass(frozen=True, slots=True)
class Letter:
    name: str
    to: str
    subject: str
    date: datetime | None
    text: str
    html: str


def are_kept() -> bool:
    return str(settings.EMAIL_BACKEND) == BACKEND


def newest() -> list[Letter]:
    files = sorted(_folder().glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)[:MOST]
    return [letter for path in files for letter in reversed(_in_file(path))][:MOST]


def read(name: str) -> Letter | None:
    """SECURITY: the name is checked to be one of ours before it is a path."""
    match = NAME.fullmatch(name)
    path = _folder() / match["file"] if match else None
    if path is None or not path.is_file():
        return None
    return next((letter for letter in _in_file(path) if letter.name == name), None)


def _folder() -> Path:
    return Path(getattr(settings, "EMAIL_FILE_PATH", None) or "/nonexistent")


def _in_file(path: Path) -> list[Letter]:
    pieces = [piece for piece in END.split(path.read_bytes()) if piece.strip()]
    return [_letter(f"{path.name}.{number}", piece) for number, piece in enumerate(pieces)]


def _letter(name: str, raw: bytes) -> Letter:
    message = email.message_from_bytes(raw.lstrip(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - narrows the type: what this policy makes
    date = message["Date"]
    return Letter(
        name=name,
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        date=_aware(date.datetime) if date else None,
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _aware(moment: datetime) -> datetime:
    """Without a zone in the header ("-0000") it is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""
