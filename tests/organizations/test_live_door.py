"""Tickets, the bus, and the door of the pages."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from accounts.models import User
from config.common.errors import NotAuthenticated, NotFound
from organizations import bus, tickets
from organizations.authenticate import caller_for_key, caller_for_user, caller_from_credentials
from organizations.context_processors import organization as page_context
from organizations.models import Organization
from organizations.pages import organization_page
from organizations.roles import Action
from tests.factories import make_api_key

pytestmark = pytest.mark.django_db


def test_ticket_works_once(api: Any, bob: User) -> None:
    ticket = api(bob).post("/tickets").json()["ticket"]
    caller = tickets.redeem(ticket)
    assert caller is not None
    assert (caller.user, caller.organization.slug, caller.role) == (bob, "baghdad-radio", "member")
    assert tickets.redeem(ticket) is None
    assert tickets.redeem("nonsense") is None


def test_ticket_of_a_key_keeps_its_scopes(organization: Organization) -> None:
    row, _ = make_api_key(organization, ["jobs:read"])
    caller = tickets.redeem(tickets.issue(caller_for_key(row)))
    assert caller is not None
    assert caller.actions == {Action.JOBS_READ}


def test_ticket_of_somebody_who_left_is_worthless(bob: User, organization: Organization) -> None:
    ticket = tickets.issue(caller_for_user(bob, organization.slug))
    bob.memberships.all().delete()
    assert tickets.redeem(ticket) is None


def test_live_process_reads_the_same_credentials(api: Any, bob: User, organization: Organization) -> None:
    headers = api(bob).headers
    assert caller_from_credentials(headers, organization.slug).user == bob
    _, text = make_api_key(organization)
    assert caller_from_credentials({"X-API-Key": text}, None).organization == organization
    with pytest.raises(NotAuthenticated):
        caller_from_credentials({}, organization.slug)
    with pytest.raises(NotFound):
        caller_from_credentials(headers, "elsewhere")


def test_events_reach_the_organization_and_the_job() -> None:
    organization_id, job_id = uuid.uuid4(), uuid.uuid4()

    async def listen_and_publish() -> list[dict[str, Any]]:
        layer = get_channel_layer()
        assert layer is not None
        channels = [await layer.new_channel() for _ in range(2)]
        await layer.group_add(bus.organization_group(organization_id), channels[0])
        await layer.group_add(bus.job_group(str(job_id)), channels[1])
        await asyncio.to_thread(bus.publish, organization_id, {"type": "job", "progress": 0.5}, job_id=job_id)
        return [await asyncio.wait_for(layer.receive(channel), 5) for channel in channels]

    heard = asyncio.run(listen_and_publish())
    assert heard == [{"type": "live.event", "event": {"type": "job", "progress": 0.5}}] * 2


def test_a_dead_bus_is_no_error(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["unix:///nowhere/redis.sock"]},
        }
    }
    bus.publish(uuid.uuid4(), {"type": "job"}, job_id=uuid.uuid4())


@organization_page(Action.MEDIA_WRITE)
def upload_page(request: HttpRequest, slug: str) -> HttpResponse:
    context = page_context(request)
    return HttpResponse(
        f"{context['organization'].slug} {context['can']['keys_manage']} {len(context['organizations'])}"
    )


def visit(rf: RequestFactory, user: Any, slug: str) -> HttpResponse:
    request = rf.get(f"/o/{slug}/upload")
    request.user = user
    request.session = SessionBase()
    response = upload_page(request, slug=slug)
    assert isinstance(response, HttpResponse)
    return response


def test_page_opens_for_who_may(rf: RequestFactory, bob: User, dana: User) -> None:
    assert visit(rf, bob, "baghdad-radio").content == b"baghdad-radio False 1"
    assert visit(rf, dana, "baghdad-radio").content == b"baghdad-radio True 1"


def test_page_stays_shut_for_others(rf: RequestFactory, carol: User, mallory: User) -> None:
    with pytest.raises(PermissionDenied):
        visit(rf, carol, "baghdad-radio")
    for slug in ("baghdad-radio", "nowhere"):
        with pytest.raises(Http404):
            visit(rf, mallory, slug)
    guest = visit(rf, AnonymousUser(), "baghdad-radio")
    assert guest.status_code == 302
    assert "/login/" in guest["Location"]
