import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image

from shared.attachments import Problem, images
from tests.shared.attachments import samples

pytestmark = pytest.mark.req("R-MAIL-6")

KINDS = {"image/jpeg": samples.jpeg, "image/png": samples.png, "image/gif": samples.gif}


@pytest.mark.parametrize("media_type", KINDS)
def test_the_picture_is_the_same_without_its_author(media_type: str) -> None:
    before = KINDS[media_type]()
    after = images.scrub_image(before, media_type)
    assert samples.AUTHOR.encode() in before
    assert samples.AUTHOR.encode() not in after
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(after)) as new:
        assert getattr(old, "n_frames", 1) == getattr(new, "n_frames", 1)
        assert old.convert("RGBA").tobytes() == new.convert("RGBA").tobytes()
        assert old.info.get("loop") == new.info.get("loop")
        assert old.info.get("icc_profile") == new.info.get("icc_profile")
        assert not dict(new.getexif())
    assert images.scrub_image(after, media_type) == after


def test_a_place_is_forgotten_but_not_which_way_is_up() -> None:
    after = images.scrub_image(samples.jpeg(orientation=6), "image/jpeg")
    with Image.open(io.BytesIO(after)) as picture:
        exif = picture.getexif()
        assert dict(exif) == {0x0112: 6}
        assert not exif.get_ifd(0x8825)


@pytest.mark.parametrize("media_type", KINDS)
def test_what_lies_behind_the_end_is_dropped(media_type: str) -> None:
    after = images.scrub_image(KINDS[media_type]() + b"motion picture", media_type)
    assert b"motion" not in after
    assert images.inspect_image(KINDS[media_type]() + b"motion picture", media_type) == []


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a", "b")
    return out.getvalue()


@pytest.mark.parametrize("media_type", KINDS)
@pytest.mark.parametrize("second", [archive(), b"<?php system(1) ?>", b"%PDF-1.4", b"<script>1</script>", b"\x7fELF"])
def test_a_second_file_behind_the_picture_is_seen(media_type: str, second: bytes) -> None:
    assert images.inspect_image(KINDS[media_type]() + second, media_type) == [Problem.POLYGLOT]


def test_a_second_file_in_a_comment_is_seen() -> None:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "JPEG", comment=b"<?php system(1) ?>")
    assert images.inspect_image(out.getvalue(), "image/jpeg") == [Problem.POLYGLOT]


@pytest.mark.parametrize("media_type", KINDS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_picture_is_malformed(media_type: str, share: float) -> None:
    content = KINDS[media_type]()
    assert images.inspect_image(content[: int(len(content) * share)], media_type) == [Problem.MALFORMED]


def test_a_picture_that_explodes_is_refused_before_it_is_opened() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I4s", 13, b"IHDR") + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    assert images.inspect_image(b"\x89PNG\r\n\x1a\n" + chunk, "image/png") == [Problem.BOMB]
    gif = bytearray(samples.gif())
    gif[6:10] = struct.pack("<HH", 65_000, 65_000)
    assert images.inspect_image(bytes(gif), "image/gif") == [Problem.BOMB]
