import gzip
import re

import pytest
import rjsmin
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import override_settings


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Collect the real static files; return their folder and their hashed names."""
    folder = tmp_path_factory.mktemp("static")
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "forum_portal.storage.FlattenedManifestStorage"},
    }
    with override_settings(STATIC_ROOT=folder, STORAGES=storages, DEBUG=False):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield folder, dict(staticfiles_storage.hashed_files)


def stylesheet(collected):
    folder, names = collected
    return folder / names["css/site.css"]


def test_the_stylesheet_is_one_response(collected):
    assert "@import" not in stylesheet(collected).read_text()


def test_every_part_is_in_its_layer_in_the_order_of_the_table_of_contents(
    collected, settings
):
    source = settings.BASE_DIR / "static" / "css"
    parts = re.findall(
        r'@import url\("(.+)"\)(?: layer\((\w+)\))?;', (source / "site.css").read_text()
    )
    css = stylesheet(collected).read_text()
    opened = [f"@layer {layer}" for _part, layer in parts if layer]
    assert re.findall(r"@layer \w+(?=\{)", css) == opened
    written = {
        str(path.relative_to(source))
        for path in source.rglob("*.css")
        if path != source / "site.css" and path.parent.name != "admin"
    }
    assert {part for part, _layer in parts} == written


def test_a_space_before_a_pseudo_class_is_not_lost(collected):
    css = stylesheet(collected).read_text()
    assert ".scroll *:is(th,td)" in css
    assert re.findall(r"[\w\])] (?=:[a-z])|\):is\(", css) == []


def test_addresses_in_the_stylesheet_lead_to_hashed_files(collected):
    path = stylesheet(collected)
    addresses = re.findall(r'url\("(?!data:)([^"]+)"\)', path.read_text())
    found = {
        (path.parent / address).resolve().relative_to(path.parents[1].resolve())
        for address in addresses
    }
    names = collected[1]
    assert {str(name) for name in found} == {
        names["fonts/atkinson-next-latin.woff2"],
        names["fonts/atkinson-next-latin-ext.woff2"],
    }


def test_the_stylesheet_keeps_to_its_budget(collected):
    assert len(gzip.compress(stylesheet(collected).read_bytes())) <= 14 * 1024


def test_compressed_copies_lie_beside_the_stylesheet_but_not_beside_fonts(collected):
    folder, names = collected
    beside = {
        name: sorted(
            path.suffix
            for path in (folder / names[name]).parent.glob(
                f"{(folder / names[name]).name}.*"
            )
        )
        for name in ("css/site.css", "fonts/atkinson-next-latin.woff2")
    }
    assert beside == {
        "css/site.css": [".br", ".gz"],
        "fonts/atkinson-next-latin.woff2": [],
    }


def test_scripts_are_tiny(collected):
    folder, names = collected
    sizes = {
        name.removeprefix("js/"): len(gzip.compress((folder / hashed).read_bytes()))
        for name, hashed in names.items()
        if name.startswith("js/")
    }
    assert sizes["theme.js"] < 300
    # With the one part that is loaded when a reader begins to search
    assert sizes["theme.js"] + sizes["pages.js"] + sizes["combobox.js"] < 5000


def test_the_script_of_every_page_is_one_response_of_separate_blocks(
    collected, settings
):
    folder, names = collected
    script = (folder / names["js/pages.js"]).read_text()
    source = settings.BASE_DIR / "static" / "js"
    parts = re.findall(r'^import "./(.+)";$', (source / "pages.js").read_text(), re.M)
    assert "site.js" in parts
    blocks = [rjsmin.jsmin(f"{{{(source / part).read_text()}}}") for part in parts]
    assert script.split("\n") == "\n".join(blocks).split("\n")
    assert 'import "' not in script


def test_what_we_write_for_ourselves_stays_out_of_rules_and_scripts(collected):
    folder, names = collected
    ours = [
        hashed for name, hashed in names.items() if name.startswith(("css/", "js/"))
    ]
    texts = {name: (folder / name).read_text() for name in ours}
    assert [
        name for name, text in texts.items() if "/*" in text or "\n//" in text
    ] == []
