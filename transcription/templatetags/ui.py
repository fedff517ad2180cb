"""What templates need to draw times, icons and languages."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.conf import settings
from django.forms import BoundField
from django.template.defaultfilters import filesizeformat
from django.templatetags.static import static
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.common.clock import now
from config.common.modules import needed
from media.reasons import QUALITY_WARNINGS
from transcription.models import Job, Step
from transcription.services.failures import in_words
from transcription.services.languages import dialect_name, direction, language_name

register = template.Library()
PURPOSES = {
    "txt": gettext_lazy("Plain text"),
    "docx": gettext_lazy("Word document"),
    "pdf": gettext_lazy("For printing"),
    "srt": gettext_lazy("Subtitles"),
    "vtt": gettext_lazy("Subtitles for the web"),
    "md": gettext_lazy("Text with headings"),
    "csv": gettext_lazy("Spreadsheet"),
    "tsv": gettext_lazy("Audacity labels"),
    "json": gettext_lazy("All data"),
}
# Icons that point somewhere, and so turn around where text runs from right to left.
_DIRECTED = frozenset({"chevron", "arrow", "out"})

register.filter("language_name", language_name)
register.filter("dialect_name", dialect_name)
register.filter("direction", direction)
register.filter("in_words", in_words)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decoration from our sprite; the words beside it carry the meaning."""
    directed = " icon-directed" if name in _DIRECTED else ""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        directed,
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def modules(*names: str) -> SafeString:
    """The page's modules, after hints for all that they import: a browser fetches those side by side."""
    imported = ((static(name),) for name in needed(*names) if name not in names)
    hints = format_html_join("", '<link rel="modulepreload" href="{}">', imported)
    entries = ((static(name),) for name in names)
    return hints + format_html_join("", '<script type="module" src="{}"></script>', entries)


@register.filter
def clock(milliseconds: int | None) -> str:
    """`83000` -> "1:23", `3723000` -> "1:02:03"."""
    if milliseconds is None:
        return "–"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


@register.filter
def seconds(milliseconds: int | None) -> str:
    """Milliseconds as an HTML attribute in seconds, with a point in every language."""
    return "" if milliseconds is None else f"{milliseconds / 1000:.3f}"


@register.filter
def approximately(value: float | None) -> str:
    """Seconds as a person says them: "less than a minute", "4 min", "2 h 5 min"."""
    if value is None:
        return ""
    minutes = round(value / 60)
    if minutes < 1:
        return _("less than a minute")
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


@register.filter
def ago(moment: datetime) -> str:
    """ "just now", "5 minutes ago", "2 days ago": one unit is enough."""
    if now() - moment < timedelta(minutes=1):
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, depth=1)}


@register.filter
def percent(share: float | None) -> int:
    return round((share or 0.0) * 100)


@register.filter
def exact_percent(share: float | None) -> str:
    """`0.0734` -> "7.3 %"."""
    return "–" if share is None else f"{localize(round(share * 100, 1))} %"


@register.filter
def megabytes(number: int) -> str:
    """`1530` -> "1.4 GB", as recordings' sizes are written."""
    return filesizeformat(number * 1_000_000)


@register.filter
def unlocalized(number: float | None) -> str:
    """A number for an HTML attribute: with a point in every language."""
    return repr(round(number or 0.0, 4))


@register.filter
def kilobits(bits: int) -> int:
    return round(bits / 1000)


@register.filter
def took(work: Job | Step) -> int | None:
    """Milliseconds from start to end of a job or step."""
    if work.started_at is None or work.finished_at is None:
        return None
    return round((work.finished_at - work.started_at).total_seconds() * 1000)


@register.filter
def translated(sentence: str) -> str:
    """A sentence that was stored in English, in the reader's language where we have it."""
    return _(sentence) if sentence else ""


@register.filter
def quality_warning(kind: str) -> str:
    return _(QUALITY_WARNINGS[kind]) if kind in QUALITY_WARNINGS else kind


@register.filter
def format_purpose(name: str) -> str:
    return str(PURPOSES.get(name, ""))


@register.filter
def initial(name: str) -> str:
    return name.strip()[:1]


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's input with our class."""
    kind = getattr(field.field.widget, "input_type", "textarea")
    css = {"checkbox": "tick", "select": "select", "textarea": "textarea"}.get(kind, "input")
    return field.as_widget(attrs={"class": css})


@register.simple_tag
def live_url() -> str:
    """Where the live process listens; empty means this origin."""
    return str(settings.LIVE_URL)
