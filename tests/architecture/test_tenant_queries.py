"""No query reaches over the rows of all tenants, unless this file says why it must."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from django.apps import apps

from organizations.tenancy import OrganizationOwned
from tests.architecture import code
from tests.architecture.tenant_queries import Query, queries

MODELS = {model.__name__ for model in apps.get_models() if issubclass(model, OrganizationOwned)}

# Functions that look at the rows of all tenants on purpose. None is reached with what a caller sent, but for secrets.
EVERYBODYS = {
    "billing/usage.py:release": "the key names one line of one organization, and comes from the job's own row",
    "billing/usage.py:settle": "as release",
    "config/metrics.py:_jobs": "numbers for operators",
    "media/services/imports.py:ring_for_overdue": "beat: work that is due",
    "media/services/probing.py:ring_for_overdue": "beat: work that is due",
    "media/services/purging.py:old_trash": "beat: retention",
    "media/services/retention.py:enforce": "beat: retention",
    "media/services/uploads.py:abort_expired": "beat: uploads that nobody finished",
    "organizations/api_keys.py:_by_prefix": "the credential itself, before anybody is known",
    "organizations/idempotency.py:_claim": "narrowed by _scope: organization, caller and route",
    "organizations/idempotency.py:forget_expired": "beat: older than a day",
    "organizations/notifications/notices.py:forget": "ids of rows that are being deleted",
    "organizations/notifications/notices.py:forget_old": "beat: older than three months",
    "organizations/services/invitations.py:find": "the secret of a mail, before anybody is known",
    "organizations/services/webhooks.py:rotate_encryption": "a command of operators",
    "organizations/webhooks/delivering.py:_claim": "which endpoints take deliveries at all; the delivery is named",
    "organizations/webhooks/delivering.py:_give_up_on_killers": "beat: deliveries that killed their worker",
    "organizations/webhooks/delivering.py:_write_down": "the endpoint of the delivery that was claimed",
    "organizations/webhooks/delivering.py:forget_old": "beat: the log's age",
    "organizations/webhooks/delivering.py:sweep": "beat: deliveries that are due",
    "transcription/services/retention.py:_past_retention": "beat: retention",
    "transcription/services/shares.py:find": "the secret of a share link is all that its reader knows",
}


def unfiltered(base: Path = code.BASE_DIR) -> list[Query]:
    found = (path for name in code.PACKAGES for path in sorted((base / name).rglob("*.py")))
    files = [path for path in found if not {"migrations", "models"} & set(path.relative_to(base).parts)]
    return [query for path in files for query in queries(path, MODELS, base) if not query.is_narrow]


def test_every_query_on_tenants_rows_is_narrowed() -> None:
    found = [
        f"{query.place}:{query.line} {query.text[:160]}" for query in unfiltered() if query.place not in EVERYBODYS
    ]
    assert found == [], "go through .visible_to(caller), or name the function in EVERYBODYS with its reason"


def test_the_exceptions_exist() -> None:
    assert set(EVERYBODYS) - {query.place for query in unfiltered()} == set()


@pytest.mark.parametrize(
    "source",
    [
        "def view(caller): return Job.objects.all()",
        "def view(caller, job_id): return Job.objects.get_or_404(job_id)",
        "def view(caller, job_id): return Job.objects.filter(pk=job_id).first()",
        "def view(self, job_id): return Job.objects.get(id=job_id)",
        "def view(caller): return Job.objects.filter(status='queued')",
        "def view(caller): return Job.objects.filter(organization=None)",
        "def task(): return Job.objects.select_related('recording').filter(status__in=ACTIVE)",
    ],
)
def test_open_queries_are_noticed(tmp_path: Path, source: str) -> None:
    (tmp_path / "sample.py").write_text(source)
    (query,) = queries(tmp_path / "sample.py", {"Job"}, tmp_path)
    assert not query.is_narrow


@pytest.mark.parametrize(
    "source",
    [
        "def view(caller, job_id): return Job.objects.visible_to(caller).get_or_404(job_id)",
        "def view(caller): return Job.objects.filter(organization=caller.organization)",
        "def service(caller, job): return Job.objects.filter(pk=job.pk).update(progress=1)",
        "def service(recording): return Job.objects.filter(recording=recording)",
        "def task(job_id): return Job.objects.get(pk=job_id)",
    ],
)
def test_narrow_queries_pass(tmp_path: Path, source: str) -> None:
    (tmp_path / "sample.py").write_text(textwrap.dedent(source))
    (query,) = queries(tmp_path / "sample.py", {"Job"}, tmp_path)
    assert query.is_narrow
