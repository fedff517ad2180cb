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
    "billing/gateway/accounts.py:_late": "beat: payments that are open for too long",
    "billing/gateway/accounts.py:of_customer": "an id of Stripe's that we were given for one organization",
    "billing/gateway/accounts.py:settle_jobs": "beat: limits that changed with the time",
    "billing/quota/stored.py:release": "the key is the recording's id, and comes from the recording's own row",
    "billing/quota/stored.py:settle": "as release",
    "billing/usage.py:release": "the key names one line of one organization, and comes from the job's own row",
    "billing/usage.py:settle": "as release",
    "config/metrics.py:_jobs": "numbers for operators",
    "media/services/counting.py:recount": "a command of operators",
    "media/services/imports.py:ring_for_overdue": "beat: work that is due",
    "media/services/probing.py:ring_for_overdue": "beat: work that is due",
    "media/services/purging.py:old_trash": "beat: retention",
    "media/services/retention.py:enforce": "beat: retention",
    "media/services/uploads.py:abort_expired": "beat: uploads that nobody finished",
    "organizations/api_keys.py:": "the credential itself, before anybody is known",
    "organizations/authenticate.py:": "one's own memberships: the user is whom the credential stands for",
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
    "transcription/runner/voices.py:look_for_all": "beat: profiles that wait to be looked for",
    "transcription/lifecycle/repair.py:_stalled_jobs": "beat: jobs that nobody works on any more",
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
        "def view(caller, job_id): return Job.objects.filter(job=job_id)",
        "def view(caller, asked): return Job.objects.get(pk=asked.pk)",
        "def view(request): return Job.objects.get(pk=request.data.id)",
        "def task(options): return Job.objects.get(pk=options['job'])",
        "def view(caller): return Job.objects.exclude(organization=caller.organization)",
        "def view(caller): return Job.objects.filter(Q(organization=caller.organization) | Q(status='queued'))",
        "def view(caller): return Job.objects.annotate(n=Count('x', filter=Q(organization=caller.organization)))",
        "def view(caller): return Job.objects.exclude(recording__in=Recording.objects.visible_to(caller))",
        "def view(caller): return Job._default_manager.all()",
        "def view(caller): return models.Job.objects.all()",
        "from transcription.models import Job as Work\ndef view(caller): return Work.objects.all()",
        "def view(request, job_id): return get_object_or_404(Job, pk=job_id)",
        "BY_ID = Joined(Job, 'organization', 'row.id = %s')",
        "BY_ID = Written(Job, 'row.id = %s')",
    ],
)
def test_open_queries_are_noticed(tmp_path: Path, source: str) -> None:
    (tmp_path / "sample.py").write_text(source)
    (query,) = queries(tmp_path / "sample.py", {"Job"}, tmp_path)
    assert not query.is_narrow


def test_models_of_other_packages_are_not_ours(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text("from djstripe.models import Job\nrows = Job.objects.all()")
    assert list(queries(tmp_path / "sample.py", {"Job"}, tmp_path)) == []


@pytest.mark.parametrize(
    "source",
    [
        "def view(caller, job_id): return Job.objects.visible_to(caller).get_or_404(job_id)",
        "def view(caller): return Job.objects.filter(organization=caller.organization)",
        "def service(caller, job): return Job.objects.filter(pk=job.pk).update(progress=1)",
        "def service(recording): return Job.objects.filter(recording=recording)",
        "def task(job_id): return Job.objects.get(pk=job_id)",
        "def view(caller): return Job.objects.filter(Q(organization=caller.organization) & Q(status='queued'))",
        "def view(caller): return Job.objects.filter(recording__in=Recording.objects.visible_to(caller))",
        "def service(self): return Job.objects.filter(recording_id=self.recording.pk)",
    ],
)
def test_narrow_queries_pass(tmp_path: Path, source: str) -> None:
    (tmp_path / "sample.py").write_text(textwrap.dedent(source))
    (query,) = queries(tmp_path / "sample.py", {"Job"}, tmp_path)
    assert query.is_narrow
