"""Most or all of the included time is used: owners, admins and endpoints hear of it, once a period."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.core.mail import EmailMessage

from accounts.models import User
from billing import usage
from billing.models import UsageEntry, UsageThreshold
from billing.services import adjustments
from config.common.clock import now
from organizations.models import Notification, Organization, WebhookDelivery
from tests.api_client import ApiClient
from tests.billing.accounts import KEY, agree, subscribe
from tests.factories import make_webhook

pytestmark = pytest.mark.django_db
Mails = Callable[[], list[EmailMessage]]


def spend(organization: Organization, key: str, seconds: int) -> None:
    usage.reserve(organization=organization, key=key, seconds=seconds)
    usage.settle(key=key, seconds=seconds)


@pytest.fixture
def limited(organization: Organization, dana: User, bob: User, carol: User) -> Organization:
    agree(organization, included_seconds=6000)
    return organization


def told(mails: Mails) -> list[tuple[str, str]]:
    return sorted((mail.to[0], str(mail.subject)) for mail in mails())


def test_at_eighty_and_at_a_hundred_once_each(limited: Organization, mails: Mails) -> None:
    make_webhook(limited, events=["usage.threshold"])
    spend(limited, "a", 4799)
    assert told(mails) == []
    spend(limited, "b", 1)
    most = "80 % of the included time of Baghdad Radio is used"
    assert told(mails) == [("alice@example.com", most), ("dana@example.com", most)]
    spend(limited, "c", 1199)
    assert len(told(mails)) == 2
    spend(limited, "d", 1)
    assert told(mails)[1] == ("alice@example.com", "The included time of Baghdad Radio is used")
    assert len(told(mails)) == 4
    bodies = [
        orjson.loads(body) for body in WebhookDelivery.objects.order_by("created_at").values_list("body", flat=True)
    ]
    assert [body["data"]["percent"] for body in bodies] == [80, 100]
    assert (bodies[1]["data"]["used_seconds"], bodies[1]["data"]["included_seconds"]) == (6000, 6000)
    assert Notification.objects.filter(organization=limited).count() == 4


def test_one_long_job_past_both_is_one_mail_and_two_events(limited: Organization, mails: Mails) -> None:
    make_webhook(limited)
    spend(limited, "a", 6000)
    assert [to for to, _subject in told(mails)] == ["alice@example.com", "dana@example.com"]
    assert WebhookDelivery.objects.filter(event="usage.threshold").count() == 2


def test_what_is_only_reserved_or_failed_tells_nobody(limited: Organization, mails: Mails) -> None:
    usage.reserve(organization=limited, key="a", seconds=6000)
    usage.release(key="a")
    assert told(mails) == []
    assert not UsageThreshold.objects.exists()


def test_the_next_period_tells_again_and_an_old_job_does_not(limited: Organization, mails: Mails) -> None:
    usage.reserve(organization=limited, key="old", seconds=5000)
    UsageEntry.objects.update(created_at=usage.month_start() - timedelta(seconds=1))
    usage.settle(key="old", seconds=5000)
    assert told(mails) == []
    spend(limited, "a", 5000)
    assert len(told(mails)) == 2
    UsageEntry.objects.update(created_at=usage.month_start() - timedelta(days=1))
    UsageThreshold.objects.update(period_start=usage.month_start() - timedelta(days=20))
    spend(limited, "b", 5000)
    assert len(told(mails)) == 4


def test_people_choose_how_they_hear_of_it_and_in_which_language(
    limited: Organization, alice: User, dana: User, mails: Mails, api: Callable[[User], ApiClient]
) -> None:
    choice = {"notifications": {"usage_threshold": {"mail": False, "app": True}}}
    assert api(dana).patch("/auth/me", choice).status_code == 200
    User.objects.filter(pk=alice.pk).update(language="ar")
    spend(limited, "a", 5000)
    (mail,) = mails()
    assert mail.to == ["alice@example.com"]
    news = api(dana).get("/notifications").json()["data"]
    assert [one["message"] for one in news] == ["80 % of the included time is used."]


def test_the_mail_names_a_larger_plan_only_where_there_is_one(
    organization: Organization, mails: Mails, settings: Any
) -> None:
    agree(organization, included_seconds=600)
    spend(organization, "a", 600)
    assert "New transcriptions are refused" in str(mails()[0].body)
    assert "/plan" not in str(mails()[0].body)
    settings.STRIPE_SECRET_KEY = KEY
    subscribe(organization, "pro", period_start=now(), period_end=now() + timedelta(days=30))
    spend(organization, "b", 600)
    assert f"/o/{organization.slug}/plan" in str(mails()[1].body)
    assert "what comes on top is billed" in str(mails()[1].body)


def test_corrections_count_too(limited: Organization, alice: User, mails: Mails) -> None:
    adjustments.correct(organization=limited, seconds=4800, reason="Imported from the old system", staff=alice)
    assert len(told(mails)) == 2
