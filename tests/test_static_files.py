"""The hashed names of our modules, which every start of the server and every image makes."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from config.common.static import StaticStorage

SOURCE = Path(settings.BASE_DIR) / "static"


def collected(folder: Path, names: list[str]) -> dict[str, str]:
    """Old name to hashed name, as collectstatic makes them; it stops at the first file that it cannot make."""
    storage = StaticStorage(location=str(folder), base_url="/static/")
    hashed = {}
    for name, new_name, outcome in storage.post_process({name: (storage, name) for name in names}):
        if isinstance(outcome, Exception):
            raise RuntimeError(name) from outcome
        if outcome and new_name != f"{name}.gz":
            hashed[name] = new_name
    return hashed


def copied(folder: Path, contents: dict[str, str]) -> list[str]:
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return list(contents)


def test_every_module_of_ours_names_hashed_modules(tmp_path: Path) -> None:
    modules = {str(path.relative_to(SOURCE)): path.read_text() for path in (SOURCE / "js").rglob("*.js")}

    hashed = collected(tmp_path, copied(tmp_path, modules))

    assert set(hashed) == set(modules)
    for name in hashed.values():
        for imported in re.findall(r'^import [^"]*"(\.[^"]+)"', (tmp_path / name).read_text(), re.MULTILINE):
            assert re.search(r"\.[0-9a-f]{12}\.js$", imported), f"{name} imports {imported}"


@pytest.mark.parametrize(
    "comment",
    ["// The export dialog, and all from it.", "// To import from it.", '/** @type {import("./page.js").Page} */'],
)
def test_a_comment_is_no_statement(tmp_path: Path, comment: str) -> None:
    page = f'{comment}\nimport {{ all }} from "./dom.js";\nall();\n'
    dom = f"{comment}\nexport const all = () => [];\n"

    hashed = collected(tmp_path, copied(tmp_path, {"js/dom.js": dom, "js/page.js": page}))

    content = (tmp_path / hashed["js/page.js"]).read_text()
    assert content == page.replace("./dom.js", "./" + hashed["js/dom.js"].removeprefix("js/"))
