"""The rows of tests/access_table.py about editing a transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.access_rows import ACCEPTED, CREATED, MEMBER, VIEWER, tenant
from tests.factories import make_speaker

if TYPE_CHECKING:
    from tests.access_table import World

READ, WRITE = "transcripts:read", "transcripts:write"
TRANSCRIPT = "transcripts/<uuid:transcript_id>"
LINE, SPEAKER = f"{TRANSCRIPT}/segments/<uuid:segment_id>", f"{TRANSCRIPT}/speakers/<uuid:speaker_id>"


def _line(world: World, at: int = 0) -> str:
    return str(world.transcript.segments.order_by("position")[at].pk)


def _assigned(world: World) -> Any:
    return {"segments": [_line(world)], "speaker": None}


# Requests of the matrix carry If-Match: "1", the version of a line that nobody has edited.
EDITING = {
    ("POST", f"{TRANSCRIPT}/segments"): tenant(
        MEMBER, WRITE, CREATED, body=lambda _: {"after": None, "start": 0, "end": 0, "text": "Hm."}
    ),
    ("PATCH", LINE): tenant(MEMBER, WRITE, body=lambda _: {"text": "Line number none."}),
    ("DELETE", LINE): tenant(MEMBER, WRITE),
    ("POST", f"{LINE}/split"): tenant(MEMBER, WRITE, body=lambda _: {"at": 4}),
    ("POST", f"{LINE}/merge"): tenant(MEMBER, WRITE, body=lambda world: {"with": _line(world, 1), "with_version": 1}),
    # The line has no flag.
    ("POST", f"{LINE}/flags"): tenant(MEMBER, WRITE, 422, body=lambda _: {"type": "silence", "hidden": True}),
    ("POST", f"{LINE}/accept"): tenant(MEMBER, WRITE),
    ("POST", f"{LINE}/realign"): tenant(MEMBER, WRITE, ACCEPTED),
    ("POST", f"{TRANSCRIPT}/realign"): tenant(MEMBER, WRITE, ACCEPTED),
    # The machine's result is not in storage.
    ("GET", f"{LINE}/machine"): tenant(VIEWER, READ, 404),
    ("POST", f"{TRANSCRIPT}/assign"): tenant(MEMBER, WRITE, body=_assigned),
    ("POST", f"{TRANSCRIPT}/replace"): tenant(MEMBER, WRITE, body=lambda _: {"find": "Line", "replace": "Row"}),
    ("GET", f"{TRANSCRIPT}/speakers"): tenant(VIEWER, READ),
    ("POST", f"{TRANSCRIPT}/speakers"): tenant(MEMBER, WRITE, CREATED, body=lambda _: {"name": "Layla"}),
    ("PATCH", SPEAKER): tenant(MEMBER, WRITE, body=lambda _: {"name": "Layla"}),
    ("POST", f"{SPEAKER}/merge"): tenant(
        MEMBER, WRITE, body=lambda world: {"into": str(make_speaker(world.transcript).pk)}
    ),
    ("POST", f"{SPEAKER}/split"): tenant(MEMBER, WRITE, body=lambda world: {"segments": [_line(world)]}),
    ("POST", f"{TRANSCRIPT}/operations/<int:number>/undo"): tenant(MEMBER, WRITE),
    ("GET", f"{TRANSCRIPT}/versions"): tenant(VIEWER, READ),
    ("GET", f"{TRANSCRIPT}/versions/compare"): tenant(VIEWER, READ),
    ("POST", f"{TRANSCRIPT}/versions/<int:number>/restore"): tenant(MEMBER, WRITE),
    # Since when is not said.
    ("GET", f"{TRANSCRIPT}/changes"): tenant(VIEWER, READ, 422),
    ("GET", f"{TRANSCRIPT}/review"): tenant(VIEWER, READ),
    ("GET", f"{TRANSCRIPT}/metrics"): tenant(VIEWER, READ),
}
