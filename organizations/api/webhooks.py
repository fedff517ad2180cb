"""/api/v1/webhooks"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import StrictSerializer, validated
from config.common.clock import iso
from config.common.pagination import CursorPagination, ordered_by, page_of
from organizations.api.base import TenantAPIView
from organizations.idempotency import idempotent
from organizations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from organizations.models.webhooks import EVERYTHING
from organizations.roles import Action
from organizations.services import webhooks
from organizations.webhooks.events import EVENTS, TEST

Json = dict[str, Any]
EVENTS_HELP = "`*` is every event. An empty list: only those of jobs that name this endpoint."
IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", location=OpenApiParameter.HEADER)
PAGE = [OpenApiParameter("limit", int), OpenApiParameter("cursor")]
Status = WebhookEndpoint.Status


class EventsField(serializers.ListField):
    def __init__(self, **kwargs: Any) -> None:
        child = serializers.ChoiceField([EVERYTHING, *EVENTS])
        super().__init__(child=child, max_length=len(EVENTS) + 1, help_text=EVENTS_HELP, **kwargs)


class NewWebhookSerializer(StrictSerializer):
    url = serializers.CharField(max_length=2000)
    events = EventsField(default=lambda: [EVERYTHING])
    description = serializers.CharField(max_length=200, allow_blank=True, default="")


class ChangeWebhookSerializer(StrictSerializer):
    url = serializers.CharField(max_length=2000, required=False)
    events = EventsField(required=False)
    description = serializers.CharField(max_length=200, allow_blank=True, required=False)
    status = serializers.ChoiceField(
        [Status.ACTIVE.value, Status.DISABLED.value], required=False, help_text="Switching it on forgets its failures."
    )


class DeliveryQuerySerializer(StrictSerializer):
    status = serializers.ChoiceField(WebhookDelivery.Status.values, required=False)
    event = serializers.ChoiceField([*EVENTS, TEST], required=False)
    limit = serializers.IntegerField(required=False, min_value=1, help_text="50 by default, at most 1000.")
    cursor = serializers.CharField(required=False)


class WebhookSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    events = serializers.ListField(child=serializers.CharField(), help_text=EVENTS_HELP)
    status = serializers.ChoiceField(Status.values, help_text="`paused` after long failure, `gone` after a 410.")
    failing_since = serializers.DateTimeField(allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True)
    old_secret_until = serializers.DateTimeField(allow_null=True, help_text="Until then two signatures are sent.")
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class WebhookSecretSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text="Verifies signatures. Shown this once.")


class WebhookAttemptSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    duration = serializers.FloatField(help_text="Seconds.")
    status_code = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_null=True, help_text="Why there was no answer: `timeout`, `address`, ...")
    response = serializers.CharField(allow_blank=True, help_text="How the answer's body begins.")


class WebhookDeliverySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    webhook = serializers.UUIDField()
    message = serializers.CharField(help_text="The `webhook-id`: the same for every try.")
    event = serializers.CharField()
    status = serializers.ChoiceField(WebhookDelivery.Status.values)
    body = serializers.CharField(help_text="As it is sent, byte for byte.")
    due_at = serializers.DateTimeField(allow_null=True, help_text="When it is tried next.")
    finished_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    attempts = WebhookAttemptSerializer(many=True)


def webhook_json(endpoint: WebhookEndpoint) -> Json:
    return {
        "id": endpoint.pk,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.events,
        "status": endpoint.status,
        "failing_since": iso(endpoint.failing_since),
        "last_success_at": iso(endpoint.last_success_at),
        "old_secret_until": iso(endpoint.old_secret_until),
        "created_by": endpoint.created_by_id,
        "created_at": iso(endpoint.created_at),
        "updated_at": iso(endpoint.updated_at),
    }


def delivery_json(delivery: WebhookDelivery) -> Json:
    waits = delivery.status == WebhookDelivery.Status.PENDING
    return {
        "id": delivery.pk,
        "webhook": delivery.endpoint_id,
        "message": delivery.message_id,
        "event": delivery.event,
        "status": delivery.status,
        "body": delivery.body,
        "due_at": iso(delivery.due_at) if waits else None,
        "finished_at": iso(delivery.finished_at),
        "created_at": iso(delivery.created_at),
        "attempts": [_attempt_json(attempt) for attempt in delivery.attempts.all()],
    }


def _attempt_json(attempt: WebhookAttempt) -> Json:
    return {
        "number": attempt.number,
        "started_at": iso(attempt.started_at),
        "duration": attempt.duration_ms / 1000,
        "status_code": attempt.status_code,
        "error": attempt.error or None,
        "response": attempt.response,
    }


class WebhookAPIView(TenantAPIView):
    def endpoint(self, webhook_id: UUID) -> WebhookEndpoint:
        found: WebhookEndpoint = WebhookEndpoint.objects.visible_to(self.caller).get_or_404(webhook_id)
        return found


class WebhooksView(WebhookAPIView):
    actions = {"GET": Action.WEBHOOKS_READ, "POST": Action.WEBHOOKS_WRITE}

    @extend_schema(operation_id="webhooks_list", parameters=PAGE, responses=page_of(WebhookSerializer))
    def get(self, request: Request) -> Response:
        """The organization's endpoints, newest first."""
        paginator = ordered_by(request, allowed=("created_at",))
        rows = WebhookEndpoint.objects.visible_to(self.caller)
        page = paginator.paginate_queryset(rows, request, view=self) or []
        return paginator.get_paginated_response([webhook_json(row) for row in page])

    @extend_schema(
        operation_id="webhooks_create",
        request=NewWebhookSerializer,
        responses={201: WebhookSecretSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent(secret=True)
    def post(self, request: Request) -> Response:
        """Add an endpoint. `secret` in the answer is shown this once: keep it to verify signatures."""
        body = validated(NewWebhookSerializer, request.data)
        endpoint, secret = webhooks.create(caller=self.caller, **body)
        return Response({**webhook_json(endpoint), "secret": secret}, status=201)


class WebhookView(WebhookAPIView):
    actions = {"GET": Action.WEBHOOKS_READ, "PATCH": Action.WEBHOOKS_WRITE, "DELETE": Action.WEBHOOKS_WRITE}

    @extend_schema(operation_id="webhooks_read", responses=WebhookSerializer)
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """One endpoint."""
        return Response(webhook_json(self.endpoint(webhook_id)))

    @extend_schema(operation_id="webhooks_change", request=ChangeWebhookSerializer, responses=WebhookSerializer)
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Change the address, the events or the description; switch it off, or on again."""
        endpoint = self.endpoint(webhook_id)
        changes = validated(ChangeWebhookSerializer, request.data)
        return Response(webhook_json(webhooks.update(caller=self.caller, endpoint=endpoint, **changes)))

    @extend_schema(operation_id="webhooks_delete", responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Delete the endpoint and its delivery log."""
        webhooks.delete(caller=self.caller, endpoint=self.endpoint(webhook_id))
        return Response(status=204)


class WebhookTestView(WebhookAPIView):
    actions = {"POST": Action.WEBHOOKS_WRITE}

    @extend_schema(operation_id="webhooks_test", request=None, responses={202: WebhookDeliverySerializer})
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send a `webhook.test` to the endpoint. The delivery log tells how it answered."""
        delivery = webhooks.send_test(caller=self.caller, endpoint=self.endpoint(webhook_id))
        return Response(delivery_json(delivery), status=202)


class RotateSecretView(WebhookAPIView):
    actions = {"POST": Action.WEBHOOKS_WRITE}

    @extend_schema(
        operation_id="webhooks_rotate_secret",
        request=None,
        responses=WebhookSecretSerializer,
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent(secret=True)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """A new secret, shown this once. Until `old_secret_until` messages carry a signature of each."""
        endpoint, secret = webhooks.rotate_secret(caller=self.caller, endpoint=self.endpoint(webhook_id))
        return Response({**webhook_json(endpoint), "secret": secret})


class DeliveriesView(WebhookAPIView):
    actions = {"GET": Action.WEBHOOKS_READ}

    @extend_schema(
        operation_id="webhooks_deliveries",
        parameters=[DeliveryQuerySerializer],
        responses=page_of(WebhookDeliverySerializer),
    )
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """What was sent to the endpoint and how it answered, newest first."""
        query = validated(DeliveryQuerySerializer, request.query_params.dict())
        wanted = {name: query[name] for name in ("status", "event") if name in query}
        rows = WebhookDelivery.objects.visible_to(self.caller).filter(endpoint=self.endpoint(webhook_id), **wanted)
        paginator = CursorPagination()
        page = paginator.paginate_queryset(rows.prefetch_related("attempts"), request, view=self) or []
        return paginator.get_paginated_response([delivery_json(row) for row in page])


class ReplayView(WebhookAPIView):
    actions = {"POST": Action.WEBHOOKS_WRITE}

    @extend_schema(operation_id="webhooks_replay", request=None, responses={202: WebhookDeliverySerializer})
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Send a message again, with the same `webhook-id` and body."""
        delivery = WebhookDelivery.objects.visible_to(self.caller).get_or_404(delivery_id)
        return Response(delivery_json(webhooks.replay(caller=self.caller, delivery=delivery)), status=202)
