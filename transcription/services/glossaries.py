"""The words that an organization and its projects teach the recognizer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from config.common.errors import Conflict, Invalid
from media.models import Project
from organizations import audit
from organizations.models import Organization
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.asr.replacements import key_of
from transcription.models import Glossary, GlossaryEntry
from transcription.models.glossaries import LEAST_BOOST, LONGEST_ENTRY, MOST_BOOST, USUAL_BOOST

MOST_ENTRIES = 2_000
MOST_WORDS = 12
FIELDS = ("text", "replacement", "boost")


@dataclass(frozen=True, slots=True)
class Words:
    """What a job gets: terms to listen for, the most important first, and (as heard, as written)."""

    glossary: str | None = None
    terms: tuple[str, ...] = ()
    replacements: tuple[tuple[str, str], ...] = ()


def visible(caller: Caller) -> QuerySet[Glossary]:
    """With `terms` and `replacements`, their numbers; the organization's own first, then by project."""
    rows: QuerySet[Glossary] = Glossary.objects.visible_to(caller)
    counted = rows.annotate(
        terms=Count("entries", filter=Q(entries__replacement="")),
        replacements=Count("entries", filter=~Q(entries__replacement="")),
    )
    return counted.select_related("project", "organization").order_by("created_at", "id")


def get(caller: Caller, glossary_id: UUID) -> Glossary:
    """Raises NotFound."""
    rows: Any = visible(caller)
    row: Glossary = rows.get_or_404(glossary_id)
    return row


def entries(caller: Caller, glossary: Glossary) -> QuerySet[GlossaryEntry]:
    rows: QuerySet[GlossaryEntry] = GlossaryEntry.objects.visible_to(caller).filter(glossary=glossary)
    return rows.order_by("text", "id")


def entry(caller: Caller, glossary: Glossary, entry_id: UUID) -> GlossaryEntry:
    """Raises NotFound."""
    row: GlossaryEntry = GlossaryEntry.objects.visible_to(caller).filter(glossary=glossary).get_or_404(entry_id)
    return row


def create(*, caller: Caller, project: Project | None = None) -> Glossary:
    """An empty glossary of the organization, or of a project. Raises Conflict where there is one."""
    caller.require(Action.GLOSSARY_MANAGE)
    try:
        with transaction.atomic():
            glossary: Glossary = Glossary.objects.create(organization=caller.organization, project=project)
            _record("glossary.created", glossary, caller, {})
    except IntegrityError as error:
        raise Conflict(_("This glossary exists already. Add to it."), error_type="glossary_exists") from error
    return glossary


@transaction.atomic
def delete(*, caller: Caller, glossary: Glossary) -> None:
    """With all its entries; jobs keep what was resolved for them."""
    caller.require(Action.GLOSSARY_MANAGE)
    _record("glossary.deleted", glossary, caller, {"entries": glossary.entries.count()})
    glossary.delete()


@transaction.atomic
def add(*, caller: Caller, glossary: Glossary, **values: Any) -> GlossaryEntry:
    """`values`: of FIELDS. Raises Invalid by field, Conflict `entry_exists`."""
    caller.require(Action.GLOSSARY_MANAGE)
    _lock(glossary)
    if glossary.entries.count() >= MOST_ENTRIES:
        raise Invalid.field("text", _too_many(), "too_many")
    row = GlossaryEntry(organization=caller.organization, glossary=glossary)
    _save(row, values)
    _record("glossary.changed", glossary, caller, {"added": 1})
    return row


@transaction.atomic
def change(*, caller: Caller, entry: GlossaryEntry, **values: Any) -> GlossaryEntry:
    """Raises as `add` does."""
    caller.require(Action.GLOSSARY_MANAGE)
    _save(entry, values)
    _record("glossary.changed", entry.glossary, caller, {"changed": 1})
    return entry


@transaction.atomic
def remove(*, caller: Caller, entry: GlossaryEntry) -> None:
    caller.require(Action.GLOSSARY_MANAGE)
    _record("glossary.changed", entry.glossary, caller, {"removed": 1})
    entry.delete()


@transaction.atomic
def take_in(*, caller: Caller, glossary: Glossary, rows: list[dict[str, Any]], replace: bool) -> dict[str, int]:
    """Add cleaned `rows`, or change what is there under the same term; `replace` removes what is not among them."""
    caller.require(Action.GLOSSARY_MANAGE)
    _lock(glossary)
    known = {one.text.lower(): one for one in glossary.entries.all()}
    wanted = {row["text"].lower(): row for row in rows}
    gone = [one.pk for key, one in known.items() if replace and key not in wanted]
    if len(set(known) | set(wanted)) - len(gone) > MOST_ENTRIES:
        raise Invalid.field("csv", _too_many(), "too_many")
    own = {"organization": caller.organization, "glossary": glossary}
    new = [GlossaryEntry(**own, **row) for key, row in wanted.items() if key not in known]
    changed = [_changed(known[key], row) for key, row in wanted.items() if key in known]
    glossary.entries.filter(pk__in=gone).delete()
    with _once_each():
        GlossaryEntry.objects.bulk_create(new)
        glossary.entries.bulk_update([one for one in changed if one], [*FIELDS, "updated_at"])
    done = {"added": len(new), "changed": len([one for one in changed if one]), "removed": len(gone)}
    _record("glossary.changed", glossary, caller, done)
    return done


