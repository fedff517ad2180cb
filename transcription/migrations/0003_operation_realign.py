from django.db import migrations, models

KINDS = [
    ("edit", "Edited a line"),
    ("split", "Split a line"),
    ("merge", "Merged two lines"),
    ("insert", "Added a line"),
    ("delete", "Deleted a line"),
    ("assign", "Gave lines to a speaker"),
    ("replace", "Found and replaced"),
    ("flag", "Hid or showed a doubt"),
    ("accept", "Accepted a doubtful place"),
    ("speaker_add", "Added a speaker"),
    ("speaker_edit", "Described a speaker"),
    ("speaker_merge", "Merged two speakers"),
    ("speaker_split", "Split a speaker"),
    ("undo", "Took an edit back"),
    ("restore", "Restored an earlier version"),
    ("diarize", "Told speakers apart again"),
    ("realign", "Found the times of words again"),
]


class Migration(migrations.Migration):
    """Only the words for what is in the column: it changes nothing in the database."""

    dependencies = [("transcription", "0002_operation_author")]

    operations = [
        migrations.AlterField(
            "operation", "kind", models.CharField(choices=KINDS, max_length=20, verbose_name="kind")
        )
    ]
