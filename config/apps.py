from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Commands and operation. Loading it makes our Celery application the one that every process enqueues with."""

    name = "config"
    verbose_name = "Tadwin"

    def ready(self) -> None:
        from config import celery, checks  # noqa: F401 - importing checks registers them

        celery.app.set_default()