def words_for(organization: Organization, project: Project | None, asked: UUID | str | None) -> Words:
    """What a job gets from the glossary `asked`: an id, or "auto" for its project's, else the organization's.

    A project's entries come before the organization's and win over them. Raises Invalid for an unknown id.
    """
    if asked is None:
        return Words()
    mine = Glossary.objects.filter(organization=organization)
    chosen = _nearest(mine, project) if asked == "auto" else mine.filter(pk=asked).first()
    if chosen is None and asked != "auto":
        raise Invalid.field("glossary", _("There is no such glossary in this organization."), "not_found")
    if chosen is None:
        return Words()
    own = _entries_of(chosen)
    general = [] if chosen.project_id is None else _entries_of(mine.filter(project=None).first())
    taken = {one.text.lower() for one in own}
    rows = [*own, *(one for one in general if one.text.lower() not in taken)]
    ranked = sorted(rows, key=lambda one: -one.boost)  # of the same boost, the project's own come first
    return Words(
        str(chosen.pk),
        tuple(dict.fromkeys(one.text for one in ranked if not one.replacement)),
        tuple((one.text, one.replacement) for one in rows if one.replacement),
    )


def _nearest(mine: QuerySet[Glossary], project: Project | None) -> Glossary | None:
    found = {one.project_id: one for one in mine.filter(Q(project=None) | Q(project=project))}
    return (found.get(project.pk) if project else None) or found.get(None)


def _entries_of(glossary: Glossary | None) -> list[GlossaryEntry]:
    return list(glossary.entries.order_by("-boost", "created_at", "id")) if glossary else []


def cleaned(values: dict[str, Any]) -> dict[str, Any]:
    """`values` of FIELDS in the form that is kept. Raises Invalid by field."""
    text = _tidy("text", str(values.get("text", "")))
    if not key_of(text.replace(" ", "")):
        raise Invalid.field("text", _("A term has at least one letter or digit."), "blank")
    replacement = _tidy("replacement", str(values.get("replacement", "")))
    if replacement == text:
        raise Invalid.field("replacement", _("This would replace a term by itself."), "same")
    return {"text": text, "replacement": replacement, "boost": _boost(values.get("boost", USUAL_BOOST))}


def _tidy(field: str, text: str) -> str:
    """Composed letters, single spaces, nothing that cannot be seen but the joiners that words need."""
    kept = "".join(letter for letter in unicodedata.normalize("NFC", text) if _is_text(letter))
    tidied = " ".join(kept.split())
    if len(tidied) > LONGEST_ENTRY or len(tidied.split()) > MOST_WORDS:
        words = _("At most %(letters)d characters and %(words)d words.")
        raise Invalid.field(field, words % {"letters": LONGEST_ENTRY, "words": MOST_WORDS}, "too_long")
    return tidied


def _is_text(letter: str) -> bool:
    return letter.isprintable() or letter.isspace() or letter in "\u200c\u200d"


def _boost(value: Any) -> int:
    try:
        boost = int(value)
    except (TypeError, ValueError):
        boost = 0
    if not LEAST_BOOST <= boost <= MOST_BOOST:
        words = _("The boost is a whole number from %(least)d to %(most)d.")
        raise Invalid.field("boost", words % {"least": LEAST_BOOST, "most": MOST_BOOST}, "out_of_range")
    return boost


def _save(row: GlossaryEntry, values: dict[str, Any]) -> None:
    known = {name: getattr(row, name) for name in FIELDS}
    for name, value in cleaned({**known, **values}).items():
        setattr(row, name, value)
    with _once_each():
        row.save()


@contextmanager
def _once_each() -> Iterator[None]:
    """The database has the last word on which terms are one: it folds letters that Python does not (İ)."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Conflict(_("This term is in the glossary already."), error_type="entry_exists") from error


def _changed(row: GlossaryEntry, values: dict[str, Any]) -> GlossaryEntry | None:
    """The row with `values`, or None where they are what it says already."""
    if all(getattr(row, name) == value for name, value in values.items()):
        return None
    for name, value in values.items():
        setattr(row, name, value)
    return row


def table(glossary: Glossary) -> Iterator[tuple[str, str, int]]:
    """(term, replacement, boost) of every entry, by term."""
    yield from glossary.entries.order_by("text", "id").values_list(*FIELDS).iterator()


def _too_many() -> str:
    return _("A glossary has at most %(most)d entries.") % {"most": MOST_ENTRIES}


def _lock(glossary: Glossary) -> None:
    """One after the other, so that two imports never exceed the limit together."""
    Glossary.objects.select_for_update(no_key=True).filter(pk=glossary.pk).first()


def _record(action: str, glossary: Glossary, caller: Caller, data: dict[str, Any]) -> None:
    project = {"project": glossary.project.name} if glossary.project else {}
    audit.record(
        organization=caller.organization, action=action, actor=caller, target=glossary, data={**project, **data}
    )
