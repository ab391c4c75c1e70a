"""docs/operators.md names every setting, as the code reads it."""

import ast
import re

import pytest

from tests.deploy.front import ROOT
from tests.forum_portal.test_environment import KEY, READ_ALL, run

DOCUMENT = (ROOT / "docs" / "operators.md").read_text()
SETTINGS = DOCUMENT[DOCUMENT.index("## Settings") : DOCUMENT.index("## What lies")]
# Others depend on these two.
BASE = {"SECRET_KEY": KEY, "DATABASE_URL": "postgres://portal@localhost/portal"}


def listed():
    """Return {name: (default, good value, what it says)} as the document lists them."""
    rows = re.findall(r"^\| `([A-Z_]+)` \|(.+)\|$", SETTINGS, re.M)
    return {name: [cell.strip() for cell in rest.split(" | ")] for name, rest in rows}


def read():
    """Return {name: default or None} of what the code reads from the environment."""
    found = {}
    for path in (ROOT / "forum_portal").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            match call:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name("environment"), attr=kind),
                    args=[ast.Constant(str(name)), *more],
                ) if kind != "stop":
                    plain = more and isinstance(more[0], ast.Constant)
                    simple = kind in {"text", "number", "rate", "choice", "time_zone"}
                    default = more[0].value if plain and simple else None
                    if kind == "flag":
                        default = "0"
                    if name not in found or default is not None:
                        found[name] = default
    return found


def test_every_setting_is_listed_once_and_no_other():
    names = re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS, re.M)
    assert sorted(names) == sorted(read())


def test_the_defaults_are_those_of_the_code():
    rows = listed()
    wrong = {
        name: (default, rows[name][0])
        for name, default in read().items()
        if default is not None and rows[name][0] != f"`{default}`"
    }
    assert wrong == {}


def test_the_good_values_are_accepted(tmp_path):
    good = {
        name: row[1].strip("`")
        for name, row in listed().items()
        if re.fullmatch("`[^`]+`", row[1])
    }
    good["VAR_DIR"] = str(tmp_path)
    assert len(good) > 30
    lines = [f"{name}={value}" for name, value in good.items()]
    told = run("-c", READ_ALL, tmp_path=tmp_path, given="\n".join(lines), **BASE).stdout
    assert told.splitlines() == [f"accepted {line}" for line in lines]


def test_no_place_in_the_code_is_read_past_the_list():
    for path in (ROOT / "forum_portal").rglob("*.py"):
        if path.name == "environment.py":
            continue
        asked = re.findall(
            r"os\.(?:getenv\(|environ(?:\.get\(|\[))[^)\]]*", path.read_text()
        )
        ours = [
            one for one in asked if "PROMETHEUS_" not in one and "FOLDER" not in one
        ]
        assert ours == [], path


@pytest.mark.parametrize("name", ["operators.md", "scale.md", "operators/backups.md"])
def test_links_within_the_documents_lead_somewhere(name):
    path = ROOT / "docs" / name
    text = path.read_text()
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if "://" in target:
            continue
        file, _, part = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.is_file(), target
        heads = re.findall(r"^#+ (.+)$", there.read_text(), re.M)
        slugs = {
            re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads
        }
        assert not part or part in slugs, target


def test_the_example_of_settings_names_only_what_is_listed():
    example = (ROOT / "deploy" / "portal.env.example").read_text()
    named = set(re.findall(r"^#?([A-Z_]+)=", example, re.M))
    assert named <= set(listed())
    assert {"SITE_URL", "SECRET_KEY"} <= named
