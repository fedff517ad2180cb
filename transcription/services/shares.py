"""Links by which strangers read one transcript: made, revoked, opened, and their passwords guarded."""

from __future__ import annotations

import hashlib
import re
import secrets
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from config.common.clock import now
from config.common.errors import Conflict, Invalid, TooManyRequests
from organizations import audit
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.models import Transcript, TranscriptShare

# 32 random bytes, as letters that need no escapes in an address.
TOKEN_BYTES = 32
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
MOST_OPEN = 50
SHORTEST_PASSWORD = 8
# Wrong passwords: from one address, and for the link as a whole, because addresses are cheap.
TRIES, TRIES_SECONDS = 5, 15 * 60
TRIES_OF_ALL, TRIES_OF_ALL_SECONDS = 100, 3600
UNLOCKED_SECONDS = 12 * 3600
_SALT = "transcription.share"


def create(
    *,
    caller: Caller,
    transcript: Transcript,
    name: str = "",
    expires_at: datetime | None = None,
    password: str = "",
    allow_download: bool = False,
    show_speakers: bool = True,
) -> tuple[TranscriptShare, str]:
    """The share and its address, which is nowhere else and not to be had again.

    Raises PermissionDenied, Invalid, Conflict.
    """
    caller.require(Action.TRANSCRIPTS_WRITE)
    _check(expires_at, password)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        # The row is locked so that two requests cannot both be the last that is allowed.
        Transcript.objects.select_for_update().get(pk=transcript.pk)
        if TranscriptShare.objects.open().filter(transcript=transcript).count() >= MOST_OPEN:
            raise Conflict(
                _("This transcript has too many open links. Revoke one first."), error_type="too_many_shares"
            )
        share = TranscriptShare.objects.create(
            organization=caller.organization,
            transcript=transcript,
            name=name.strip()[:100],
            token_hash=digest(token),
            password=make_password(password) if password else "",
            expires_at=expires_at,
            allow_download=allow_download,
            show_speakers=show_speakers,
            created_by=caller.user,
        )
        _record("transcript.shared", share, caller)
    return share, address(token)


def _check(expires_at: datetime | None, password: str) -> None:
    if expires_at is not None and expires_at <= now():
        raise Invalid.field("expires_at", _("This moment is over. Choose one to come."))
    if password and len(password) < SHORTEST_PASSWORD:
        text = _("Use a password of at least %(number)d characters.") % {"number": SHORTEST_PASSWORD}
        raise Invalid.field("password", text, "too_short")


def revoke(*, caller: Caller, share: TranscriptShare) -> None:
    """At once; doing it twice is harmless. Raises PermissionDenied."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    with transaction.atomic():
        if TranscriptShare.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=now(), updated_at=now()):
            _record("transcript.share_revoked", share, caller)


def shares_of(caller: Caller, transcript: Transcript) -> QuerySet[TranscriptShare]:
    """Newest first, those that are over too."""
    rows: QuerySet[TranscriptShare] = TranscriptShare.objects.visible_to(caller).filter(transcript=transcript)
    return rows.select_related("created_by")


def address(token: str) -> str:
    return f"{settings.PUBLIC_URL}/s/{token}"


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find(token: str) -> TranscriptShare | None:
    """The open share of a link. SECURITY: whatever is wrong with it, the answer is the same None."""
    if not TOKEN.fullmatch(token):
        return None
    rows = TranscriptShare.objects.open().select_related("transcript__recording")
    share: TranscriptShare | None = rows.filter(token_hash=digest(token)).first()
    return share


def count_view(share: TranscriptShare) -> None:
    TranscriptShare.objects.filter(pk=share.pk).update(view_count=F("view_count") + 1, last_viewed_at=now())


def unlock(*, share: TranscriptShare, password: str, ip: str) -> str:
    """What proves for twelve hours that the password was known. Raises TooManyRequests, or Invalid for a wrong one."""
    _spend_try(share, ip)
    if not check_password(password, share.password):
        raise Invalid.field("password", _("That is not the password. Ask the person who sent you the link."), "wrong")
    _give_back_try(share, ip)
    return signing.dumps(_proof(share), salt=_SALT)


def is_unlocked(share: TranscriptShare, proof: str) -> bool:
    """Whether no password is needed, or `proof` is one of this share."""
    if not share.password:
        return True
    try:
        return bool(signing.loads(proof, salt=_SALT, max_age=UNLOCKED_SECONDS) == _proof(share))
    except signing.BadSignature:
        return False


def _proof(share: TranscriptShare) -> list[str]:
    return [str(share.pk), digest(share.password)]


def _spend_try(share: TranscriptShare, ip: str) -> None:
    """Count before looking: of many requests at once, no more than the allowed ones get to look."""
    counts = (
        (_tries_key(share, ip), TRIES, TRIES_SECONDS),
        (_tries_of_all_key(share), TRIES_OF_ALL, TRIES_OF_ALL_SECONDS),
    )
    for key, allowed, seconds in counts:
        cache.add(key, 0, seconds)
        if cache.incr(key) > allowed:
            detail = _("Too many wrong passwords. Wait a quarter of an hour, then try again.")
            raise TooManyRequests(detail, retry_after=seconds)


def _give_back_try(share: TranscriptShare, ip: str) -> None:
    """It was right, and only wrong ones count: a class that opens one link must not lock itself out."""
    cache.delete(_tries_key(share, ip))
    with suppress(ValueError):  # the hour was over in between
        cache.decr(_tries_of_all_key(share))


def _tries_key(share: TranscriptShare, ip: str) -> str:
    return f"{_tries_of_all_key(share)}:{ip}"


def _tries_of_all_key(share: TranscriptShare) -> str:
    return f"share.tries:{share.pk}"


def _record(action: str, share: TranscriptShare, caller: Caller) -> None:
    # SECURITY: a name that a person gave; nothing of the link or of what was said.
    data = {
        "share": str(share.pk),
        "name": share.name,
        "expires_at": share.expires_at,
        "protected": bool(share.password),
        "allow_download": share.allow_download,
    }
    audit.record(organization=share.organization, action=action, actor=caller, target=share.transcript, data=data)
