"""@mentions: which people of the organization a comment calls, and how they hear of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import Channel, Notice, wants
from config.common.errors import Invalid
from organizations.models import Membership, Organization
from organizations.notifications import mail, notices
from transcription.models import Comment

MOST_MENTIONS = 50
SIGN = "@"


def people_of(organization: Organization) -> list[User]:
    """Everybody who may be mentioned, by name."""
    rows = Membership.objects.filter(organization=organization, user__is_active=True).select_related("user")
    return sorted((row.user for row in rows), key=lambda user: (user.name.casefold(), user.email))


def named_in(text: str, people: Iterable[User]) -> list[User]:
    """Those whose address or full name stands behind an @. Of "@Ann Lee" and "@Ann" the longer name wins."""
    names = sorted(
        ((name.casefold(), user) for user in people for name in {user.email, user.name}),
        key=lambda pair: -len(pair[0]),
    )
    folded, found = text.casefold(), dict[UUID, User]()
    at = folded.find(SIGN)
    while at != -1:
        matches = [pair for pair in names if _stands(pair[0], folded, at + 1)]
        # Two people of one name are both meant: nobody can tell which one was.
        found |= {user.pk: user for name, user in matches if len(name) == len(matches[0][0])}
        at = folded.find(SIGN, at + 1)
    return list(found.values())


def _stands(name: str, text: str, at: int) -> bool:
    """Whether `name` is at that place as a whole, and its @ not inside an address."""
    if not text.startswith(name, at) or text[at - 2 : at - 1].isalnum():
        return False
    return not text[at + len(name) : at + len(name) + 1].isalnum()


def chosen(organization: Organization, text: str, ids: Iterable[UUID]) -> list[User]:
    """Those who are named in the text, and those of `ids`. Raises Invalid for who is not in the organization."""
    people = people_of(organization)
    known, wanted = {user.pk: user for user in people}, list(dict.fromkeys(ids))
    if any(pk not in known for pk in wanted):
        # SECURITY: the same for a stranger as for nobody.
        raise Invalid.field("mentions", _("Mention people of this organization only."), "does_not_exist")
    found = {user.pk: user for user in [*named_in(text, people), *(known[pk] for pk in wanted)]}
    if len(found) > MOST_MENTIONS:
        raise Invalid.field("mentions", _("Too many people at once."), "too_many")
    return list(found.values())


def tell(comment: Comment, people: Iterable[User], *, kind: str) -> None:
    """In the transaction of the comment; nobody hears of themselves. `kind`: a key of `services.notices.WORDS`."""
    path = _path(comment)
    for person in people:
        if person.pk == comment.author_id or not person.is_active:
            continue
        if wants(person, Notice.COMMENTS, Channel.APP):
            _tell_in_pages(comment, person, kind, path)
        if wants(person, Notice.COMMENTS, Channel.MAIL) and _is_member(comment, person):
            mail.send("comment", person, _context(comment, kind, path))


def _tell_in_pages(comment: Comment, person: User, kind: str, path: str) -> None:
    notices.tell(
        user=person,
        organization=comment.organization,
        kind=kind,
        data={"name": comment.transcript.recording.name, "person": author_name(comment)},
        # It goes with the job, as everything else that is told about this text.
        subject=comment.transcript.job_id,
        path=path,
    )


def author_name(comment: Comment) -> str:
    """The person, or the key that a program used; empty for one who is gone."""
    return str(comment.signer.name) if comment.signer is not None else ""


def _is_member(comment: Comment, person: User) -> bool:
    return Membership.objects.filter(organization_id=comment.organization_id, user=person).exists()


def _path(comment: Comment) -> str:
    address = reverse("transcript", kwargs={"slug": comment.organization.slug, "transcript_id": comment.transcript_id})
    first = comment.parent_id or comment.pk
    return f"{address}?{urlencode({'t': f'{comment.at_ms / 1000:.3f}'})}#comment-{first}"


def _context(comment: Comment, kind: str, path: str) -> dict[str, Any]:
    return {
        "organization": comment.organization,
        "recording": comment.transcript.recording,
        "person": author_name(comment),
        "answered": kind == "comment.answered",
        "words": comment.text,
        "link": settings.PUBLIC_URL + path,
        "preferences": settings.PUBLIC_URL + reverse("preferences"),
    }
