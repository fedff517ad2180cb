"""Tables as CSV (RFC 4180), streamed line by line, that no spreadsheet takes for a program."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from django.http import StreamingHttpResponse

_FORMULA = tuple("=+-@＝＋－＠\t\r\n")
# Letters without a shape, which a spreadsheet skips before it looks for the sign of a formula.
_UNSEEN = " \u00a0\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u2060\u2066\u2067\u2068"
_PLAIN_NUMBER = (int, float)


class _Echo:
    """A file that hands each line back to the caller of `writerow`."""

    def write(self, line: str) -> str:
        return line


def defused(cell: object) -> object:
    """`cell` as text to every spreadsheet; numbers stay numbers."""
    if cell is None or isinstance(cell, _PLAIN_NUMBER):
        return cell
    text = str(cell)
    # SECURITY: a spreadsheet runs a cell that begins like a formula (OWASP: CSV injection); the apostrophe stops it.
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip(_UNSEEN).startswith(_FORMULA) else text


def lines(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """A mark of UTF-8, without which Excel garbles other scripts, then the head, then a line for each row."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield "\ufeff" + str(writer.writerow(head))
    for row in rows:
        yield str(writer.writerow([defused(cell) for cell in row]))


def download(filename: str, head: Iterable[str], rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """A file to save; a table of any length takes the memory of one line."""
    response = StreamingHttpResponse(lines(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    response["Cache-Control"] = "no-store"
    return response
