"""All that is known about a person as one ZIP, written while it is sent: nothing of it is ever whole in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts import notices, sessions
from accounts.models import User
from accounts.signals import account_exported
from config.common.clock import iso, now

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the ZIP."""

    name: str
    pieces: Iterable[bytes]


def filename(user: User) -> str:
    return f"tadwin-{user.email.partition('@')[0]}-{now():%Y-%m-%d}.zip"


def stream(user: User) -> Iterator[bytes]:
    """The ZIP in pieces. Apps above add theirs by `account_exported`."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts(user):
            with archive.open(part.name, "w", force_zip64=True) as file:
                for piece in part.pieces:
                    file.write(piece)
                    yield pipe.taken()
            yield pipe.taken()
    yield pipe.taken()


def parts(user: User) -> Iterator[Part]:
    yield json_part("profile.json", _profile(user))
    yield list_part("sessions.json", map(_session, sessions.open_sessions(user)))
    answers: list[tuple[Any, Any]] = account_exported.send(sender=User, user=user)
    for _receiver, found in answers:
        yield from found


def json_part(name: str, value: Json) -> Part:
    return Part(name, [orjson.dumps(value, option=orjson.OPT_INDENT_2)])


def list_part(name: str, rows: Iterable[Json]) -> Part:
    """A JSON array of which one row at a time is in memory."""
    return Part(name, _array(rows))


def _array(rows: Iterable[Json]) -> Iterator[bytes]:
    before = b"[\n"
    for row in rows:
        yield before + orjson.dumps(row)
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _profile(user: User) -> Json:
    """SECURITY: that there is a second factor, never its secret."""
    return {
        "id": str(user.pk),
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "language": user.language,
        "time_zone": user.time_zone,
        "theme": user.theme,
        "diacritics": user.diacritics,
        "digits": user.digits,
        "notifications": notices.as_json(user),
        "created_at": iso(user.created_at),
        "last_login": iso(user.last_login),
        "addresses": list(EmailAddress.objects.filter(user=user).values("email", "verified", "primary")),
        "second_factors": [
            {"type": one.type, "created_at": iso(one.created_at), "last_used_at": iso(one.last_used_at)}
            for one in Authenticator.objects.filter(user=user)
        ],
        "connected_accounts": [
            {"provider": one.provider, "id": one.uid, "connected_at": iso(one.date_joined), "told": one.extra_data}
            for one in SocialAccount.objects.filter(user=user)
        ],
    }


def _session(one: Any) -> Json:
    return {
        "id": str(sessions.public_id(one)),
        "ip": one.ip,
        "user_agent": one.user_agent,
        "created_at": iso(one.created_at),
        "last_seen_at": iso(one.last_seen_at),
    }


class _Pipe(io.RawIOBase):
    """What zipfile writes to, and the response takes from; it can't seek, so zipfile writes lengths after the data."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._buffer += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        piece = bytes(self._buffer)
        self._buffer.clear()
        return piece
