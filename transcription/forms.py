"""Forms of the pages. They shape input; what is allowed, the services decide."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from config.common.clock import from_now
from media.models import Project, Tag
from organizations.setting_forms import DefaultsForm, days_field
from transcription.asr.metrics.words import Folding
from transcription.asr.options import METHODS, MOST_SPEAKERS
from transcription.asr.text.arabic import ArabicOptions
from transcription.services.evaluations import LONGEST_REFERENCE, text_of_file
from transcription.services.languages import LANGUAGES, language_name
from transcription.services.search import Search
from transcription.services.selectors import STATES, RecordingFilter

MODES = [
    ("", _("As usual")),
    ("dialogue", _("Several voices, told apart")),
    ("mono", _("One voice")),
]
ENHANCEMENTS = [
    ("denoise", _("Reduce noise")),
    ("loudness", _("Even out loudness")),
    ("highpass", _("Cut low rumble")),
]
STATE_NAMES = {
    "transcribed": _("Transcribed"),
    "processing": _("Being worked on"),
    "failed": _("Failed"),
    "untranscribed": _("Not transcribed yet"),
}


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class OptionsForm(forms.Form):
    """How to transcribe. Fields left empty follow the project, then the organization, then the server."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    mode = forms.ChoiceField(label=_("Speakers"), choices=MODES, required=False)

    def __init__(self, *args: Any, languages: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(code, language_name(code)) for code in languages]
        choose(self.fields["language"], [("", _("As usual")), ("auto", _("Detect language")), *known])

    def options(self) -> dict[str, Any]:
        """The `options` of the API with only the fields that say something."""
        return {name: self.cleaned_data[name] for name in ("language", "mode") if self.cleaned_data.get(name)}


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files from one control; gives a list."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        files: list[UploadedFile] = [super(ManyFilesField, self).clean(file, initial) for file in data or [None]]
        return files


