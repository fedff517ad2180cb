"""Corrections that people make again and again, proposed as entries of the glossary."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from organizations import audit
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.asr.text.corrections import corrections
from transcription.editing.changes import Difference
from transcription.models import Glossary, GlossaryEntry, Operation, RejectedProposal
from transcription.models.glossaries import LONGEST_ENTRY
from transcription.models.operations import OperationKind
from transcription.services import glossaries

# In so many different lines a correction was made before it is proposed.
LEAST_LINES = 2
NEWEST_EDITS = 5_000
TEXT_KINDS = (OperationKind.EDIT, OperationKind.REPLACE, OperationKind.UNDO, OperationKind.RESTORE)
MOST_SHOWN = 50

Edit = tuple[Any, str, str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """`count`: in how many lines `said` was corrected to `written`."""

    said: str
    written: str
    count: int


def found(caller: Caller, glossary: Glossary) -> list[Proposal]:
    """What the newest edits suggest, the most frequent first, without what is decided already."""
    mine = GlossaryEntry.objects.visible_to(caller)
    own = [glossary.pk, *mine.filter(glossary__project=None).values_list("glossary", flat=True)[:1]]
    # A term that is only listened for says nothing yet about how it is written.
    known = set(mine.filter(glossary__in=own).exclude(replacement="").values_list("text", flat=True))
    refused = set(RejectedProposal.objects.visible_to(caller).values_list("said", "written"))
    decided = {text.casefold() for text in known}
    counted = [
        one
        for one in counted_corrections(_edits(caller, glossary))
        if one.said.casefold() not in decided and _key(one.said, one.written) not in refused
    ]
    return counted[:MOST_SHOWN]


def counted_corrections(edits: Iterable[Edit]) -> list[Proposal]:
    """What was corrected in LEAST_LINES lines or more, out of (line's id, before, after)."""
    lines: dict[tuple[str, str], set[Any]] = defaultdict(set)
    spelt: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for line, before, after in edits:
        for said, written in corrections(before, after):
            key = (said.casefold(), written)
            lines[key].add(line)
            spelt[key][said, written] += 1
    often = [Proposal(*spelt[key].most_common(1)[0][0], len(ids)) for key, ids in lines.items()]
    return sorted((one for one in often if one.count >= LEAST_LINES), key=lambda one: (-one.count, one.said))


def accept(*, caller: Caller, glossary: Glossary, said: str, written: str) -> GlossaryEntry:
    """A replacement of the glossary, out of the term where it is listened for. Raises as `glossaries.add` does."""
    listened = glossaries.entries(caller, glossary).filter(text__iexact=said, replacement="").first()
    if listened is not None:
        return glossaries.change(caller=caller, entry=listened, replacement=written)
    return glossaries.add(caller=caller, glossary=glossary, text=said, replacement=written)


@transaction.atomic
def reject(*, caller: Caller, glossary: Glossary, said: str, written: str) -> None:
    """It is not proposed again, in no glossary of the organization."""
    caller.require(Action.GLOSSARY_MANAGE)
    folded, corrected = _key(said, written)
    RejectedProposal.objects.get_or_create(organization=caller.organization, said=folded, written=corrected)
    audit.record(organization=caller.organization, action="glossary.proposal_rejected", actor=caller, target=glossary)


def _edits(caller: Caller, glossary: Glossary) -> Iterator[Edit]:
    """(line's id, before, after) over the newest edits, in the glossary's project where it is a project's.

    What is saved while somebody types counts as one edit, and what was taken back as none.
    """
    rows = Operation.objects.visible_to(caller).filter(kind__in=TEXT_KINDS)
    if glossary.project_id is not None:
        rows = rows.filter(transcript__recording__project=glossary.project_id)
    newest = list(rows.order_by("-created_at", "-number").values_list("change", flat=True)[:NEWEST_EDITS])
    texts: dict[str, tuple[str, str]] = {}
    for change in reversed(newest):
        for line in Difference.from_json(change).lines:
            before, after = (line.before or {}).get("text"), (line.after or {}).get("text")
            if before is not None and after is not None:
                texts[line.id] = (texts[line.id][0] if line.id in texts else before, after)
    yield from ((line, before, after) for line, (before, after) in texts.items())


def _key(said: str, written: str) -> tuple[str, str]:
    """What is compared of a proposal, and kept: no longer than the columns, which casefolding may make it."""
    folded = said.replace("\x00", "").casefold()
    return folded[:LONGEST_ENTRY], written.replace("\x00", "")[:LONGEST_ENTRY]
