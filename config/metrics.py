"""/metrics for Prometheus: counted from rows when asked, so that every web process tells the same."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from billing.models import StripeCall, StripeEvent
from config.common import liveness
from config.common.clock import now
from config.health import is_internal
from transcription.models import Job, Step
from transcription.states import JobStatus, StepStatus


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not is_internal(request):
        return HttpResponse("Send the metrics token, or call from an internal network.\n", status=403)
    registry = CollectorRegistry()
    registry.register(RowCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class RowCollector(Collector):
    """Queue lengths and ages drive autoscaling; see docs/operate.md."""

    def collect(self) -> Iterator[Metric]:
        yield self._jobs()
        yield from self._queues()
        yield self._workers()
        yield from self._stripe()

    def _jobs(self) -> Metric:
        family = GaugeMetricFamily("tadwin_jobs", "Jobs by status.", labels=["status"])
        counts = dict(Job.objects.values_list("status").annotate(count=Count("id")).order_by())
        for status in JobStatus.values:
            family.add_metric([status], counts.get(status, 0))
        return family

    def _queues(self) -> Iterator[Metric]:
        steps = GaugeMetricFamily("tadwin_steps", "Steps by queue and status.", labels=["queue", "status"])
        ages = GaugeMetricFamily("tadwin_queue_age_seconds", "Age of the oldest runnable step.", labels=["queue"])
        open_steps = Step.objects.filter(status__in=[StepStatus.RUNNABLE, StepStatus.LEASED])
        rows = open_steps.values("queue", "status").annotate(count=Count("id"), oldest=Min("created_at")).order_by()
        for row in rows:
            steps.add_metric([row["queue"], row["status"]], row["count"])
            if row["status"] == StepStatus.RUNNABLE:
                ages.add_metric([row["queue"]], (now() - row["oldest"]).total_seconds())
        yield steps
        yield ages

    def _workers(self) -> Metric:
        family = GaugeMetricFamily("tadwin_workers", "Living workers by queue.", labels=["queue"])
        counts: dict[str, int] = {}
        for worker in liveness.alive():
            for queue in worker.queues:
                counts[queue] = counts.get(queue, 0) + 1
        for queue, count in sorted(counts.items()):
            family.add_metric([queue], count)
        return family

    def _stripe(self) -> Iterator[Metric]:
        """What waits, and what was given up and stays until the staff look; zeros too, for alarms that compare."""
        counts = GaugeMetricFamily(
            "tadwin_stripe", "Events of Stripe and calls to it that are not done.", labels=["kind", "status"]
        )
        ages = GaugeMetricFamily("tadwin_stripe_age_seconds", "Age of the oldest that waits.", labels=["kind"])
        for kind, model in (("event", StripeEvent), ("call", StripeCall)):
            for status in (model.Status.WAITING, model.Status.FAILED):
                found = model.objects.filter(status=status).aggregate(count=Count("id"), oldest=Min("created_at"))
                counts.add_metric([kind, status.value], found["count"])
                if status == model.Status.WAITING:
                    age = (now() - found["oldest"]).total_seconds() if found["oldest"] else 0
                    ages.add_metric([kind], age)
        yield counts
        yield ages
