"""Many transcripts as one ZIP file, written while it is sent: no more than one of them lies in memory."""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from config.common.clock import now
from config.common.errors import FieldError, Invalid
from media.models import Recording
from media.names import tidy
from media.states import RecordingStatus
from organizations import audit
from organizations.tenancy import Caller
from transcription.models import Transcript
from transcription.services import transcripts
from transcription.services.transcripts import Export

MOST = 500
# A file name is 255 bytes at most on what people unpack to; the rest is for a number and the extension.
LONGEST_STEM_BYTES = 200
_FORBIDDEN = str.maketrans(dict.fromkeys('<>:"/\\|?*', "_"))
_RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}


@dataclass(frozen=True, slots=True)
class Archive:
    filename: str
    pieces: Iterator[bytes]


def chosen(*, caller: Caller, transcript_ids: Sequence[UUID], recording_ids: Sequence[UUID]) -> list[Transcript]:
    """The transcripts, and the newest one of each recording, in the given order. Raises Invalid for what is not there.

    What belongs to another organization is told like what does not exist.
    """
    if not transcript_ids and not recording_ids:
        raise Invalid.field("transcripts", _("Name what to export."), "required")
    if len(transcript_ids) + len(recording_ids) > MOST:
        text = _("At most %(number)d transcripts at once.") % {"number": MOST}
        raise Invalid.field("transcripts" if transcript_ids else "recordings", text, "too_many")
    rows = Transcript.objects.visible_to(caller).exclude(recording__status=RecordingStatus.DELETED)
    known = {row.pk: row for row in rows.filter(pk__in=transcript_ids)}
    newest = rows.filter(recording__in=recording_ids).order_by("recording_id", "-created_at", "-id")
    by_recording = {row.recording_id: row for row in newest.distinct("recording_id")}
    _require("transcripts", transcript_ids, known)
    _require("recordings", recording_ids, by_recording)
    found = [*(known[pk] for pk in transcript_ids), *(by_recording[pk] for pk in recording_ids)]
    return list({row.pk: row for row in found}.values())


def _require(field: str, asked: Sequence[UUID], known: Mapping[UUID, Transcript]) -> None:
    text = _("There is no such transcript.") if field == "transcripts" else _("This recording has no transcript.")
    errors = tuple(
        FieldError(f"{field}.{at}", text, "does_not_exist") for at, pk in enumerate(asked) if pk not in known
    )
    if errors:
        raise Invalid(_("Some of these cannot be exported; `errors` names them."), errors=errors)


def with_transcripts(caller: Caller, recordings: Sequence[Recording]) -> list[UUID]:
    """Of the recordings, those that have a text."""
    rows = Transcript.objects.visible_to(caller).filter(recording__in=recordings)
    have = set(rows.values_list("recording", flat=True))
    return [recording.pk for recording in recordings if recording.pk in have]


def archive(*, caller: Caller, rows: Sequence[Transcript], format: str, options: Mapping[str, str]) -> Archive:
    """The ZIP file of `rows` in `format`. Raises Invalid for wrong options, before anything is sent."""
    transcripts.check(format, options)
    data = {"count": len(rows), "format": format}
    audit.record(organization=caller.organization, action="transcript.exported", actor=caller, data=data)
    pieces = _zipped(caller, [row.pk for row in rows], format, options)
    return Archive(f"transcripts-{now():%Y-%m-%d}.zip", pieces)


def _zipped(caller: Caller, ids: list[UUID], format: str, options: Mapping[str, str]) -> Iterator[bytes]:
    sink, taken = _Sink(), set[str]()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as file:
        for pk in ids:
            # Read now, not when the list was made: what was deleted since is left out.
            rows = Transcript.objects.visible_to(caller).exclude(recording__status=RecordingStatus.DELETED)
            row = rows.select_related("recording").filter(pk=pk).first()
            if row is not None:
                yield from _member(file, sink, transcripts.export_file(row, format=format, query=options), taken)
    yield sink.taken()


def _member(file: zipfile.ZipFile, sink: _Sink, export: Export, taken: set[str]) -> Iterator[bytes]:
    name = zipfile.ZipInfo(_unique(safe_name(export.filename), taken), now().timetuple()[:6])
    name.compress_type = zipfile.ZIP_DEFLATED
    # For all to read once unpacked, as any file is.
    name.external_attr = 0o644 << 16
    with file.open(name, "w") as member:
        for piece in export.pieces:
            member.write(piece)
            if data := sink.taken():
                yield data


def safe_name(filename: str) -> str:
    """A name that every system can write, in the letters it came in.

    SECURITY: never one that leads out of the folder where it is unpacked.
    """
    stem, dot, extension = unicodedata.normalize("NFC", filename).rpartition(".")
    plain = tidy(stem.translate(_FORBIDDEN)).strip(". ") or "transcript"
    if plain.lower() in _RESERVED:
        plain = f"_{plain}"
    return plain.encode()[:LONGEST_STEM_BYTES].decode(errors="ignore") + dot + extension


def _unique(name: str, taken: set[str]) -> str:
    """`name`, or with a number where an earlier file has it: some systems do not tell A from a."""
    stem, dot, extension = name.rpartition(".")
    number, found = 1, name
    while found.casefold() in taken:
        number += 1
        found = f"{stem} ({number}){dot}{extension}"
    taken.add(found.casefold())
    return found


class _Sink:
    """What ZipFile writes to: cannot be sought, so that sizes follow each member; hands over what came."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes, /) -> int:
        self._held += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits here for a disk."""

    def close(self) -> None:
        """What was written last is still to be handed over."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        data = bytes(self._held)
        self._held.clear()
        return data
