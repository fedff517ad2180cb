"""Forms of the glossary pages. They shape input; what is allowed, the services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from transcription.models.glossaries import LEAST_BOOST, LONGEST_ENTRY, MOST_BOOST, USUAL_BOOST
from transcription.services.dialects import LONGEST_NOTES, LONGEST_PROMPT


class EntryForm(forms.Form):
    text = forms.CharField(label=_("Term"), max_length=LONGEST_ENTRY)
    replacement = forms.CharField(
        label=_("Written as"),
        max_length=LONGEST_ENTRY,
        required=False,
        help_text=_("Leave it empty for a term to listen for. Filled in, it is written wherever the term is heard."),
    )
    boost = forms.IntegerField(
        label=_("Boost"),
        min_value=LEAST_BOOST,
        max_value=MOST_BOOST,
        initial=USUAL_BOOST,
        help_text=_("1 to 10: the most important terms first."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("text", "replacement"):
            self.fields[name].widget.attrs["dir"] = "auto"


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("The first line names the columns: text, replacement, boost. Saved as “CSV UTF-8”."),
    )
    replace = forms.BooleanField(label=_("Remove entries that are not in the file"), required=False)


class DialectForm(forms.Form):
    """What an organization writes over a dialect."""

    prompt = forms.CharField(
        label=_("Prompt"),
        max_length=LONGEST_PROMPT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("A sentence or two in the dialect itself. It is set before the recording."),
    )
    vocabulary = forms.CharField(
        label=_("Vocabulary"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("Common words of the dialect, separated by spaces or commas."),
    )
    notes = forms.CharField(
        label=_("Notes"),
        max_length=LONGEST_NOTES,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("For your people: when to choose it."),
    )

    def clean_vocabulary(self) -> list[str]:
        text: str = self.cleaned_data["vocabulary"]
        return text.replace("،", " ").replace(",", " ").split()
