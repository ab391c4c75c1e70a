"""What every worker holds in memory from its start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Only a file, an import or a write needs them: 5 to 12 MB each
HEAVY = {"bs4", "citeproc", "icalendar", "markdownify", "networkx", "openpyxl"}
# All that a page needs before its first query
START = """
import json, sys
from django.template.loader import get_template
from django.urls import reverse
from forum_portal.wsgi import application
reverse("sessions:detail", args=["one"])
get_template("sessions/session_detail.html")
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.mark.either_database
def test_a_session_page_loads_nothing_that_only_files_and_imports_need(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", START],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "forum_portal.settings",
            "VAR_DIR": str(tmp_path),
            "DEBUG": "1",
        },
        check=True,
        capture_output=True,
        text=True,
    )
    assert HEAVY & set(json.loads(done.stdout)) == set()
