"""How pages show a person's sessions."""

from __future__ import annotations

import re
from uuid import UUID

from allauth.usersessions.models import UserSession
from django import template
from django.conf import settings
from django.utils.translation import gettext as _

from accounts import letters, sessions

register = template.Library()
# The first that is found counts: each names itself after those whose sites it wants to be served by.
BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
PROGRAM = re.compile(r"[\w.-]{2,40}")


@register.filter
def device(user_agent: str) -> str:
    """ "Firefox, Linux" for a browser, "curl" for a program."""
    browser = next((name for sign, name in BROWSERS.items() if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    if browser:
        return ", ".join(filter(None, (browser, system)))
    program = PROGRAM.match(user_agent)
    return program[0] if program else _("Unknown program")


@register.simple_tag
def mailbox_is_here() -> bool:
    """Whether mails are files that `/mail` shows, and not on their way to anybody."""
    return settings.EMBEDDED and letters.are_kept()


@register.filter
def session_id(session: UserSession) -> UUID:
    return sessions.public_id(session)
