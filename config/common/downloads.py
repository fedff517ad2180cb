"""Files that are sent while they are made."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header


def download(filename: str, pieces: Iterable[bytes], content_type: str) -> StreamingHttpResponse:
    """A file to save, under its name whatever the script; of any length, it takes the memory of one piece."""
    disposition = content_disposition_header(as_attachment=True, filename=filename) or "attachment"
    return StreamingHttpResponse(pieces, content_type=content_type, headers={"Content-Disposition": disposition})
