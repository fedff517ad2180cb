"""Comments, mentions and highlights: who may, who hears of it, and what stays of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from organizations.models import AuditEvent, Membership, Notification, Organization
from organizations.notifications import notices
from tests.api_client import ApiClient
from tests.factories import make_api_key, make_transcript, make_user
from transcription.models import Comment, Highlight, Segment, Transcript
from transcription.services import comments, highlights, mentions

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]
Mails = Callable[[], list[EmailMessage]]


@pytest.fixture
def transcript(organization: Organization) -> Transcript:
    return make_transcript(organization, lines=4)


@pytest.fixture
def write(api: Api, transcript: Transcript) -> Callable[..., dict[str, Any]]:
    """`write(bob, "text", at=1.5)`: the API's answer."""

    def post(who: User | str, text: str, **more: Any) -> dict[str, Any]:
        answer = api(who).post(f"/transcripts/{transcript.pk}/comments", {"text": text, **more})
        assert answer.status_code == 201, answer.content
        made: dict[str, Any] = answer.json()
        return made

    return post


def listed(program: ApiClient, transcript: Transcript, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = program.get(f"/transcripts/{transcript.pk}/comments{query}").json()["data"]
    return found


def actions(organization: Organization) -> list[str]:
    rows = AuditEvent.objects.filter(organization=organization, action__regex="^(comment|highlight|transcript)")
    return list(rows.order_by("created_at").values_list("action", flat=True))


class TestThreads:
    def test_comments_stand_in_the_order_of_their_moments_with_answers(
        self, api: Api, write: Any, alice: User, bob: User, transcript: Transcript
    ) -> None:
        later = write(bob, "Later", at=5.25)
        first = write(alice, "First", at=1)
        answer = write(alice, "Yes", parent=later["id"])
        again = write(bob, "Yes, yes", parent=answer["id"])
        data = listed(api(bob), transcript)
        assert [(one["text"], one["at"]) for one in data] == [("First", 1.0), ("Later", 5.25)]
        assert [one["text"] for one in data[1]["replies"]] == ["Yes", "Yes, yes"]
        # An answer to an answer belongs to the same thread, at the same moment.
        assert (again["parent"], again["at"]) == (later["id"], 5.25)
        assert first["author"] == {"id": str(alice.pk), "name": "Alice Ahmad", "kind": "person"}

    def test_a_list_costs_the_same_whatever_its_length(
        self,
        api: Api,
        write: Any,
        bob: User,
        transcript: Transcript,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for at in range(6):
            parent = write(bob, f"Comment {at}", at=at)
            write(bob, "Answer", parent=parent["id"])
        program = api(bob)
        with django_assert_max_num_queries(12):
            assert len(listed(program, transcript, "?limit=3")) == 3
        following = program.get(f"/transcripts/{transcript.pk}/comments?limit=3").json()["next"]
        rest = program.get(following.split("/api/v1")[1]).json()["data"]
        assert [one["text"] for one in rest] == ["Comment 3", "Comment 4", "Comment 5"]

    def test_resolved_ones_can_be_told_apart(
        self, api: Api, write: Any, alice: User, bob: User, transcript: Transcript
    ) -> None:
        made, path = write(bob, "Fix it"), f"/transcripts/{transcript.pk}/comments"
        resolved = api(alice).post(f"{path}/{made['id']}/resolve").json()
        assert resolved["resolved_by"]["id"] == str(alice.pk) and resolved["resolved_at"]
        assert listed(api(bob), transcript, "?resolved=0") == []
        assert [one["id"] for one in listed(api(bob), transcript, "?resolved=1")] == [made["id"]]
        api(alice).post(f"{path}/{made['id']}/resolve")
        assert api(bob).post(f"{path}/{made['id']}/reopen").json()["resolved_at"] is None
        answer = write(bob, "An answer", parent=made["id"])
        assert api(bob).post(f"{path}/{answer['id']}/resolve").status_code == 422

    def test_only_the_author_changes_a_comment_and_an_admin_may_delete_it(
        self, api: Api, write: Any, alice: User, bob: User, dana: User, organization: Organization
    ) -> None:
        made = write(bob, "Mine")
        path = f"/transcripts/{made['transcript']}/comments/{made['id']}"
        other = Membership.objects.create(organization=organization, user=make_user("eve@example.com"), role="member")
        assert api(dana).patch(path, {"text": "Not mine"}).status_code == 403
        assert api(other.user).delete(path).status_code == 403
        changed = api(bob).patch(path, {"text": "Mine, better"}).json()
        assert changed["text"] == "Mine, better" and changed["edited_at"]
        write(alice, "Answer", parent=made["id"])
        assert api(dana).delete(path).status_code == 204
        assert not Comment.objects.exists(), "answers go with what they answer"

    def test_what_was_said_is_not_in_the_audit_log(
        self, api: Api, write: Any, bob: User, organization: Organization
    ) -> None:
        made = write(bob, "A very private word")
        path = f"/transcripts/{made['transcript']}/comments/{made['id']}"
        api(bob).patch(path, {"text": "Another private word"})
        api(bob).post(f"{path}/resolve")
        api(bob).post(f"{path}/reopen")
        api(bob).delete(path)
        steps = ["created", "changed", "resolved", "reopened", "deleted"]
        assert actions(organization) == [f"comment.{step}" for step in steps]
        assert not any("private" in str(event.data) for event in AuditEvent.objects.all())

    @pytest.mark.parametrize(
        "body",
        [{}, {"text": "   "}, {"text": "x" * 5001}, {"text": "x", "at": -1}, {"text": "x", "mentions": ["nobody"]},
         {"text": "x", "colour": "red"}],
    )  # fmt: skip
    def test_what_cannot_be_a_comment(self, api: Api, bob: User, transcript: Transcript, body: Any) -> None:
        assert api(bob).post(f"/transcripts/{transcript.pk}/comments", body).status_code == 422

    def test_a_comment_of_another_transcript_is_not_there(
        self, api: Api, write: Any, bob: User, organization: Organization
    ) -> None:
        made, other = write(bob, "Here"), make_transcript(organization)
        assert api(bob).patch(f"/transcripts/{other.pk}/comments/{made['id']}", {"text": "x"}).status_code == 404
        answer = api(bob).post(f"/transcripts/{other.pk}/comments", {"text": "x", "parent": made["id"]})
        assert answer.status_code == 404

    def test_there_is_an_end_to_it(
        self, api: Api, write: Any, bob: User, transcript: Transcript, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(comments, "MOST_COMMENTS", 1)
        write(bob, "One")
        refused = api(bob).post(f"/transcripts/{transcript.pk}/comments", {"text": "Two"})
        assert (refused.status_code, refused.json()["error_type"]) == (409, "too_many_comments")

    def test_a_moment_beyond_the_recording_is_its_end(self, write: Any, bob: User, transcript: Transcript) -> None:
        assert write(bob, "Late", at=999)["at"] == transcript.duration_ms / 1000

    def test_a_program_comments_too(self, write: Any, organization: Organization, bob: User) -> None:
        row, key = make_api_key(organization, ["transcripts:write", "transcripts:read"])
        assert write(key, "Checked.")["author"] == {"id": str(row.pk), "name": row.name, "kind": "key"}


class TestMentions:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Please look, @bob@example.com.", ["Bob"]),
            ("@Bob, is it so?", ["Bob"]),
            ("@alice ahmad and @BOB", ["Alice", "Bob"]),
            ("write to bob@example.com", []),
            ("@Bobby is somebody else", []),
            ("@", []),
            ("no one", []),
        ],
    )
    def test_names_behind_the_sign(
        self, text: str, expected: list[str], alice: User, bob: User, organization: Organization
    ) -> None:
        found = mentions.named_in(text, mentions.people_of(organization))
        assert sorted(user.first_name for user in found) == expected

    def test_the_longer_name_is_meant(self, organization: Organization, bob: User) -> None:
        long = make_user("bob2@example.com", first_name="Bob", last_name="Lee")
        Membership.objects.create(organization=organization, user=long, role="member")
        found = mentions.named_in("@Bob Lee knows", mentions.people_of(organization))
        assert [user.pk for user in found] == [long.pk]

    def test_who_is_mentioned_hears_of_it_in_the_pages_and_by_mail(
        self, write: Any, alice: User, bob: User, mails: Mails, transcript: Transcript
    ) -> None:
        made = write(bob, "@Alice Ahmad, who says this?", at=2.5)
        assert made["mentions"] == [str(alice.pk)]
        (news,) = Notification.objects.filter(user=alice)
        assert notices.words_of(news) == "Bob mentioned you in a comment on “meeting.mp3”."
        assert news.path.endswith(f"/transcripts/{transcript.pk}?t=2.500#comment-{made['id']}")
        (letter,) = mails()
        assert letter.to == ["alice@example.com"]
        assert letter.subject == "Bob mentioned you on “meeting.mp3”"
        assert "@Alice Ahmad, who says this?" in letter.body and news.path in letter.body

    def test_by_preference(self, write: Any, alice: User, bob: User, mails: Mails) -> None:
        User.objects.filter(pk=alice.pk).update(notices={"comments": []})
        write(bob, "@Alice Ahmad")
        assert not Notification.objects.filter(user=alice).exists()
        assert mails() == []

    def test_an_answer_tells_whom_it_answers_once(self, write: Any, alice: User, bob: User, mails: Mails) -> None:
        made = write(alice, "Who says this?")
        write(bob, "I do.", parent=made["id"])
        assert [news.kind for news in Notification.objects.filter(user=alice)] == ["comment.answered"]
        write(bob, "@Alice Ahmad, I do.", parent=made["id"])
        kinds = set(Notification.objects.filter(user=alice).values_list("kind", flat=True))
        assert kinds == {"comment.answered", "comment.mentioned"} and Notification.objects.count() == 2
        assert sorted(letter.subject.split(" ")[1] for letter in mails()) == ["answered", "mentioned"]

    def test_nobody_hears_of_themselves_and_a_change_tells_the_new_ones_only(
        self, api: Api, write: Any, alice: User, bob: User, carol: User
    ) -> None:
        made = write(bob, "@Bob @Alice Ahmad")
        assert not Notification.objects.filter(user=bob).exists()
        path = f"/transcripts/{made['transcript']}/comments/{made['id']}"
        api(bob).patch(path, {"text": "@Alice Ahmad", "mentions": [str(carol.pk)]})
        assert Notification.objects.filter(user=alice).count() == 1
        assert Notification.objects.filter(user=carol).count() == 1

    def test_strangers_cannot_be_mentioned(
        self, api: Api, bob: User, mallory: User, transcript: Transcript, mails: Mails
    ) -> None:
        path = f"/transcripts/{transcript.pk}/comments"
        refused = api(bob).post(path, {"text": "x", "mentions": [str(mallory.pk)]})
        nobody = api(bob).post(path, {"text": "x", "mentions": [str(transcript.pk)]})
        assert refused.status_code == nobody.status_code == 422
        assert refused.json()["errors"] == nobody.json()["errors"]
        assert api(bob).post(path, {"text": "@mallory@example.com"}).json()["mentions"] == []
        assert mails() == []

    def test_who_left_hears_nothing_more(
        self, write: Any, alice: User, carol: User, bob: User, mails: Mails, organization: Organization
    ) -> None:
        made = write(bob, "Hello")
        Membership.objects.filter(organization=organization, user=bob).delete()
        write(alice, "Hello too", parent=made["id"])
        assert mails() == [] and not Notification.objects.filter(user=bob).exists()


class TestHighlights:
    @staticmethod
    def path(transcript: Transcript) -> str:
        return f"/transcripts/{transcript.pk}/highlights"

    def test_a_place_is_marked_and_unmarked(
        self, api: Api, bob: User, dana: User, transcript: Transcript, organization: Organization
    ) -> None:
        made = api(bob).post(self.path(transcript), {"start": 2, "end": 3.9, "colour": "blue", "note": "Quote this"})
        assert made.status_code == 201
        shown = api(bob).get(self.path(transcript)).json()["data"]
        assert shown == [made.json()]
        assert (shown[0]["start"], shown[0]["end"], shown[0]["colour"]) == (2.0, 3.9, "blue")
        assert api(dana).delete(f"{self.path(transcript)}/{shown[0]['id']}").status_code == 204
        assert actions(organization) == ["highlight.created", "highlight.deleted"]

    def test_it_stays_on_its_words_when_lines_are_joined(
        self, transcript: Transcript, organization: Organization
    ) -> None:
        mark = Highlight.objects.create(organization=organization, transcript=transcript, start_ms=1900, end_ms=3900)
        assert highlights.quotes(transcript, [mark]) == {mark.pk: "Line number 2."}
        first, second, *_rest = Segment.objects.filter(transcript=transcript).order_by("position")
        second.delete()
        first.words, first.end_ms = [*first.words, *second.words], second.end_ms
        first.save()
        assert highlights.quotes(transcript, [mark]) == {mark.pk: "Line number 2."}

    @pytest.mark.parametrize(
        "body",
        [{}, {"start": 3, "end": 2}, {"start": 2, "end": 2}, {"start": 0, "end": 900}, {"start": -1, "end": 2},
         {"start": 0, "end": 1, "colour": "plaid"}],
    )  # fmt: skip
    def test_what_cannot_be_marked(self, api: Api, bob: User, transcript: Transcript, body: Any) -> None:
        assert api(bob).post(self.path(transcript), body).status_code == 422

    def test_only_who_made_it_takes_it_away(
        self, api: Api, alice: User, bob: User, transcript: Transcript, organization: Organization
    ) -> None:
        made = api(alice).post(self.path(transcript), {"start": 0, "end": 1}).json()
        assert api(bob).delete(f"{self.path(transcript)}/{made['id']}").status_code == 403


def test_news_of_a_text_go_with_its_job(api: Api, write: Any, alice: User, bob: User, transcript: Transcript) -> None:
    write(alice, f"Look, @{bob.email}")
    assert Notification.objects.filter(user=bob).count() == 1
    assert api(alice).delete(f"/jobs/{transcript.job_id}").status_code == 204
    assert not Notification.objects.filter(user=bob).exists(), "it would lead to a page that is gone"
