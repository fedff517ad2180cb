"""Transcripts of people who talk, for the tests of editing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from organizations.models import Organization
from tests.api_client import ApiClient
from tests.factories import make_transcript
from transcription.asr.serial import words_to_json
from transcription.asr.types import Word
from transcription.models import Segment, Speaker, Transcript
from transcription.models.transcripts import POSITION_STEP

TALK = (
    ("S1", "Good morning everybody and welcome."),
    ("S2", "Thank you for coming to Baghdad."),
    ("S1", "Shall we begin with the budget?"),
    ("S1", "The budget is larger than last year."),
    ("S2", "That is good news for everybody."),
)
LINE_MS, WORD_MS = 4000, 500


def make_talk(organization: Organization, said: Sequence[tuple[str, str]] = TALK, **fields: Any) -> Transcript:
    """A line every four seconds; a word every half second, of 400 ms."""
    known = {"lines": 0, "segment_count": len(said), "duration_ms": len(said) * LINE_MS}
    transcript = make_transcript(organization, **{**known, **fields})
    labels = dict.fromkeys(["S1", *(label for label, _ in said)])
    Speaker.objects.filter(transcript=transcript).delete()
    speakers = {
        label: Speaker.objects.create(organization=organization, transcript=transcript, label=label) for label in labels
    }
    Segment.objects.bulk_create(
        Segment.folded(
            organization=organization,
            transcript=transcript,
            speaker=speakers[label],
            position=(at + 1) * POSITION_STEP,
            start_ms=at * LINE_MS,
            end_ms=at * LINE_MS + 3800,
            text=text,
            language="en",
            confidence=0.9,
            words=words_to_json(words_of(text, at * LINE_MS, label)),
        )
        for at, (label, text) in enumerate(said)
    )
    return transcript


def words_of(text: str, start_ms: int, label: str) -> list[Word]:
    return [
        Word(word, start_ms + at * WORD_MS, start_ms + at * WORD_MS + 400, 0.9, label)
        for at, word in enumerate(text.split())
    ]


@dataclass
class Editor:
    """Somebody who edits a transcript over the API, and knows the lines as they last saw them."""

    api: ApiClient
    transcript: Transcript

    @property
    def path(self) -> str:
        return f"/transcripts/{self.transcript.pk}"

    def lines(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.get(f"{self.path}/segments?limit=1000").json()["data"]
        return found

    def texts(self) -> list[str]:
        return [line["text"] for line in self.lines()]

    def speakers(self) -> dict[str, str]:
        """Label -> id."""
        return {one["label"]: one["id"] for one in self.api.get(f"{self.path}/speakers").json()["data"]}

    def version(self) -> int:
        version: int = self.api.get(self.path).json()["version"]
        return version

    def ask(self, method: str, path: str, body: Any = None, *, line: dict[str, Any] | None = None) -> Any:
        headers = {"If-Match": f'"{line["version"]}"'} if line else {}
        return self.api.request(method, f"{self.path}/{path}", body, **headers)

    def edit(self, line: dict[str, Any], **fields: Any) -> Any:
        return self.ask("PATCH", f"segments/{line['id']}", fields, line=line)

    def split(self, line: dict[str, Any], at: int) -> Any:
        return self.ask("POST", f"segments/{line['id']}/split", {"at": at}, line=line)

    def merge(self, line: dict[str, Any], other: dict[str, Any]) -> Any:
        body = {"with": other["id"], "with_version": other["version"]}
        return self.ask("POST", f"segments/{line['id']}/merge", body, line=line)

    def delete(self, line: dict[str, Any]) -> Any:
        return self.ask("DELETE", f"segments/{line['id']}", line=line)

    def undo(self, number: int) -> Any:
        return self.ask("POST", f"operations/{number}/undo")

    def done(self, answer: Any, status: int = 200) -> dict[str, Any]:
        """The answer of an operation that went well."""
        assert answer.status_code == status, answer.content
        body: dict[str, Any] = answer.json()
        return body
