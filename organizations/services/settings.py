"""What an organization sets for all its people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from config.common.errors import Conflict, Invalid
from organizations import audit, bus, gates, job_defaults
from organizations.models import Organization
from organizations.roles import Action

if TYPE_CHECKING:
    from organizations.tenancy import Caller

LONGEST_NAME = 200
LONGEST_RETENTION = 36_500
MOST_DOMAINS = 100
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
EDITABLE = (
    "name",
    "defaults",
    "audio_retention_days",
    "transcript_retention_days",
    "allowed_email_domains",
    "require_mfa",
)


@transaction.atomic
def update(*, caller: Caller, **changes: Any) -> Organization:
    """Change what is given, of EDITABLE. Raises PermissionDenied, Invalid by field, Conflict `mfa_not_set_up`."""
    caller.require(Action.SETTINGS_MANAGE)
    organization = Organization.objects.select_for_update(no_key=True).get(pk=caller.organization.pk)
    before = {name: getattr(organization, name) for name in changes}
    for name, value in changes.items():
        setattr(organization, name, _CLEAN[name](value))
    if organization.require_mfa and not before.get("require_mfa", True):
        _require_own_factor(caller)
    if "defaults" in changes:
        job_defaults.validate(organization.defaults)
    after = {name: getattr(organization, name) for name in changes}
    if changed := audit.changes(before, after):
        organization.save(update_fields=[*changed, "updated_at"])
        audit.record(
            organization=organization, action="organization.changed", actor=caller, target=organization, data=changed
        )
    if "require_mfa" in changed:
        bus.recheck(organization.pk)
    return organization


def clean_name(name: str) -> str:
    """Single spaces, nothing invisible. Raises Invalid for an empty one."""
    visible = "".join(letter for letter in unicodedata.normalize("NFC", name) if _is_visible(letter))
    tidied = " ".join(visible.split())[:LONGEST_NAME]
    if not tidied:
        raise Invalid.field("name", _("Give the organization a name."), "blank")
    return tidied


def _is_visible(letter: str) -> bool:
    # Two invisible letters that Persian and others write with.
    return letter.isprintable() or letter.isspace() or letter in "\u200c\u200d"


def clean_domains(domains: Iterable[str]) -> list[str]:
    """Lower case, without a leading @, in ASCII, each once. Raises Invalid for what is no domain."""
    found = sorted({_domain(one) for one in domains})
    if len(found) > MOST_DOMAINS:
        raise Invalid.field(
            "allowed_email_domains", _("At most %(most)d domains.") % {"most": MOST_DOMAINS}, "too_many"
        )
    return found


def _domain(text: str) -> str:
    domain = text.strip().lower().removeprefix("@").removesuffix(".")
    try:
        ascii_form = domain.encode("idna").decode() if domain else ""
    except UnicodeError:
        ascii_form = ""
    if not DOMAIN.fullmatch(ascii_form):
        message = _("“%(domain)s” is not a domain. Write it as in example.com.") % {"domain": text[:100]}
        raise Invalid.field("allowed_email_domains", message, "invalid_domain")
    return ascii_form


def _days(name: str) -> Any:
    def clean(value: int | None) -> int | None:
        if value is not None and not 1 <= value <= LONGEST_RETENTION:
            message = _("A number of days from 1 to %(most)d, or nothing to keep for ever.")
            raise Invalid.field(name, message % {"most": LONGEST_RETENTION}, "out_of_range")
        return value

    return clean


def _require_own_factor(caller: Caller) -> None:
    """Whoever asks it of all must not lock the door with themselves outside."""
    if caller.user is None or not gates.has_second_factor(caller.user):
        detail = _("Set up two-step sign-in for your own account first, then require it of everybody.")
        raise Conflict(detail, error_type="mfa_not_set_up")


_CLEAN: dict[str, Any] = {
    "name": clean_name,
    "defaults": dict,
    "audio_retention_days": _days("audio_retention_days"),
    "transcript_retention_days": _days("transcript_retention_days"),
    "allowed_email_domains": clean_domains,
    "require_mfa": bool,
}
