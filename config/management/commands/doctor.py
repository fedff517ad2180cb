"""`manage.py doctor`: check everything that this deployment needs and say what to do about what is wrong."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from config.management.doctor import resources, services
from config.management.doctor.report import Area, Result, Status, examine

AREAS = (
    Area("database", services.database, "Is PostgreSQL running and DATABASE_URL right? Without one: make run"),
    Area("broker", services.broker, "Is Redis running and REDIS_URL right? Without one: make run"),
    Area("live updates", services.live_updates, "Live updates go through Redis: see the broker's line."),
    Area("storage", resources.storage, "Check the S3_* settings, or MEDIA_ROOT and its rights."),
    Area("models", resources.models, "Check ASR_ENGINE, ASR_MODEL and MODEL_DIR."),
    Area("mail", resources.mail, "Check EMAIL_URL: host, port, user, password, and that the port is open."),
    Area("workers", services.workers, "Workers announce themselves in Redis: see the broker's line."),
    Area("disk", resources.disk, "Check MEDIA_ROOT and TMPDIR."),
)


class Command(BaseCommand):
    help = "Check database, broker, live updates, storage, models, mail, workers and disk; each line says what to do."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the results as JSON")
        names = ", ".join(area.name for area in AREAS)
        parser.add_argument("areas", nargs="*", metavar="area", help=f"only these: {names}")

    def handle(self, *args: object, **options: Any) -> None:
        wanted = {name.replace("-", " ") for name in options["areas"]}
        results = examine(area for area in AREAS if not wanted or area.name in wanted)
        found = self._as_json(results) if options["json"] else self._as_lines(results)
        if any(result.status == "fail" for result in found):
            sys.exit(1)

    def _as_json(self, results: Iterable[Result]) -> list[Result]:
        found = list(results)
        self.stdout.write(json.dumps([asdict(result) for result in found], indent=2, ensure_ascii=False))
        return found

    def _as_lines(self, results: Iterable[Result]) -> list[Result]:
        """Printed as they come: a check of a server that does not answer takes seconds."""
        styles = {"ok": self.style.SUCCESS, "warn": self.style.WARNING, "fail": self.style.ERROR}
        found = []
        for result in results:
            mark = styles[result.status](f"{result.status:<4}")
            self.stdout.write(f"{mark}  {result.area}: {result.name}. {result.detail}")
            if result.hint and result.status != "ok":
                self.stdout.write(f"      -> {result.hint}")
            self.stdout.flush()
            found.append(result)
        self.stdout.write(_summary(found))
        return found


def _summary(results: list[Result]) -> str:
    def count(status: Status) -> int:
        return sum(result.status == status for result in results)

    return f"{count('ok')} ok, {count('warn')} to look at, {count('fail')} failed"
