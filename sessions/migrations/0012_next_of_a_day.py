from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("forum_sessions", "0011_embargo_index"),
        ("topics", "0005_embargo_index"),
    ]

    operations = [
        # The new one first: what runs meanwhile is never without either.
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                fields=["edition", "day", "starts_at", "position", "id"],
                name="forum_sessi_edition_de2c3c_idx",
            ),
        ),
        migrations.RemoveIndex(
            model_name="session", name="forum_sessi_edition_addbad_idx"
        ),
    ]
