from django.db import migrations, models

CODES = {
    "Not an address of the web.": "no-address",
    "It leads to a private network.": "private",
    "There is no such host.": "no-host",
    "No answer.": "no-answer",
    "Its certificate is not valid.": "certificate",
    "Too many redirects.": "redirects",
}


def name_by_codes(apps, schema_editor):
    links = apps.get_model("records", "LinkCheck").objects.exclude(problem="")
    links = links.using(schema_editor.connection.alias)
    for sentence, code in CODES.items():
        links.filter(problem=sentence).update(problem=code)
    links.filter(status__in=[404, 410]).update(problem="not-found")
    links.exclude(problem__in=[*CODES.values(), "not-found"]).update(problem="error")


class Migration(migrations.Migration):
    dependencies = [("records", "0007_merged_and_removed")]

    operations = [
        migrations.RunPython(name_by_codes, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="linkcheck",
            name="problem",
            field=models.CharField(
                blank=True,
                choices=[
                    ("not-found", "There is no such page."),
                    ("error", "The host answers with an error."),
                    ("no-address", "Not an address of the web."),
                    ("private", "It leads to a private network."),
                    ("no-host", "There is no such host."),
                    ("no-answer", "No answer."),
                    ("certificate", "Its certificate is not valid."),
                    ("redirects", "Too many redirects."),
                ],
                max_length=20,
                verbose_name="problem",
            ),
        ),
    ]
