"""What people are told about, and how each of them wants to hear it.

A person's choices are `User.notices`: `{"job_failed": ["mail", "app"]}`; kinds that are not in it are as in DEFAULTS.
"""

from __future__ import annotations

from enum import StrEnum

from accounts.models import User


class Channel(StrEnum):
    MAIL = "mail"
    APP = "app"


class Notice(StrEnum):
    JOB_COMPLETED = "job_completed"
    JOB_FAILED = "job_failed"
    COMMENTS = "comments"
    USAGE_THRESHOLD = "usage_threshold"


DEFAULTS: dict[Notice, frozenset[Channel]] = {
    Notice.JOB_COMPLETED: frozenset({Channel.APP}),
    Notice.JOB_FAILED: frozenset({Channel.APP, Channel.MAIL}),
    Notice.COMMENTS: frozenset({Channel.APP, Channel.MAIL}),
    Notice.USAGE_THRESHOLD: frozenset({Channel.APP, Channel.MAIL}),
}


def wants(user: User, notice: Notice, channel: Channel) -> bool:
    return channel in choices(user)[notice]


def choices(user: User) -> dict[Notice, frozenset[Channel]]:
    """Every kind with the channels that `user` wants it by."""
    known: dict[str, list[str]] = user.notices
    return {
        notice: frozenset(Channel(one) for one in known[notice] if one in set(Channel)) if notice in known else default
        for notice, default in DEFAULTS.items()
    }


def as_json(user: User) -> dict[str, dict[str, bool]]:
    """`{"job_failed": {"mail": true, "app": true}}`, as the API shows and takes it."""
    return {notice.value: {one.value: one in chosen for one in Channel} for notice, chosen in choices(user).items()}


def merged(user: User, changes: dict[str, dict[str, bool]]) -> dict[str, list[str]]:
    """What `User.notices` becomes when some choices change; the others stay."""
    current = as_json(user)
    for notice, channels in changes.items():
        current[notice] = {**current[notice], **channels}
    return {notice: sorted(one for one, on in channels.items() if on) for notice, channels in current.items()}
