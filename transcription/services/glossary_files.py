"""Glossaries as tables that spreadsheets open: out, and in again with every faulty line named."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.utils.translation import gettext as _

from config.common import spreadsheet
from config.common.errors import FieldError, Invalid
from organizations.tenancy import Caller
from transcription.models import Glossary
from transcription.services import glossaries
from transcription.services.glossaries import FIELDS, MOST_ENTRIES

LARGEST_FILE = 1_000_000
MOST_FAULTS_TOLD = 20
# As people name the columns; Excel's own separators beside the comma.
COLUMNS = {"text": "text", "term": "text", "replacement": "replacement", "written as": "replacement", "boost": "boost"}
SEPARATORS = ",;\t"


def decoded(data: bytes) -> str:
    """Raises Invalid for a file that is too large or no text."""
    if len(data) > LARGEST_FILE:
        raise Invalid.field("csv", _("This file is too large for a glossary."), "too_large")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = _("This file is no text in UTF-8. Save it as “CSV UTF-8” and try again.")
        raise Invalid.field("csv", message, "not_utf8") from None


def take_in(*, caller: Caller, glossary: Glossary, text: str, replace: bool = False) -> dict[str, int]:
    """How many entries were added, changed and removed: all lines are taken in, or none. Raises Invalid by line."""
    if len(text) > LARGEST_FILE:
        raise Invalid.field("csv", _("This file is too large for a glossary."), "too_large")
    return glossaries.take_in(caller=caller, glossary=glossary, rows=read(text), replace=replace)


def read(text: str) -> list[dict[str, Any]]:
    """The rows of a table in the form that entries have. Raises Invalid with a field `line <n>` for each fault."""
    text = text.removeprefix("\ufeff")
    first = text.splitlines()[0] if text.strip() else ""
    separator = max(SEPARATORS, key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    faults: list[FieldError] = []
    rows: dict[str, tuple[int, dict[str, Any]]] = {}
    try:
        columns = _columns(next(lines, []))
        for cells in lines:
            if any(cell.strip() for cell in cells):
                _take(cells, columns, lines.line_num, rows, faults)
    except csv.Error as error:
        faults.append(_fault(lines.line_num, str(error)))
    if not faults and not rows:
        faults.append(FieldError("csv", _("There is no entry in this table."), "blank"))
    if faults:
        raise Invalid(_("Nothing was taken in: some lines are not right."), errors=tuple(faults[:MOST_FAULTS_TOLD]))
    return [row for _line, row in rows.values()]


def _columns(head: list[str]) -> list[str]:
    """The field of each column, "" for those of others. Raises Invalid where there is none for terms."""
    columns = [COLUMNS.get(name.strip().lower(), "") for name in head]
    if columns.count("text") != 1:
        message = _("The first line names the columns: text, replacement, boost. Only text must be there.")
        raise Invalid.field("line 1", message, "no_header")
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
    elif len(rows) >= MOST_ENTRIES:
        faults.append(_fault(line, _("A glossary has at most %(most)d entries.") % {"most": MOST_ENTRIES}))
    else:
        rows[key] = (line, row)


def _armed(cell: str) -> str:
    """The cell without the apostrophe that our own export puts before what looks like a formula."""
    bare = cell[1:]
    return bare if cell.startswith("'") and spreadsheet.defused(bare) == cell else cell


def _fault(line: int, message: str) -> FieldError:
    return FieldError(f"line {line}", message)


def write(glossary: Glossary) -> Any:
    """A download of all entries."""
    return spreadsheet.download("glossary.csv", FIELDS, glossaries.table(glossary))
