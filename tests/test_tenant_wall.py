"""Ways around the address: ids in bodies and filters, exports, storage keys, signed addresses, cursors, repeated keys.

The fields come from the OpenAPI document: a new field that takes an id fails until FOREIGN knows what to put into it.
"""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from accounts.models import User
from media.models import Recording
from media.storage import MediaStorage
from organizations.models import Organization
from tests.access_table import TABLE, World
from tests.factories import make_api_key, make_job, make_member, make_project, make_recording, make_transcript
from tests.routes import filled
from transcription.models import Job

pytestmark = pytest.mark.django_db
Api = Callable[..., Any]
Json = dict[str, Any]

# An object of another organization for each field that takes an id.
FOREIGN: dict[str, Callable[[World], Any]] = {
    "media": lambda world: world.recording.pk,
    "recordings": lambda world: world.recording.pk,
    "transcript": lambda world: world.transcript.pk,
    "transcripts": lambda world: world.transcript.pk,
    "project": lambda world: world.project.pk,
    "webhook": lambda world: world.webhook.pk,
    "member": lambda world: world.membership.pk,
    "uploaded_by": lambda world: world.membership.user_id,
    "job": lambda world: world.job.pk,
    "into": lambda world: world.transcript.speakers.get().pk,
    **dict.fromkeys(("segment", "segments", "from_segment", "after", "with"), lambda world: world.line.pk),
    "glossary": lambda world: world.glossary.pk,
    "mentions": lambda world: world.membership.user_id,
    "parent": lambda world: world.comment.pk,
    "speaker": lambda world: world.transcript.speakers.get().pk,
}


def fields_of_ids() -> Iterator[tuple[str, str, str, str]]:
    """(method, route below /api/v1, "body" or "query", field) for every field of the API that takes an id."""
    generator: Any = SchemaGenerator
    document = generator().get_schema(request=None, public=True)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = path.removeprefix("/api/v1/")
            for one in operation.get("parameters", ()):
                if one["in"] == "query" and list(_ids(document, one["schema"])):
                    yield method.upper(), route, "query", one["name"]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for field in sorted(set(_ids(document, content["schema"]))):
                    yield method.upper(), route, "body", field


