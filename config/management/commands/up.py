"""`manage.py up`: everything on one machine, started, watched and stopped together."""

import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from redis.exceptions import RedisError

from config.common import liveness
from config.embedded import setup
from config.embedded.banner import Demo, banner
from config.embedded.children import Addresses, application_children, postgres_child, redis_child
from config.embedded.instance import Instance, only_instance
from config.embedded.output import Output
from config.embedded.paths import DATABASE_NAME, EmbeddedError, EmbeddedPaths
from config.embedded.ports import port_problem
from config.embedded.postgres import EmbeddedPostgres
from config.embedded.redis import EmbeddedRedis
from config.embedded.supervisor import Supervisor
from transcription.checks import RECOGNITION

HEALTHY_SECONDS = 180
LAST = ("beat",)  # nobody waits for it, so its start must not take processor time from the others


class Command(BaseCommand):
    help = "Start everything on this machine: database, broker, web, live, workers, beat. Ctrl-C stops all."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port of the web pages and the API (%(default)s)")
        parser.add_argument("--live-port", type=int, help="port of live updates (default: the web port plus one)")
        parser.add_argument("--reload", action="store_true", help="start processes again when Python files change")
        parser.add_argument("--no-demo", action="store_true", help="do not make the demo organization")

    def handle(self, *args: object, **options: Any) -> None:
        self.check(tags=[RECOGNITION])
        addresses = Addresses(options["host"], options["port"], options["live_port"] or options["port"] + 1)
        paths = EmbeddedPaths(settings.BASE_DIR)
        with only_instance(paths.var / "up.lock", addresses.web) as running:
            if running is not None:
                self.stdout.write(already_running(running))
                return
            check_ports(addresses)
            output = Output(log=paths.var / "log" / "tadwin.log")
            try:
                _Start(paths, addresses, output, reload=options["reload"], demo=not options["no_demo"]).run()
            except KeyboardInterrupt:
                output.line("tadwin", "stopped; the data stays in var/")
            except EmbeddedError as error:
                raise CommandError(str(error)) from error


class _Start:
    """One run of everything, from the first service to the last Ctrl-C."""

    def __init__(self, paths: EmbeddedPaths, addresses: Addresses, output: Output, *, reload: bool, demo: bool) -> None:
        self.paths = paths
        self.addresses = addresses
        self.output = output
        self.reload = reload
        self.demo = demo
        self.started_at = time.monotonic()

    def run(self) -> None:
        self.paths.prepare()
        with Supervisor(self.output) as supervisor:
            self.say("starting; Ctrl-C stops everything")
            self.start_services(supervisor)
            demo = self.set_up()
            children = list(
                application_children(self.paths, self.addresses, threads=settings.WEB_THREADS, reload=self.reload)
            )
            for child in children:
                if child.name not in LAST:
                    supervisor.start(child)
            self.wait_healthy(supervisor)
            seconds = time.monotonic() - self.started_at
            self.output.plain(banner(self.addresses.environment()["PUBLIC_URL"], demo, seconds=seconds))
            for child in children:
                if child.name in LAST:
                    supervisor.start(child)
            supervisor.run()

    def start_services(self, supervisor: Supervisor) -> None:
        """Start both services at once, then wait for each; those of DATABASE_URL and REDIS_URL are left alone."""
        if self.paths.redis_url == settings.REDIS_URL:
            redis = EmbeddedRedis(self.paths.redis_data, self.paths.redis_socket)
            supervisor.start(redis_child(redis))
            redis.wait_ready(lambda: supervisor.alive("redis"))
        if settings.EMBEDDED:
            postgres = EmbeddedPostgres(self.paths.postgres_data, self.paths.postgres_sockets)
            supervisor.start(postgres_child(postgres))
            postgres.wait_ready(lambda: supervisor.alive("postgres"))
            postgres.create_database(DATABASE_NAME)

    def set_up(self) -> Demo | None:
        if setup.migrate(self.paths):
            self.say("database migrated")
        if setup.collect_static(self.paths):
            self.say("static files collected")
        settings.PUBLIC_URL = self.addresses.environment()["PUBLIC_URL"]
        demo = setup.seed_demo(self.paths) if self.demo else None
        connections.close_all()
        return demo

    def wait_healthy(self, supervisor: Supervisor) -> None:
        url = f"{self.addresses.local}/health"
        if not supervisor.run_until(lambda: a_worker_lives() and answers(url), seconds=HEALTHY_SECONDS):
            raise EmbeddedError(f"{url} did not answer within {HEALTHY_SECONDS} seconds. The lines above say why.")

    def say(self, text: str) -> None:
        self.output.line("tadwin", text)


def already_running(instance: Instance) -> str:
    if not instance.pid:
        return "Tadwin is just being started in this folder by another process."
    return (
        f"Tadwin already runs in this folder (process {instance.pid}): {instance.address}/\n"
        f"Stop it with Ctrl-C in its terminal, or: kill {instance.pid}"
    )


def check_ports(addresses: Addresses) -> None:
    """Explain a taken port before anything starts."""
    found = port_problem(addresses.host, addresses.port)
    if found:
        raise CommandError(f"{found} Stop that, or choose another port: manage.py up --port 8100 (make run PORT=8100).")
    found = port_problem(addresses.host, addresses.live_port)
    if found:
        raise CommandError(f"{found} Stop that, or choose another port: manage.py up --live-port 8101.")


def a_worker_lives() -> bool:
    """Asked first: until then /health says no, and every no is a line in the log."""
    try:
        return bool(liveness.alive())
    except RedisError:
        return False


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 (our own address)
            return bool(response.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False
