"""A deleted organization is gone: every row of every table, every object in the store. Both kinds of store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, models

from accounts.models import User
from billing import usage
from billing.models import UsageEntry
from config.common.clock import now
from media.models import StoragePurge
from media.services import purging
from media.storage import MediaStorage
from organizations import audit
from organizations.models import AuditEvent, Organization, OrganizationTombstone
from organizations.services.deletion import purge_due, purge_organization
from tests.api_client import ApiClient
from tests.factories import (
    make_api_key,
    make_delivery,
    make_invitation,
    make_job,
    make_notification,
    make_project,
    make_recording,
    make_step,
    make_transcript,
    make_upload,
    make_webhook,
)

pytestmark = pytest.mark.django_db
# What stays: a ledger without names, and a line of numbers.
STAYS = {"billing_usageentry", "organizations_organizationtombstone"}


def fill(organization: Organization, owner: User, store: MediaStorage) -> None:
    """Something in every table, and objects of every kind."""
    recording = make_recording(organization, project=make_project(organization), uploaded_by=owner)
    job = make_job(organization, recording, created_by=owner)
    transcript = make_transcript(organization, job)
    make_step(job)
    make_upload(organization)
    make_api_key(organization)
    make_invitation(organization, invited_by=owner)
    make_notification(organization, owner, subject=job.pk)
    make_delivery(make_webhook(organization))
    audit.record(organization=organization, action="media.uploaded", actor=owner, target=recording)
    usage.reserve(
        organization=organization, key=f"{job.pk}:0", seconds=60, member=owner.pk, project=recording.project_id
    )
    usage.settle(key=f"{job.pk}:0", seconds=60)
    for key in (recording.source_key, recording.waveform_key, transcript.result_key):
        store.save_bytes(key, b"sound")


def rows_of(organization: Organization) -> dict[str, int]:
    """Table -> rows that name the organization by a foreign key; read by SQL, so that no manager hides one."""
    found = {}
    for model in apps.get_models():
        for field in model._meta.fields:
            if isinstance(field, models.ForeignKey) and field.related_model is Organization:
                table, column = model._meta.db_table, field.column
                with connection.cursor() as cursor:
                    cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" = %s', [organization.pk])  # noqa: S608 - names of our tables
                    found[table] = cursor.fetchone()[0]
    return {table: count for table, count in found.items() if count}


def keys(store: MediaStorage, organization: Organization) -> Iterator[str]:
    return (item.key for item in store.list_prefix(f"org/{organization.pk}/"))


@pytest.fixture
def owned(organization: Organization, alice: User, store: MediaStorage) -> Organization:
    fill(organization, alice, store)
    return organization


def let_grace_pass(organization: Organization) -> None:
    Organization.objects.filter(pk=organization.pk).update(purge_at=now() - timedelta(seconds=1))


def test_everything_is_gone_and_the_neighbour_is_not(
    *,
    owned: Organization,
    alice: User,
    other_organization: Organization,
    mallory: User,
    store: MediaStorage,
    api: Callable[..., ApiClient],
) -> None:
    fill(other_organization, mallory, store)
    before, theirs = rows_of(owned), rows_of(other_organization)
    assert len(before) > 10
    their_keys = set(keys(store, other_organization))
    assert api(alice).delete(f"/organizations/{owned.slug}").status_code == 202
    let_grace_pass(owned)
    assert purge_due() == 1
    purging.run_due()
    assert set(rows_of(owned)) <= STAYS
    assert not Organization.objects.filter(pk=owned.pk).exists()
    assert list(keys(store, owned)) == []
    assert rows_of(other_organization) == theirs
    assert set(keys(store, other_organization)) == their_keys != set()
    assert User.objects.filter(pk=alice.pk).exists(), "an account is the person's own"
    assert purge_due() == 0


def test_ledger_and_tombstone_name_nobody(owned: Organization, alice: User) -> None:
    Organization.objects.filter(pk=owned.pk).update(deleted_at=now(), purge_at=now())
    assert purge_organization(owned.pk)
    entry = UsageEntry.objects.get()
    assert (entry.organization_id, entry.used_seconds) == (owned.pk, 60)
    assert (entry.member, entry.api_key, entry.project) == (None, None, None)
    stone = OrganizationTombstone.objects.get()
    assert stone.pk == owned.pk
    assert stone.counts == {"members": 1, "recordings": 2, "jobs": 1, "transcripts": 1, "usage_entries": 1}
    told = str(list(OrganizationTombstone.objects.values()))
    assert not [word for word in (owned.name, owned.slug, alice.email, alice.last_name) if word in told]


def test_a_late_write_is_swept_too(owned: Organization, store: MediaStorage) -> None:
    """A signed address outlives the organization by an hour: what arrives by it goes as well."""
    Organization.objects.filter(pk=owned.pk).update(deleted_at=now(), purge_at=now())
    purge_organization(owned.pk)
    purging.run_due()
    store.save_bytes(f"org/{owned.pk}/rec/late/source", b"sound")
    StoragePurge.objects.update(not_before=now() - timedelta(seconds=1))
    purging.run_due()
    assert list(keys(store, owned)) == []
    assert not StoragePurge.objects.exists()


def test_nothing_goes_before_its_time(owned: Organization, store: MediaStorage) -> None:
    before = rows_of(owned)
    assert not purge_organization(owned.pk), "never deleted"
    Organization.objects.filter(pk=owned.pk).update(deleted_at=now(), purge_at=now() + timedelta(minutes=1))
    assert not purge_organization(owned.pk), "still in its grace"
    assert purge_due() == 0
    assert rows_of(owned) == before
    assert len(list(keys(store, owned))) == 3


def test_only_the_purge_deletes_audit_rows(owned: Organization) -> None:
    from django.db import DatabaseError, transaction

    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.filter(organization=owned).delete()
    assert AuditEvent.objects.filter(organization=owned).exists()