def _ids(document: Json, schema: Json, name: str = "") -> Iterator[str]:
    """The names of fields in `schema` whose value is a UUID; `name[]` for a list of them."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("format") == "uuid":
        yield name
    for one in [*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())]:
        yield from _ids(document, one, name)
    for inner, one in schema.get("properties", {}).items():
        yield from _ids(document, one, inner)
    if "items" in schema:
        yield from _ids(document, schema["items"], f"{name}[]")


FIELDS = sorted(set(fields_of_ids()))


def test_every_field_of_ids_is_known() -> None:
    assert len(FIELDS) >= 10
    assert {field.removesuffix("[]") for *_, field in FIELDS} <= set(FOREIGN), "say in FOREIGN what such a field takes"


@pytest.mark.parametrize(("method", "route", "where", "field"), FIELDS, ids=[" ".join(one) for one in FIELDS])
def test_foreign_ids_are_as_good_as_none(
    method: str,
    route: str,
    where: str,
    field: str,
    api: Api,
    organization: Organization,
    alice: User,
    mallory: User,
    media_storage: MediaStorage,
) -> None:
    """The owner of one organization names an object of another: the answer is that for an id that never was."""
    own = Organization.objects.of_user(mallory).get()
    program = api(mallory, organization=own.slug)
    foreign = str(FOREIGN[field.removesuffix("[]")](World(organization, alice)))
    answers = [_ask(program, method, route, where, field, value, World(own, mallory)) for value in (foreign, _never())]
    assert answers[0] == answers[1]
    assert answers[0][0] in (200, 404, 422)
    assert answers[0][1] in (None, []), "rows of another organization"


def _never() -> str:
    return str(uuid.uuid4())


def _ask(
    program: Any, method: str, route: str, where: str, field: str, value: str, world: World
) -> tuple[int, Any, set[str]]:
    """Status, rows if there are any, and which fields are at fault."""
    table_route = next(one for m, one in TABLE if m == method and _same(one, route))
    path = filled(table_route, world)
    if where == "query":
        answer = program.request(method, f"{path}?{field.removesuffix('[]')}={value}")
    else:
        named = [value] if field.endswith("[]") else value
        body = {**TABLE[method, table_route].body(world), field.removesuffix("[]"): named}
        body = {key: one for key, one in body.items() if not field.endswith("[]") or key == field.removesuffix("[]")}
        answer = program.request(method, path, body, **{"If-Match": '"1"'})
    known = answer.json()
    return answer.status_code, known.get("data"), {error["field"] for error in known.get("errors", ())}


def _same(route: str, path: str) -> bool:
    """Whether `jobs/<uuid:job_id>` is `jobs/{job_id}`."""
    return re.sub(r"<[a-z]+:([a-z_]+)>", r"{\1}", route) == path


class TestLists:
    """Own lists hold own rows only, whatever is asked."""

    @pytest.mark.parametrize("path", ["/media", "/jobs", "/tags", "/organizations/{slug}/projects"])
    def test_lists_and_their_counts(self, path: str, api: Api, organization: Organization, mallory: User) -> None:
        own = Organization.objects.of_user(mallory).get()
        World(organization).transcript, World(organization).project
        assert api(mallory).get(path.format(slug=own.slug)).json()["data"] == []

    def test_a_cursor_of_another_organization_opens_nothing(
        self, api: Api, organization: Organization, alice: User, mallory: User
    ) -> None:
        own = Organization.objects.of_user(mallory).get()
        theirs = [make_recording(organization) for _ in range(3)]
        mine = make_recording(own)
        following = api(alice).get("/media?limit=1").json()["next"].partition("/api/v1")[2]
        rows = api(mallory).get(following).json()["data"]
        assert not {row["id"] for row in rows} & {str(one.pk) for one in theirs}
        assert {row["id"] for row in rows} <= {str(mine.pk)}

    def test_search_by_words_of_others(self, api: Api, organization: Organization, mallory: User) -> None:
        make_recording(organization, name="Zanzibar")
        assert api(mallory).get("/media?q=Zanzibar").json()["data"] == []


class TestForms:
    """The pages' own forms carry ids too."""

    @pytest.fixture
    def browser(self, client_for: Callable[..., Client], mallory: User) -> tuple[Client, str]:
        return client_for(mallory), f"/o/{Organization.objects.of_user(mallory).get().slug}"

    def test_changing_several(self, browser: tuple[Client, str], organization: Organization) -> None:
        client, start = browser
        recording = make_recording(organization)
        client.post(f"{start}/recordings/change", {"recording": [str(recording.pk)], "action": "delete"})
        recording.refresh_from_db()
        assert recording.deleted_at is None

    def test_exporting_several(self, browser: tuple[Client, str], organization: Organization) -> None:
        client, start = browser
        transcript = make_transcript(organization)
        answer = client.post(f"{start}/recordings/export", {"recording": [str(transcript.recording_id)]})
        assert "zip" not in answer.headers.get("Content-Type", "")

    def test_moving_into_a_foreign_project(
        self, browser: tuple[Client, str], organization: Organization, mallory: User
    ) -> None:
        client, start = browser
        mine = make_recording(Organization.objects.of_user(mallory).get(), uploaded_by=mallory)
        foreign = make_project(organization)
        client.post(f"{start}/recordings/{mine.pk}/edit", {"name": "Mine", "project": str(foreign.pk)})
        form = {"recording": [str(mine.pk)], "action": "move", "project": str(foreign.pk)}
        client.post(f"{start}/recordings/change", form)
        mine.refresh_from_db()
        assert mine.project_id is None