class UploadForm(OptionsForm):
    """The drop zone, and with scripts off the whole upload."""

    uploads = ManyFilesField(
        label=_("Files"), error_messages={"required": _("Choose at least one file."), "empty": _("A file is empty.")}
    )
    project = forms.ModelChoiceField(Project.objects.none(), label=_("Project"), required=False)

    def __init__(self, *args: Any, projects: QuerySet[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self.fields["project"], projects, _("No project"))


class TranscribeForm(OptionsForm):
    """Transcribe a recording again, with more to choose."""

    engine = forms.ChoiceField(label=_("Engine"), required=False)
    task = forms.ChoiceField(
        label=_("Write down"),
        choices=[("transcribe", _("What was said")), ("translate", _("An English translation"))],
        required=False,
    )
    speakers = forms.IntegerField(
        label=_("Number of speakers"),
        required=False,
        min_value=1,
        max_value=MOST_SPEAKERS,
        help_text=_("Empty: found out."),
    )
    vocabulary = forms.CharField(
        label=_("Names and terms"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line. The recognizer listens for them."),
    )
    enhance = forms.MultipleChoiceField(
        label=_("Sound"),
        choices=ENHANCEMENTS,
        required=False,
        help_text=_("Off as a rule: recognizers are trained on noise, and reducing it can add mistakes."),
    )

    def __init__(self, *args: Any, engines: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self.fields["engine"], [("", _("As usual")), *((name, name) for name in engines)])

    def options(self) -> dict[str, Any]:
        data = self.cleaned_data
        found = super().options()
        if data["engine"]:
            found["engine"] = data["engine"]
        if data["task"] == "translate":
            found["task"] = "translate"
        if data["speakers"]:
            found["diarization"] = {"enabled": True, "speakers": data["speakers"]}
        terms = [line.strip() for line in data["vocabulary"].splitlines() if line.strip()]
        return found | {name: value for name, value in (("vocabulary", terms), ("enhance", data["enhance"])) if value}


class RediarizeForm(forms.Form):
    """How to tell the speakers of a finished job apart again."""

    speakers = forms.IntegerField(required=False, min_value=1, max_value=MOST_SPEAKERS)
    method = forms.ChoiceField(choices=[(name, name) for name in METHODS], required=False)

    def options(self) -> dict[str, Any]:
        """In the API's form."""
        return {"method": self.cleaned_data["method"] or "auto", "speakers": self.cleaned_data["speakers"]}


class RecordingForm(forms.Form):
    """What people may change about a recording."""

    name = forms.CharField(label=_("Name"), max_length=255)
    description = forms.CharField(
        label=_("Description"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    project = forms.ModelChoiceField(Project.objects.none(), label=_("Project"), required=False)
    tags = forms.CharField(label=_("Tags"), required=False, max_length=1000, help_text=_("Separated by commas."))

    def __init__(self, *args: Any, projects: QuerySet[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self.fields["project"], projects, _("No project"))

    def clean_tags(self) -> list[str]:
        names = self.cleaned_data["tags"].replace("،", ",").split(",")
        return [name.strip() for name in names if name.strip()]


class ProjectForm(DefaultsForm):
    name = forms.CharField(label=_("Name"), max_length=200)
    audio_retention_days = days_field(_("Keep audio for (days)"), _("Empty: as the organization says."))
    transcript_retention_days = days_field(_("Keep transcripts for (days)"), _("Empty: as the organization says."))

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        own = ("name", "audio_retention_days", "transcript_retention_days")
        kwargs["initial"] = {name: getattr(project, name) for name in own}
        super().__init__(*args, defaults=project.defaults, **kwargs)

    def changes(self) -> dict[str, Any]:
        own = ("name", "audio_retention_days", "transcript_retention_days")
        return {"defaults": self.defaults(), **{name: self.cleaned_data[name] for name in own}}


class FilterForm(forms.Form):
    """Reads the address of the recordings page. What it cannot read, it leaves out."""

    q = forms.CharField(label=_("Search by name"), required=False, max_length=200)
    state = forms.ChoiceField(label=_("Status"), required=False)
    project = forms.ChoiceField(label=_("Project"), required=False)
    tag = forms.ChoiceField(label=_("Tag"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    order = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, projects: QuerySet[Project], tags: QuerySet[Tag], languages: list[str]) -> None:
        super().__init__(*args)
        states = [(state, STATE_NAMES[state]) for state in STATES]
        named = [(str(project.pk), project.name) for project in projects]
        choose(self.fields["state"], [("", _("Any status")), *states])
        choose(self.fields["project"], [("", _("Any project")), *named, ("none", _("No project"))])
        choose(self.fields["tag"], [("", _("Any tag")), *((str(tag.pk), tag.name) for tag in tags)])
        spoken = [(code, LANGUAGES.get(code, code)) for code in languages]
        choose(self.fields["language"], [("", _("Any language")), *spoken])

    def wanted(self) -> RecordingFilter:
        self.is_valid()
        return RecordingFilter(**{name: value for name, value in self.cleaned_data.items() if value})


class EvaluationForm(forms.Form):
    """A reference text, pasted or as a file, and what makes no difference."""

    text = forms.CharField(label=_("What was really said"), required=False, widget=forms.Textarea(attrs={"rows": 12}))
    file = forms.FileField(
        label=_("Or a file"), required=False, help_text=_("Text, SRT or VTT. It is used in place of what is pasted.")
    )
    case = forms.BooleanField(label=_("Capital and small letters are the same"), required=False, initial=True)
    punctuation = forms.BooleanField(label=_("Punctuation does not count"), required=False, initial=True)
    numbers = forms.BooleanField(label=_("English digits and number words are the same"), required=False)
    arabic = forms.BooleanField(
        label=_("Arabic spellings are the same"),
        required=False,
        initial=True,
    )
    hamza = forms.BooleanField(label=_("… and a hamza on waw or yaa too"), required=False)

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["numbers"].initial = language == "en"
        self.fields["text"].widget.attrs["dir"] = "auto"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        file = data.get("file")
        if not data.get("text", "").strip() and not file and "file" not in self.errors:
            self.add_error("text", _("Paste the text, or choose a file."))
        # Bytes, of which a letter has up to four; the service counts letters.
        if file and file.size > 4 * LONGEST_REFERENCE:
            self.add_error("file", _("This file is too large for a text of one recording."))
        return data

    def reference(self) -> tuple[str, str]:
        """(text, format). Raises Invalid for a file that is no text."""
        file = self.cleaned_data["file"]
        return text_of_file(file.name, file.read()) if file else (self.cleaned_data["text"], "txt")

    def folding(self) -> Folding:
        data = self.cleaned_data
        arabic = ArabicOptions(hamza=data["hamza"]) if data["arabic"] else None
        return Folding(case=data["case"], punctuation=data["punctuation"], numbers=data["numbers"], arabic=arabic)

    @classmethod
    def ignored(cls, folding: Folding) -> list[str]:
        """What made no difference, in the words of this form."""
        arabic = {"arabic": folding.arabic is not None, "hamza": folding.arabic is not None and folding.arabic.hamza}
        chosen = {"case": folding.case, "punctuation": folding.punctuation, "numbers": folding.numbers, **arabic}
        return [str(cls.base_fields[name].label) for name, is_chosen in chosen.items() if is_chosen]


def choose(field: forms.Field, choices: list[tuple[str, Any]]) -> None:
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
    field.choices = choices


def _offer(field: forms.Field, projects: QuerySet[Project], nothing: Any) -> None:
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - narrows the type
    field.queryset = projects
    field.empty_label = nothing


class SearchForm(forms.Form):
    """The address of the search page."""

    q = forms.CharField(label=_("Words to search for"), max_length=200, required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    speaker = forms.CharField(label=_("Speaker"), max_length=200, required=False)
    from_day = forms.DateField(label=_("Uploaded from"), required=False, widget=DateInput())
    to_day = forms.DateField(label=_("Uploaded until"), required=False, widget=DateInput())
    recording = forms.UUIDField(widget=forms.HiddenInput(), required=False)

    def __init__(self, *args: Any, projects: QuerySet[Project], languages: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(code, LANGUAGES.get(code, code)) for code in languages]
        choose(self.fields["language"], [("", _("Every language")), *known])
        self.fields["project"] = forms.ModelChoiceField(
            projects, label=_("Project"), required=False, empty_label=_("Every project")
        )

    @property
    def narrows(self) -> bool:
        return any(self.data.get(name) for name in ("language", "project", "speaker", "from_day", "to_day"))

    def wanted(self) -> Search:
        given = self.cleaned_data
        project = given["project"]
        return Search(
            q=given["q"],
            language=given["language"],
            speaker=given["speaker"].strip(),
            project=project.pk if project else None,
            recording=given["recording"],
            from_day=given["from_day"],
            to_day=given["to_day"],
        )


class ShareForm(forms.Form):
    """A link to share a transcript by."""

    LIVES: ClassVar[list[tuple[str, Any]]] = [
        ("1", _("A day")),
        ("7", _("A week")),
        ("30", _("A month")),
        ("", _("Until it is revoked")),
    ]
    name = forms.CharField(label=_("What it is for"), max_length=100, required=False)
    days = forms.ChoiceField(label=_("It works for"), choices=LIVES, initial="7", required=False)
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    allow_download = forms.BooleanField(label=_("Readers may download the text"), required=False)
    show_speakers = forms.BooleanField(label=_("Readers see the speakers' names"), required=False, initial=True)

    def values(self) -> dict[str, Any]:
        """For `shares.create`."""
        given = dict(self.cleaned_data)
        days = given.pop("days")
        return given | {"expires_at": from_now(days=int(days)) if days else None}


class UnlockForm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
