"""The dialects of Arabic as an organization hears them: ours, where it changed nothing."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from config.common.errors import Invalid, NotFound
from media.names import tidy
from organizations import audit
from organizations.models import Organization
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.asr.text.dialects import DIALECTS, Dialect
from transcription.models import DialectPreset

LONGEST_PROMPT, LONGEST_NOTES, LONGEST_WORD, MOST_WORDS = 400, 2_000, 60, 200
EDITABLE = ("prompt", "vocabulary", "notes")


def of(organization: Organization) -> dict[str, Dialect]:
    """All dialects by code, with what the organization wrote over them."""
    own = {row.code: row for row in DialectPreset.objects.filter(organization=organization)}
    return {code: _with(dialect, own[code]) if code in own else dialect for code, dialect in DIALECTS.items()}


def _with(dialect: Dialect, row: DialectPreset) -> Dialect:
    return replace(dialect, prompt=row.prompt, vocabulary=tuple(row.vocabulary), notes=row.notes)


def table(organization: Organization) -> list[dict[str, Any]]:
    """For lists: each dialect with `changed`, whether it is the organization's own."""
    return [{**asdict(one), "changed": is_changed(one)} for one in of(organization).values()]


def is_changed(dialect: Dialect) -> bool:
    """Whether it is the organization's own."""
    return dialect != DIALECTS[dialect.code]


def get(organization: Organization, code: str) -> Dialect:
    """Raises NotFound."""
    if code not in DIALECTS:
        raise NotFound(_("There is no such dialect."))
    return of(organization)[code]


def notes_for_reader(code: str, notes: str) -> str:
    """Ours in the reader's language, those of an organization as it wrote them."""
    return _(notes) if notes and notes == DIALECTS[code].notes else notes


@transaction.atomic
def change(*, caller: Caller, code: str, **values: Any) -> Dialect:
    """Write over `values`, of EDITABLE. Raises NotFound, Invalid by field."""
    caller.require(Action.GLOSSARY_MANAGE)
    known = get(caller.organization, code)
    kept = _cleaned({name: values.get(name, getattr(known, name)) for name in EDITABLE})
    if kept["notes"] == notes_for_reader(code, DIALECTS[code].notes):
        kept["notes"] = DIALECTS[code].notes  # nobody wrote others: they were only read in another language
    row, _made = DialectPreset.objects.update_or_create(
        organization=caller.organization, code=code, defaults={**kept, "vocabulary": list(kept["vocabulary"])}
    )
    changed = [name for name in EDITABLE if kept[name] != getattr(known, name)]
    if changed:
        _record("dialect.changed", row, caller, {"dialect": code, "changed": changed})
    return _with(DIALECTS[code], row)


@transaction.atomic
def reset(*, caller: Caller, code: str) -> Dialect:
    """Ours again. Raises NotFound for an unknown dialect."""
    caller.require(Action.GLOSSARY_MANAGE)
    get(caller.organization, code)
    row = DialectPreset.objects.filter(organization=caller.organization, code=code).first()
    if row is not None:
        _record("dialect.reset", row, caller, {"dialect": code})
        row.delete()
    return DIALECTS[code]


def _cleaned(values: dict[str, Any]) -> dict[str, Any]:
    prompt, notes = tidy(values["prompt"]), values["notes"].strip()
    words = tuple(dict.fromkeys(filter(None, map(tidy, values["vocabulary"]))))
    if len(prompt) > LONGEST_PROMPT:
        message = _("At most %(most)d characters: recognizers hear no more of a prompt.")
        raise Invalid.field("prompt", message % {"most": LONGEST_PROMPT}, "too_long")
    if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        message = _("At most %(most)d words of %(letters)d letters each.")
        raise Invalid.field("vocabulary", message % {"most": MOST_WORDS, "letters": LONGEST_WORD}, "too_long")
    if len(notes) > LONGEST_NOTES or "\0" in notes:
        raise Invalid.field("notes", _("At most %(most)d characters.") % {"most": LONGEST_NOTES}, "too_long")
    return {"prompt": prompt, "vocabulary": words, "notes": notes}


def _record(action: str, row: DialectPreset, caller: Caller, data: dict[str, Any]) -> None:
    audit.record(organization=caller.organization, action=action, actor=caller, target=row, data=data)
