"""Amounts as people read them. Bytes in the decimal units in which plans are sold and disks are measured."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR = 60, 3600
KILO = 1000
UNITS = ("", "kB", "MB", "GB", "TB", "PB")


def duration(seconds: int | None) -> str:
    """`0` -> "0 min", `45` -> "45 s", `7500` -> "2 h 5 min", `-600` -> "−10 min"."""
    if seconds is None:
        return "–"
    if seconds < 0:
        return "\u2212" + duration(-seconds)
    if 0 < seconds < MINUTE:
        return _("%(seconds)d s") % {"seconds": seconds}
    hours, minutes = divmod(seconds // MINUTE, 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": minutes}
    if not minutes:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


def size(amount: int | None) -> str:
    """`0` -> "0 bytes", `31_400_000_000` -> "31.4 GB", `50_000_000_000` -> "50 GB"."""
    if amount is None:
        return "–"
    value, unit = float(amount), 0
    while value >= KILO and unit < len(UNITS) - 1:
        value, unit = value / KILO, unit + 1
    if not unit:
        return ngettext("%(number)d byte", "%(number)d bytes", amount) % {"number": amount}
    shown = round(value, 1)
    return f"{number_format(int(shown) if shown.is_integer() else shown)}\u00a0{UNITS[unit]}"
