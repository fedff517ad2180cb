"""What people write into the company of a transcript."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from transcription.asr.export import FORMATS
from transcription.models import ReviewStatus
from transcription.models.comments import LONGEST_COMMENT

# "1:02:03", "2:03.5" or "123.5"; a person writes a moment as the player shows it.
MOMENT = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6}(?:\.\d{1,3})?)", re.ASCII)


class MomentField(forms.CharField):
    """A moment of the recording, in milliseconds."""

    def clean(self, value: Any) -> int:
        text = super().clean(value) or "0"
        match = MOMENT.fullmatch(text)
        if match is None:
            raise forms.ValidationError(gettext("Write a moment like 1:23 or 1:02:03."), code="invalid")
        hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return round((hours * 3600 + minutes * 60 + seconds) * 1000)


class CommentForm(forms.Form):
    text = forms.CharField(
        label=_("Comment"),
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto", "data-mentions": ""}),
    )
    at = MomentField(
        label=_("At"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "data-moment": ""}),
    )
    parent = forms.UUIDField(required=False, widget=forms.HiddenInput())


class ResolveForm(forms.Form):
    resolved = forms.BooleanField(required=False)


class StatusForm(forms.Form):
    status = forms.ChoiceField(label=_("Review"), choices=ReviewStatus.choices)


# Which formats an option is for; what is not named is for none of the others.
READING = frozenset({"txt", "md", "docx", "pdf"})
SUBTITLES = frozenset({"srt", "vtt"})
RULES = ("max_chars", "max_lines", "max_cps", "min_duration", "max_duration")
FOR: dict[str, frozenset[str]] = {
    "speakers": READING | SUBTITLES | {"csv", "tsv"},
    "timestamps": READING,
    "paragraphs": READING,
    "words": frozenset({"json"}),
    "bom": frozenset({"csv"}),
    "diacritics": frozenset(FORMATS),
    "digits": frozenset(FORMATS),
    **dict.fromkeys(RULES, SUBTITLES),
}


DIGIT_CHOICES = [("as_is", _("As they are")), ("arabic", "٠١٢٣"), ("latin", "0123")]


class ExportForm(forms.Form):
    """The options of the API's export. A box that is not ticked is told too: some are on where nobody says anything."""

    format = forms.ChoiceField(label=_("Format"), choices=[(name, name.upper()) for name in FORMATS], initial="srt")
    speakers = forms.BooleanField(label=_("Names of the speakers"), required=False, initial=True)
    timestamps = forms.BooleanField(label=_("Times"), required=False)
    paragraphs = forms.BooleanField(label=_("Join lines to paragraphs"), required=False, initial=True)
    words = forms.BooleanField(label=_("Every word with its times"), required=False, initial=True)
    bom = forms.BooleanField(label=_("For Excel"), required=False)
    diacritics = forms.BooleanField(label=_("Arabic diacritics"), required=False, initial=True)
    digits = forms.ChoiceField(label=_("Digits"), choices=DIGIT_CHOICES, initial="as_is", required=False)
    max_chars = forms.IntegerField(label=_("Characters a line"), initial=42, min_value=10, max_value=200)
    max_lines = forms.IntegerField(label=_("Lines a subtitle"), initial=2, min_value=1, max_value=4)
    max_cps = forms.FloatField(label=_("Characters a second"), initial=17, min_value=5, max_value=100)
    min_duration = forms.FloatField(label=_("Shown for at least (s)"), initial=1, min_value=0, max_value=10)
    max_duration = forms.FloatField(label=_("Shown for at most (s)"), initial=7, min_value=1, max_value=60)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="export-%s")

    @property
    def chosen(self) -> str:
        return str(self.data.get("format", "srt")) if self.is_bound else "srt"

    def query(self) -> dict[str, str]:
        """What the API would be asked: the options that matter to the format, as they were given."""
        known = [name for name, formats in FOR.items() if self.chosen in formats]
        return {name: self._given(name) for name in known if self._given(name)}

    def rows(self) -> list[tuple[forms.BoundField, str, bool]]:
        """Every option, the formats that it is for, and whether its box is ticked."""
        return [(self[name], " ".join(sorted(formats)), self._is_on(name)) for name, formats in FOR.items()]

    def _is_on(self, name: str) -> bool:
        """As the export takes it: what nobody said is as it begins."""
        given = self._given(name)
        return given != "0" if given else bool(self.fields[name].initial)

    def _given(self, name: str) -> str:
        if not self.is_bound:
            return ""
        # Two of the same name: a hidden 0, and a 1 where the box is ticked. The last one counts.
        return str(self.data.get(name, ""))


class CompareForm(forms.Form):
    """Two versions; 0 is the machine's."""

    def __init__(self, data: Any = None, *, newest: int) -> None:
        super().__init__(data, auto_id="compare-%s")
        for name, label, initial in (("from", _("From version"), 0), ("to", _("To version"), newest)):
            self.fields[name] = forms.IntegerField(label=label, min_value=0, max_value=newest, initial=initial)

    def versions(self) -> tuple[int, int]:
        return self.cleaned_data["from"], self.cleaned_data["to"]


class RestoreForm(forms.Form):
    version = forms.IntegerField(min_value=0)
    segment = forms.UUIDField(required=False)
