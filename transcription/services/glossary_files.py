"""Glossaries as tables that spreadsheets open: out, and in again with every faulty line named."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.common import spreadsheet
from config.common.errors import FieldError, Invalid
from organizations.tenancy import Caller
from transcription.asr.metrics.reference import decode_text
from transcription.models import Glossary
from transcription.services import glossaries
from transcription.services.glossaries import FIELDS

LARGEST_FILE = 1_000_000
MOST_FAULTS_TOLD = 20
# As people name the columns; Excel's own separators beside the comma.
COLUMNS = {"text": "text", "term": "text", "replacement": "replacement", "written as": "replacement", "boost": "boost"}
SEPARATORS = ",;\t"
# What Excel itself reads and writes above a table.
SEPARATOR_LINE = re.compile(f"sep=([{SEPARATORS}])", re.IGNORECASE)


def decoded(data: bytes) -> str:
    """Raises Invalid for a file that is too large or no text."""
    if len(data) > LARGEST_FILE:
        raise Invalid.field("csv", _("This file is too large for a glossary."), "too_large")
    try:
        return decode_text(data)  # Excel's “Unicode Text” is UTF-16
    except ValueError:
        message = _("This file is no text in UTF-8. Save it as “CSV UTF-8” and try again.")
        raise Invalid.field("csv", message, "not_utf8") from None


def take_in(*, caller: Caller, glossary: Glossary, text: str, replace: bool = False) -> dict[str, int]:
    """How many entries were added, changed and removed: all lines are taken in, or none. Raises Invalid by line."""
    if len(text) > LARGEST_FILE:
        raise Invalid.field("csv", _("This file is too large for a glossary."), "too_large")
    return glossaries.take_in(caller=caller, glossary=glossary, rows=read(text), replace=replace)


def read(text: str) -> list[dict[str, Any]]:
    """The rows of a table, with what they say about an entry. Raises Invalid with a field `line <n>` for each fault."""
    lines = _lines(text.removeprefix("\ufeff"))
    faults: list[FieldError] = []
    rows: dict[str, tuple[int, dict[str, Any]]] = {}
    began = 1
    try:
        columns = _columns(next(lines, []), lines.line_num)
        began = lines.line_num + 1
        for cells in lines:
            if any(cell.strip() for cell in cells):
                _take(cells, columns, lines.line_num, rows, faults)
            began = lines.line_num + 1
    except csv.Error:
        # A quotation mark that never closes swallows the rest of the file: what matters is where it opened.
        message = _("The quotation marks do not pair. One that belongs to the text is written twice.")
        faults.append(_fault(began, message))
    if not faults and not rows:
        faults.append(FieldError("csv", _("There is no entry in this table."), "blank"))
    if faults:
        raise Invalid(_("Nothing was taken in: some lines are not right."), errors=_told(faults))
    return [row for _line, row in rows.values()]


def _lines(text: str) -> Any:
    """A reader of the table, behind the line that only names the separator."""
    first = text.splitlines()[0] if text.strip() else ""
    named = SEPARATOR_LINE.match(first)
    separator = named[1] if named else max(SEPARATORS, key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    if named:
        next(lines)
    return lines


def _told(faults: list[FieldError]) -> tuple[FieldError, ...]:
    """The first ones, and how many more there are."""
    more = len(faults) - MOST_FAULTS_TOLD
    if more <= 0:
        return tuple(faults)
    message = ngettext("%(n)d more line is not right.", "%(n)d more lines are not right.", more) % {"n": more}
    return (*faults[:MOST_FAULTS_TOLD], FieldError("csv", message))


def _columns(head: list[str], line: int) -> list[str]:
    """The field of each column, "" for those of others. Raises Invalid where there is none for terms."""
    # The headings of the page that people see beside it, in their language.
    shown = {_("Term").lower(): "text", _("Written as").lower(): "replacement", _("Boost").lower(): "boost"}
    columns = [(COLUMNS | shown).get(name.strip().lower(), "") for name in head]
    if columns.count("text") != 1:
        message = _("The first line names the columns: text, replacement, boost. Only text must be there.")
        raise Invalid.field(f"line {max(1, line)}", message, "no_header")
    return columns


def _take(
    cells: list[str],
    columns: list[str],
    line: int,
    rows: dict[str, tuple[int, dict[str, Any]]],
    faults: list[FieldError],
) -> None:
    said = {name: _armed(cell) for name, cell in zip(columns, cells, strict=False) if name and cell.strip()}
    try:
        row = glossaries.cleaned(said)
    except Invalid as error:
        faults.append(_fault(line, error.detail))
        return
    key = row["text"].lower()
    if key in rows:
        faults.append(_fault(line, _("This term stands in line %(line)d too.") % {"line": rows[key][0]}))
    else:
        # A column that is not there, and a boost left open, say nothing about an entry that exists.
        spoken = {*said, "replacement"} & {*columns}
        rows[key] = (line, {name: value for name, value in row.items() if name in spoken})


def _armed(cell: str) -> str:
    """The cell without the apostrophe that our own export puts before what looks like a formula."""
    bare = cell[1:]
    return bare if cell.startswith("'") and spreadsheet.defused(bare) == cell else cell


def _fault(line: int, message: str) -> FieldError:
    return FieldError(f"line {line}", message)


def write(glossary: Glossary) -> Any:
    """A download of all entries."""
    return spreadsheet.download("glossary.csv", FIELDS, glossaries.table(glossary))
