"""Every page speaks the person's language and tells the time of their zone."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone, translation

from accounts.middleware import PreferencesMiddleware
from accounts.models import User
from accounts.notices import Channel, Notice, choices, wants
from accounts.services.people import update_person

pytestmark = pytest.mark.django_db


def seen_by(user: User, rf: RequestFactory) -> tuple[str, str]:
    """Language and zone inside a view that `user` opens with an English browser."""

    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{translation.get_language()} {timezone.get_current_timezone_name()}")

    request = rf.get("/")
    request.user = user
    with translation.override("en"):
        language, zone = PreferencesMiddleware(view)(request).content.decode().split()
    return language, zone


def test_chosen_language_and_zone(alice: User, rf: RequestFactory) -> None:
    update_person(user=alice, language="ar", time_zone="Asia/Baghdad")
    assert seen_by(alice, rf) == ("ar", "Asia/Baghdad")


def test_nothing_chosen_leaves_the_browsers_language(alice: User, rf: RequestFactory) -> None:
    assert seen_by(alice, rf) == ("en", "UTC")


def test_a_zone_that_is_gone_does_not_break_the_page(alice: User, rf: RequestFactory) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Gone/Zone", language="xx")
    alice.refresh_from_db()
    assert seen_by(alice, rf) == ("en", "UTC")


def test_the_next_request_starts_clean(alice: User, rf: RequestFactory) -> None:
    update_person(user=alice, time_zone="Asia/Baghdad")
    seen_by(alice, rf)
    assert timezone.get_current_timezone_name() == "UTC"


def test_only_preferences_can_be_changed(alice: User) -> None:
    with pytest.raises(TypeError):
        update_person(user=alice, is_staff=True)


def test_choices_of_news_over_the_api(api: Any, alice: User) -> None:
    program = api(alice)
    assert program.get("/auth/me").json()["notifications"] == {
        "job_completed": {"mail": False, "app": True},
        "job_failed": {"mail": True, "app": True},
        "comments": {"mail": True, "app": True},
        "usage_threshold": {"mail": True, "app": True},
    }
    changed = program.patch("/auth/me", {"notifications": {"job_failed": {"mail": False}}})
    assert changed.json()["notifications"]["job_failed"] == {"mail": False, "app": True}
    alice.refresh_from_db()
    assert not wants(alice, Notice.JOB_FAILED, Channel.MAIL)
    assert wants(alice, Notice.JOB_COMPLETED, Channel.APP)


@pytest.mark.parametrize(
    "body", [{"job_failed": {"pigeon": True}}, {"war": {"mail": True}}, {"job_failed": {"mail": "perhaps"}}, [], "x"]
)
def test_choices_that_mean_nothing_are_refused(api: Any, alice: User, body: Any) -> None:
    assert api(alice).patch("/auth/me", {"notifications": body}).status_code == 422


def test_choices_of_news_in_the_browser(client_for: Any, alice: User) -> None:
    form = {"theme": "dark", "time_zone": "Asia/Baghdad", "language": "", "job_completed.mail": "on"}
    assert client_for(alice).post("/preferences", form).status_code == 302
    alice.refresh_from_db()
    others = dict.fromkeys((Notice.JOB_FAILED, Notice.COMMENTS, Notice.USAGE_THRESHOLD), frozenset[Channel]())
    assert choices(alice) == {Notice.JOB_COMPLETED: frozenset({Channel.MAIL})} | others
    assert (alice.theme, alice.time_zone) == ("dark", "Asia/Baghdad")


def test_kinds_that_are_new_since_the_choice_are_as_by_default(alice: User) -> None:
    alice.notices = {"job_completed": [], "gone": ["mail"]}
    none, both = frozenset[Channel](), frozenset({Channel.MAIL, Channel.APP})
    others = dict.fromkeys((Notice.JOB_FAILED, Notice.COMMENTS, Notice.USAGE_THRESHOLD), both)
    assert choices(alice) == {Notice.JOB_COMPLETED: none} | others
