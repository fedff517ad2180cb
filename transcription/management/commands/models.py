"""`manage.py models list|download|remove|warm|bench`: the models on this machine."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.common.errors import ApplicationError
from media.audio.errors import MediaError
from transcription.asr.engines.whisper_models import incomplete, lacking
from transcription.asr.types import EngineError
from transcription.configuration import model_dir
from transcription.services import engines, model_files, models

DEMO = settings.BASE_DIR / "config" / "embedded" / "demo" / "team-meeting.mp3"
COLUMNS = "{:<2}{:<20}{:<16}{:>9}{:>8}{:>8}{:>7}{:>7}{:>16}  {:<9}{}"
HEADER = ("", "Model", "Engine", "Disk MB", "GPU GB", "Speed", "EN %", "AR %", "Here", "Queue", "Sources")
LEGEND = """
Speed: as a multiple of large-v3. EN %, AR %: words that are wrong; two compare only where their source is the same.
Here: seconds of sound a second, and memory, as `models bench` measured them on this machine.
"""


class Command(BaseCommand):
    help = "List the models with what they cost, download or remove one, load one to try it, or measure some here."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listed = actions.add_parser("list", help="what there is; * is here, > is used where a job names none")
        listed.add_argument("--here", action="store_true", help="only what is on this machine or a worker's")
        fetched = actions.add_parser("download", help="fetch a model into MODEL_DIR; `pyannote` for speakers")
        fetched.add_argument("name")
        gone = actions.add_parser("remove", help="delete a model from MODEL_DIR")
        gone.add_argument("name")
        gone.add_argument("--yes", action="store_true", help="do not ask")
        warmed = actions.add_parser(
            "warm", help="load a model once, so that a broken one is found before a job finds it"
        )
        warmed.add_argument("name", nargs="?", default="auto")
        measured = actions.add_parser("bench", help="measure speed and memory; the catalogue shows them afterwards")
        measured.add_argument("names", nargs="*", default=["auto"])
        measured.add_argument("--engine", default="auto")
        measured.add_argument("--file", type=Path, default=DEMO, help="a recording; the demo meeting otherwise")
        measured.add_argument("--here", action="store_true", help="in this process, and remember nothing")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            getattr(self, "_" + given["action"])(given)
        except (EngineError, MediaError) as error:
            raise CommandError(error.message) from None
        except ApplicationError as error:
            raise CommandError(error.detail) from None

    def _list(self, given: dict[str, Any]) -> None:
        rows = [row for row in models.catalogue() if row["is_present"] or not given["here"]]
        found = dict.fromkeys(source for row in rows for source in row["sources"])
        sources = dict(zip(found, ascii_lowercase, strict=False))
        self.stdout.write(COLUMNS.format(*HEADER))
        for row in rows:
            self.stdout.write(_line(row, sources))
        self.stdout.write(LEGEND)
        for source, letter in sources.items():
            self.stdout.write(f"{letter}  {source}")
        self.stdout.write("")
        for folder in incomplete(model_dir()):
            self.stdout.write(f"  {folder} is incomplete, without {', '.join(lacking(folder))}")
        for one in models.word_times():
            state = "here" if one.is_here else f"incomplete, without {', '.join(one.lacking)}" if one.lacking else "–"
            self.stdout.write(f"{'*' if one.is_here else '':<2}word times, {one.language:<8}{state:<32}{one.where}")

    def _download(self, given: dict[str, Any]) -> None:
        folder = model_files.download(given["name"], token=settings.HF_TOKEN)
        self.stdout.write(f"{given['name']} is in {folder}.")

    def _remove(self, given: dict[str, Any]) -> None:
        question = f"Delete the model “{given['name']}” from {settings.ASR_MODEL_DIR}? [y/N] "
        if not given["yes"] and not _agrees(question):
            raise CommandError("Nothing was deleted.")
        self.stdout.write(f"Deleted {model_files.remove(given['name'])}.")

    def _warm(self, given: dict[str, Any]) -> None:
        from transcription.runner import bench  # a web server has no runtimes, but may list models

        engine, model = engines.choose("auto", given["name"])
        _, seconds, megabytes = bench.load(engine, model)
        self.stdout.write(f"{model} ({engine}) loads in {seconds:.1f} s and takes {megabytes} MB of memory.")

    def _bench(self, given: dict[str, Any]) -> None:
        from transcription.runner import bench

        for name in given["names"] or ["auto"]:
            engine, model = engines.choose(given["engine"], name)
            if given["here"]:
                self.stdout.write(bench.as_line(bench.measure(engine, model, given["file"])))
                continue
            found = bench.measure_apart(engine, model, given["file"])
            self.stdout.write(
                f"{model} ({engine}): {found.speed:.1f} seconds of sound a second, {found.memory_mb} MB, "
                f"{found.device} {found.compute_type}".rstrip()
            )
            bench.remember(model, found)


def _agrees(question: str) -> bool:
    """Raises CommandError where nobody sits at a terminal."""
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        raise CommandError("Nobody is there to be asked. Say --yes to delete the model without a question.") from None


def _line(row: dict[str, Any], sources: dict[str, str]) -> str:
    """`sources`: the letter that stands for each."""
    mark = (">" if row["is_default"] else "") + ("*" if row["is_present"] else "")
    measured = row["measured"]
    names = ("disk_mb", "gpu_memory_gb", "relative_speed", "word_errors_english", "word_errors_arabic")
    figures = [row[name] for name in names]
    here = f"{measured['speed']:.1f}x, {measured['memory_mb']} MB" if measured else None
    cells = [
        "–" if value is None else f"{value:g}" if not isinstance(value, str) else value for value in (*figures, here)
    ]
    letters = " ".join(sources[source] for source in row["sources"])
    return COLUMNS.format(mark, row["name"], row["engine"], *cells, row["queue"], letters).rstrip()
