"""Whatever picture comes in, small plain ones of ours come out, or a sentence."""

import io
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from records.files.pictures import NAME, drawn
from tests import files

GREEN = (0, 128, 0)


def opened(data):
    return Image.open(io.BytesIO(data))


def near(pixel, colour):
    return all(abs(a - b) <= 6 for a, b in zip(pixel, colour, strict=True))


def test_a_photo_becomes_six_files_without_a_word_of_its_own():
    notes = Image.Exif()
    notes[0x010E] = "a secret description"
    notes[0x8825] = {1: "N", 2: (30.0, 39.0, 0.0)}  # where it was taken
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    given = files.picture(
        "JPEG", colour=GREEN, exif=notes, icc_profile=profile, comment=b"a secret"
    )
    found = drawn(ContentFile(given))
    all_of_it = {found.name: found.read(), **found.copies}
    stem = NAME.fullmatch(found.name)["stem"]
    assert set(all_of_it) == {
        f"{stem}{size}{suffix}"
        for size in ("", ".400", ".192")
        for suffix in (".webp", ".jpg")
    }
    sizes = {"": (800, 533), ".400": (400, 267), ".192": (192, 128)}
    for name, data in all_of_it.items():
        image = opened(data)
        assert image.size == sizes[name.removeprefix(stem).rpartition(".")[0]]
        assert near(image.convert("RGB").getpixel((5, 5)), GREEN)
        assert b"secret" not in data
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(image.info)
        assert not image.getexif()


def test_a_picture_is_turned_upright():
    notes = Image.Exif()
    notes[0x0112] = 6  # held on its side
    given = files.picture("JPEG", size=(300, 200), exif=notes)
    assert NAME.fullmatch(drawn(ContentFile(given)).name).group("width", "height") == (
        "200",
        "300",
    )


@pytest.mark.parametrize(
    ("given", "colour"),
    [
        (files.picture("JPEG", "CMYK", colour=(0, 0, 0, 0)), (255, 255, 255)),
        (files.picture("PNG", "I;16", colour=0x8000), (128, 128, 128)),
        (files.picture("PNG", "1", colour=1), (255, 255, 255)),
        (files.picture("PNG", "RGBA", colour=(0, 128, 0, 255)), GREEN),
        (files.picture("PNG", "RGBA", colour=(0, 0, 0, 0)), (255, 255, 255)),
        (files.picture("PNG", "LA", colour=(0, 0)), (255, 255, 255)),
        (files.picture("GIF", "P", transparency=0), (255, 255, 255)),
        (files.picture("WEBP", "RGBA", colour=(0, 128, 0, 255)), GREEN),
        (files.picture("AVIF", colour=GREEN, size=(64, 64)), GREEN),
        (files.picture("JPEG", "L", icc_profile=b"no profile"), (0, 0, 0)),
        (files.picture("PNG", size=(1, 1)), (0, 0, 0)),
        (files.picture("PNG", size=(1, 2000)), (0, 0, 0)),
    ],
)
def test_pictures_of_every_kind_look_as_they_did_on_white(given, colour):
    found = drawn(ContentFile(given))
    assert near(opened(found.read()).getpixel((0, 0)), colour)


def test_of_a_moving_picture_the_first_frame_is_kept():
    frames = [Image.new("RGB", (50, 50), c) for c in ((255, 0, 0), (0, 0, 255))]
    into = io.BytesIO()
    frames[0].save(into, "GIF", save_all=True, append_images=frames[1:])
    image = opened(drawn(into).read())
    assert getattr(image, "n_frames", 1) == 1
    assert near(image.getpixel((5, 5)), (255, 0, 0))


def test_what_hides_in_a_picture_does_not_survive():
    given = files.picture("GIF", "P") + files.HTML
    found = drawn(ContentFile(given))
    everything = found.read() + b"".join(found.copies.values())
    assert b"<script" not in everything


JPEG = files.picture("JPEG")
SCANS = JPEG[:-2] + JPEG[JPEG.rfind(b"\xff\xda") : -2] * 200 + JPEG[-2:]
REFUSED = {
    "million pixels": [files.bomb(), files.bomb(9000, 9000)],
    "damaged or cut off": [SCANS, JPEG[: len(JPEG) // 2], files.bomb(300, 3000)],
    "HEIC": [files.HEIC],
    "SVG": [files.SVG],
    "no picture": [files.EXE, files.HTML, files.pdf(), b"", b"GIF89a", bytes(999)],
}


@pytest.mark.parametrize(
    ("words", "given"),
    [(words, one) for words, all_of_it in REFUSED.items() for one in all_of_it],
)
def test_what_is_no_picture_is_refused_in_words(words, given):
    with pytest.raises(ValidationError, match=words):
        drawn(ContentFile(given))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]), st.data())
def test_a_damaged_picture_is_drawn_or_refused_but_never_fails(form, data):
    whole = bytearray(files.picture(form, "RGB", size=(40, 30)))
    for _time in range(3):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    with suppress(ValidationError):
        drawn(ContentFile(bytes(whole)))
