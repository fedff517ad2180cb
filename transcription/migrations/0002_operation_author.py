import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def empty_when_gone(to, verbose_name):
    return models.ForeignKey(
        blank=True,
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        related_name="+",
        to=to,
        verbose_name=verbose_name,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("transcription", "0001_initial"),
    ]

    operations = [
        migrations.RenameField("operation", "created_by", "author"),
        migrations.RenameField("operation", "api_key", "author_key"),
        migrations.AlterField("operation", "author", empty_when_gone(settings.AUTH_USER_MODEL, "author")),
        migrations.AlterField("operation", "author_key", empty_when_gone("organizations.apikey", "written with")),
        migrations.AlterField("highlight", "author_key", empty_when_gone("organizations.apikey", "written with")),
    ]
