"""How pages say amounts of audio and of bytes."""

from __future__ import annotations

from django import template

from billing.quota import amounts

register = template.Library()
register.filter("duration", amounts.duration)
register.filter("size", amounts.size)
