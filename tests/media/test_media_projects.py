"""Projects: folders of recordings."""

from __future__ import annotations

from collections.abc import Callable

from accounts.models import User
from media.models import Project, Recording
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.factories import make_project, make_recording

Api = Callable[..., ApiClient]


def test_life_of_a_project(api: Api, dana: User, organization: Organization) -> None:
    admin, path = api(dana), f"/organizations/{organization.slug}/projects"
    made = admin.post(path, {"name": " إذاعة  بغداد ", "defaults": {"language": "ar", "mode": "dialogue"}})
    assert made.status_code == 201
    assert made.json()["name"] == "إذاعة بغداد"
    own = f"{path}/{made.json()['id']}"
    recording = make_recording(organization, project_id=made.json()["id"])
    make_recording(organization, project_id=made.json()["id"], status="deleted")
    assert admin.get(own).json()["media_count"] == 1
    changed = admin.patch(own, {"defaults": {"language": "en"}}).json()
    assert (changed["name"], changed["defaults"], changed["media_count"]) == ("إذاعة بغداد", {"language": "en"}, 1)
    assert [project["id"] for project in admin.get(path).json()["data"]] == [made.json()["id"]]
    assert admin.delete(own).status_code == 204
    assert admin.get(own).status_code == 404
    assert Recording.objects.get(pk=recording.pk).project is None


def test_name_is_given_once(api: Api, dana: User, organization: Organization) -> None:
    make_project(organization, name="Radio")
    other = make_project(organization, name="Other")
    path = f"/organizations/{organization.slug}/projects"
    for answer in (api(dana).post(path, {"name": "Radio"}), api(dana).patch(f"{path}/{other.pk}", {"name": "Radio"})):
        assert (answer.status_code, answer.json()["error_type"]) == (409, "name_taken")


def test_wrong_project_is_named(api: Api, dana: User, organization: Organization) -> None:
    path = f"/organizations/{organization.slug}/projects"
    for body, field in [
        ({}, "name"),
        ({"name": "\u200b"}, "name"),
        ({"name": "a", "defaults": {"mode": "opera"}}, "defaults.mode"),
        ({"name": "a", "defaults": {"colour": "red"}}, "defaults.colour"),
    ]:
        answer = api(dana).post(path, body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert not Project.objects.exists()


def test_who_may_do_what(
    *, api: Api, dana: User, bob: User, carol: User, mallory: User, organization: Organization
) -> None:
    project = make_project(organization)
    path = f"/organizations/{organization.slug}/projects"
    assert api(carol).get(path).status_code == 200
    assert api(bob).post(path, {"name": "x"}).status_code == 403
    assert api(bob).delete(f"{path}/{project.pk}").status_code == 403
    assert api(mallory).get(path).status_code == 404


def test_foreign_project_is_not_found(
    api: Api, mallory: User, organization: Organization, other_organization: Organization
) -> None:
    project = make_project(organization)
    path = f"/organizations/{other_organization.slug}/projects/{project.pk}"
    answers = [api(mallory).get(path), api(mallory).patch(path, {"name": "x"}), api(mallory).delete(path)]
    assert {answer.status_code for answer in answers} == {404}
    assert Project.objects.filter(pk=project.pk).exists()