class TestStorage:
    """Keys carry the organization, and a signature holds for one key and one method."""

    def test_everything_of_a_recording_lies_below_its_organization(self, organization: Organization) -> None:
        recording = make_recording(organization)
        below = f"org/{organization.pk}/rec/{recording.pk}/"
        assert recording.prefix == below
        assert all(key.startswith(below) for key in (recording.source_key, recording.playback_key))
        assert make_job(organization, recording).prefix.startswith(below)

    @pytest.mark.local_disk
    def test_a_signed_address_opens_its_own_object_only(
        self, api: Api, organization: Organization, alice: User, mallory: User, media_storage: MediaStorage
    ) -> None:
        own = Organization.objects.of_user(mallory).get()
        mine, theirs = make_recording(own), make_recording(organization)
        for recording in (mine, theirs):
            media_storage.save_stream(recording.source_key, io.BytesIO(b"sound"), content_type="audio/mpeg")
        signed = api(mallory).get(f"/media/{mine.pk}/download")["Location"]
        answer: Any = Client().get(signed)
        assert b"".join(answer.streaming_content) == b"sound"
        for wrong in (
            signed.replace(str(own.pk), str(organization.pk)).replace(str(mine.pk), str(theirs.pk)),
            signed.replace(str(mine.pk), f"{mine.pk}/../../../{organization.pk}/rec/{theirs.pk}"),
            signed.partition("?")[0].replace(str(mine.pk), str(theirs.pk)),
        ):
            assert wrong != signed
            assert Client().get(wrong).status_code in (403, 404), wrong
        assert Client().put(signed, b"other", content_type="audio/mpeg").status_code == 403

    @pytest.mark.local_disk
    def test_an_upload_address_writes_its_own_object_only(
        self, api: Api, organization: Organization, mallory: User, media_storage: MediaStorage
    ) -> None:
        own = Organization.objects.of_user(mallory).get()
        theirs = make_recording(organization)
        body = {"filename": "a.mp3", "size": 5, "content_type": "audio/mpeg"}
        answer = api(mallory).post("/media/uploads", body).json()
        url, mine = answer["upload"]["url"], Recording.objects.get(organization=own)
        wrong = url.replace(str(own.pk), str(organization.pk)).replace(str(mine.pk), str(theirs.pk))
        assert wrong != url
        assert Client().put(wrong, b"other", content_type="audio/mpeg").status_code == 403
        assert not media_storage.exists(theirs.source_key)


class TestRepeating:
    """An `Idempotency-Key` is the caller's own."""

    def test_another_organization_with_the_same_key_and_body(
        self, api: Api, organization: Organization, other_organization: Organization
    ) -> None:
        answers = []
        for one in (organization, other_organization):
            body = {"filename": "a.mp3", "size": 5}
            answers.append(api(make_api_key(one)[1]).post("/media/uploads", body, **{"Idempotency-Key": "same"}))
        assert [answer.status_code for answer in answers] == [201, 201]
        assert all("Idempotent-Replayed" not in answer for answer in answers)
        owners = {row.organization_id for row in Recording.objects.all()}
        assert owners == {organization.pk, other_organization.pk}

    def test_a_colleague_with_the_same_key_and_body(self, api: Api, organization: Organization, alice: User) -> None:
        media = str(make_recording(organization).pk)
        colleague = make_member(organization, "member")
        ids = {
            api(person).post("/jobs", {"media": media}, **{"Idempotency-Key": "same"}).json()["id"]
            for person in (alice, colleague)
        }
        assert len(ids) == Job.objects.count() == 2

    def test_a_replay_is_allowed_anew(self, api: Api, organization: Organization, bob: User) -> None:
        media = str(make_recording(organization).pk)
        program = api(bob)
        assert program.post("/jobs", {"media": media}, **{"Idempotency-Key": "once"}).status_code == 202
        bob.memberships.all().delete()
        again = program.post("/jobs", {"media": media}, **{"Idempotency-Key": "once"})
        assert again.status_code in (400, 404)
        assert media not in orjson.dumps(again.json()).decode()
