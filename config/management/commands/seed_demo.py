"""A demo organization with one person of each role, a member of staff, a key and a real transcript under way."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import User
from config.embedded.paths import secret
from media.models import Recording
from media.services import uploads
from organizations.authenticate import caller_for_user
from organizations.models import Membership, Organization
from organizations.roles import Role
from organizations.services import api_keys, organizations
from organizations.tenancy import Caller
from transcription.services import jobs

NAME = "Demo"
RECORDING = Path(__file__).resolve().parents[2] / "embedded" / "demo" / "team-meeting.mp3"


class Command(BaseCommand):
    help = "Make the demo organization, unless it is there, and keep its logins in var/demo.json (0600)."

    def handle(self, *args: Any, **options: Any) -> None:
        kept = settings.PATHS.var / "demo.json"
        if kept.exists() and User.objects.filter(email=email(Role.OWNER)).exists():
            return
        self._keep(kept, seed(secret("demo_password", size=12)))

    def _keep(self, path: Path, logins: dict[str, Any]) -> None:
        path.unlink(missing_ok=True)
        # SECURITY: the passwords are for the person who started the demo, nobody else on the machine.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(logins, file, indent=2)


def email(role: str) -> str:
    return f"{role}@demo.example"


@transaction.atomic
def seed(password: str) -> dict[str, Any]:
    """Make everything in one transaction; returns the logins and the key as the start page shows them."""
    staff = _person("staff", password, is_staff=True, is_superuser=True)
    owner = _person(Role.OWNER, password)
    organization = Organization.objects.of_user(owner).first() or organizations.create(name=NAME, owner=owner)
    people = [owner, *(_member(organization, role, password) for role in (Role.ADMIN, Role.MEMBER, Role.VIEWER))]
    caller = caller_for_user(owner, organization.slug)
    _key, text = api_keys.create(caller=caller, name="Demo", scopes=[])
    if not Recording.objects.visible_to(caller).exists():
        _transcribe(caller)
    roles = zip(("owner", "admin", "member", "viewer", "staff"), [*people, staff], strict=True)
    logins = [{"role": role, "email": person.email, "password": password} for role, person in roles]
    return {"logins": logins, "api_key": text, "organization": organization.slug}


def _person(role: str, password: str, **flags: bool) -> User:
    found = User.objects.filter(email=email(role)).first()
    return found or User.objects.create_user(email(role), password, first_name=role.capitalize(), **flags)


def _member(organization: Organization, role: Role, password: str) -> User:
    person = _person(role, password)
    Membership.objects.get_or_create(organization=organization, user=person, defaults={"role": role})
    return person


def _transcribe(caller: Caller) -> None:
    """Upload the shipped recording as a user would; a worker does the rest."""
    file = SimpleUploadedFile(RECORDING.name, RECORDING.read_bytes(), content_type="audio/mpeg")
    recording = uploads.store_directly(caller=caller, file=file)
    jobs.submit(caller=caller, recording=recording, options={"mode": "dialogue", "language": "en"})
