"""Telling owners and admins, and endpoints, that most or all of the included time is used: once a period each."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.notices import Channel, Notice, wants
from billing.models import UsageThreshold
from billing.quota.limits import Limits
from billing.quota.refusals import upgrade_url
from config.common.clock import iso, now
from organizations.models import Organization
from organizations.notifications import mail, notices
from organizations.roles import Role
from organizations.webhooks.emitting import emit

PERCENTS = (80, 100)
WORDS = {
    "usage.threshold_80": _("80 %% of the included time is used."),
    "usage.threshold_100": _("All of the included time is used."),
}


def register() -> None:
    for kind, words in WORDS.items():
        notices.register(kind, words)


def tell(organization: Organization, limits: Limits, used_seconds: int) -> list[int]:
    """Tell of each share that `used_seconds` has reached and nobody was told of; which ones. The account is locked.

    Of a period that is over nobody is told: there is nothing to be done about it any more.
    """
    included = limits.included_seconds
    if not included or limits.period.end <= now():
        return []
    reached = [percent for percent in PERCENTS if used_seconds * 100 >= included * percent]
    new = [percent for percent in reached if _is_first(organization, limits, percent)]
    if new:
        # Where one long job passes both, one mail says it all; programs hear of each.
        _tell_people(organization, limits, used_seconds, max(new))
    for percent in new:
        emit(organization, "usage.threshold", _event(limits, used_seconds, percent))
    return new


def _is_first(organization: Organization, limits: Limits, percent: int) -> bool:
    _row, is_new = UsageThreshold.objects.get_or_create(
        organization=organization, period_start=limits.period.start, percent=percent
    )
    return is_new


def _event(limits: Limits, used_seconds: int, percent: int) -> dict[str, Any]:
    return {
        "percent": percent,
        "used_seconds": used_seconds,
        "included_seconds": limits.included_seconds,
        "period_start": iso(limits.period.start),
        "period_end": iso(limits.period.end),
    }


def _tell_people(organization: Organization, limits: Limits, used_seconds: int, percent: int) -> None:
    path = reverse("usage", kwargs={"slug": organization.slug})
    context = {
        "organization": organization,
        "percent": percent,
        "used_minutes": used_seconds // 60,
        "included_minutes": (limits.included_seconds or 0) // 60,
        "period_end": limits.period.end,
        "goes_on": limits.overage_allowed and limits.overage_cap_seconds != 0,
        "link": settings.PUBLIC_URL + path,
        "upgrade": upgrade_url(organization),
        "preferences": settings.PUBLIC_URL + reverse("preferences"),
    }
    for person in _people(organization):
        if wants(person, Notice.USAGE_THRESHOLD, Channel.APP):
            notices.tell(user=person, organization=organization, kind=f"usage.threshold_{percent}", path=path)
        if wants(person, Notice.USAGE_THRESHOLD, Channel.MAIL):
            mail.send("usage_threshold", person, context)


def _people(organization: Organization) -> list[User]:
    """Those who can do something about it."""
    in_charge = {"memberships__organization": organization, "memberships__role__in": [Role.OWNER, Role.ADMIN]}
    return list(User.objects.filter(is_active=True, **in_charge).distinct().order_by("email"))
