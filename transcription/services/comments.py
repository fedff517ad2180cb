"""Comments at a moment of a transcript: written, answered, changed, resolved, deleted.

A final text may be commented on: the lock keeps the words, and talking about them is how it gets opened again.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from config.common.clock import now
from config.common.errors import Conflict, Invalid, PermissionDenied
from organizations import audit, bus
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.models import Comment, Transcript
from transcription.models.authored import signed_by
from transcription.models.comments import LONGEST_COMMENT
from transcription.services import mentions

# So that the list of one transcript can always be shown whole.
MOST_COMMENTS = 2000


def comments_of(caller: Caller, transcript: Transcript) -> QuerySet[Comment]:
    """First comments with their answers, in the order of their moments."""
    rows: QuerySet[Comment] = Comment.objects.visible_to(caller).filter(transcript=transcript).threads()
    return rows


def comment_of(caller: Caller, transcript: Transcript, comment_id: UUID) -> Comment:
    """A comment or an answer. Raises NotFound."""
    rows = Comment.objects.visible_to(caller).filter(transcript=transcript)
    found: Comment = rows.select_related("author", "author_key", "parent", "transcript__recording").get_or_404(
        comment_id
    )
    return found


def create(
    *,
    caller: Caller,
    transcript: Transcript,
    text: str,
    at_ms: int = 0,
    parent: Comment | None = None,
    mentioned: Iterable[UUID] = (),
) -> Comment:
    """A comment, or an answer to the thread of `parent`. Raises PermissionDenied, Invalid, Conflict."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    words, first = _checked(text), _first_of(parent)
    people = mentions.chosen(caller.organization, words, mentioned)
    with transaction.atomic():
        # The row is locked so that two requests cannot both be the last that is allowed.
        Transcript.objects.select_for_update(of=("self",)).get(pk=transcript.pk)
        if Comment.objects.filter(transcript=transcript).count() >= MOST_COMMENTS:
            raise Conflict(
                _("This transcript has too many comments. Delete some first."), error_type="too_many_comments"
            )
        comment: Comment = Comment.objects.create(
            organization=caller.organization,
            transcript=transcript,
            parent=first,
            at_ms=first.at_ms if first else min(at_ms, transcript.duration_ms),
            text=words,
            mentions=[str(user.pk) for user in people],
            **signed_by(caller),
        )
        _tell(comment, people)
        _record("comment.created", comment, caller)
    return comment


def change(*, caller: Caller, comment: Comment, text: str, mentioned: Iterable[UUID] = ()) -> Comment:
    """New words; only its author may, and who is mentioned anew hears of it. Raises PermissionDenied, Invalid."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    if not comment.is_by(caller):
        raise PermissionDenied(_("Only its author can change a comment."))
    words, known = _checked(text), set(comment.mentions)
    people = mentions.chosen(caller.organization, words, mentioned)
    with transaction.atomic():
        comment.text, comment.edited_at = words, now()
        comment.mentions = [str(user.pk) for user in people]
        comment.save(update_fields=["text", "edited_at", "mentions", "updated_at"])
        mentions.tell(comment, [user for user in people if str(user.pk) not in known], kind="comment.mentioned")
        _record("comment.changed", comment, caller)
    return comment


def delete(*, caller: Caller, comment: Comment) -> None:
    """With its answers. Its author may, and an administrator. Raises PermissionDenied."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    if not comment.may_be_deleted_by(caller):
        raise PermissionDenied(_("Only its author or an administrator can delete a comment."))
    with transaction.atomic():
        _record("comment.deleted", comment, caller)
        comment.delete()


def resolve(*, caller: Caller, comment: Comment, resolved: bool) -> Comment:
    """Settle the thread, or open it again; twice is harmless. Raises PermissionDenied, and Invalid for an answer."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    if comment.parent_id is not None:
        raise Invalid(_("An answer cannot be resolved. Resolve the comment that it answers."))
    with transaction.atomic():
        moment = now()
        changed = Comment.objects.filter(pk=comment.pk, resolved_at__isnull=resolved).update(
            resolved_at=moment if resolved else None,
            resolved_by=caller.user if resolved else None,
            updated_at=moment,
        )
        if changed:
            _record("comment.resolved" if resolved else "comment.reopened", comment, caller)
    comment.refresh_from_db()
    return comment


def _checked(text: str) -> str:
    words = text.replace("\x00", "").strip()
    if not words:
        raise Invalid.field("text", _("Write something first."), "blank")
    if len(words) > LONGEST_COMMENT:
        detail = _("At most %(number)d characters.") % {"number": LONGEST_COMMENT}
        raise Invalid.field("text", detail, "max_length")
    return words


def _first_of(parent: Comment | None) -> Comment | None:
    """Threads are one deep: an answer to an answer goes to the end of the same thread."""
    return parent if parent is None or parent.parent is None else parent.parent


def _tell(comment: Comment, people: list[User]) -> None:
    mentions.tell(comment, people, kind="comment.mentioned")
    first = comment.parent
    if first is not None and first.author is not None and first.author not in people:
        mentions.tell(comment, [first.author], kind="comment.answered")


def _record(action: str, comment: Comment, caller: Caller) -> None:
    # SECURITY: when and by whom; what was said stays in the comment.
    data = {"comment": str(comment.pk), "at": comment.at_ms / 1000, "answer": comment.parent_id is not None}
    audit.record(organization=comment.organization, action=action, actor=caller, target=comment.transcript, data=data)
    event = {"type": "comments.changed", "transcript": str(comment.transcript_id)}
    transaction.on_commit(partial(bus.publish_transcript, comment.transcript_id, event), robust=True)
