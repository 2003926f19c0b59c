from pathlib import Path

import pytest

from shared.blobs import BlobNotFound, BlobStore
from shared.contracts.facts import Content, SealedContent
from shared.crypto import KeyRing, SealError, generate_key
from shared.misconfiguration import MisconfiguredError

pytestmark = pytest.mark.req("R-PRIVACY-2")


@pytest.fixture
def keys() -> KeyRing:
    return KeyRing.parse(f"k1:{generate_key()}", generate_key())


@pytest.fixture
def store(tmp_path: Path, keys: KeyRing) -> BlobStore:
    return BlobStore(f"file://{tmp_path}/some%20blobs", keys)


def list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_blob_comes_back_and_rests_sealed(store: BlobStore, tmp_path: Path) -> None:
    name = await store.put("mail", b"the secret of anna")
    assert await store.get(name) == b"the secret of anna"
    [file] = list_files(tmp_path)
    assert file == tmp_path / "some blobs" / name
    assert b"anna" not in file.read_bytes()


async def test_two_blobs_of_the_same_bytes_have_nothing_in_common(store: BlobStore, tmp_path: Path) -> None:
    names = {await store.put("mail", b"same") for _ in range(2)}
    first, second = list_files(tmp_path)
    assert len(names) == 2
    assert first.read_bytes()[-20:] != second.read_bytes()[-20:]


async def test_a_blob_moved_to_another_folder_does_not_open(store: BlobStore, tmp_path: Path) -> None:
    name = await store.put("mail", b"plain")
    moved = name.replace("mail/", "content/", 1)
    place = tmp_path / "some blobs" / moved
    place.parent.mkdir(parents=True)
    place.write_bytes(list_files(tmp_path)[0].read_bytes())
    with pytest.raises(SealError):
        await store.get(moved)


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "mail/00/" + "0" * 32, "mail/00/../../../keys.json", "mail/00/" + "0" * 32 + "\n"]
)
async def test_what_is_not_there_is_not_found(store: BlobStore, name: str) -> None:
    with pytest.raises(BlobNotFound):
        await store.get(name)


async def test_deleting_is_final_and_may_be_repeated(store: BlobStore) -> None:
    name = await store.put("mail", b"plain")
    await store.delete(name)
    await store.delete(name)
    with pytest.raises(BlobNotFound):
        await store.get(name)


@pytest.mark.parametrize(("size", "form"), [(10, "box"), (200_000, "blob")])
async def test_content_travels_in_the_event_or_as_a_blob(store: BlobStore, size: int, form: str) -> None:
    content = Content(subject="Order", text="x" * size)
    sealed = await store.seal_content(content)
    assert [name for name, value in sealed if value is not None] == [form]
    assert len(sealed.model_dump_json()) < 250_000
    assert await store.open_content(sealed) == content


async def test_content_with_neither_box_nor_blob_does_not_open(store: BlobStore) -> None:
    with pytest.raises(SealError):
        await store.open_content(SealedContent())


@pytest.mark.parametrize("url", ["nonsense", "gopher://x", "file:///proc/self/nowhere"])
def test_a_url_of_no_store_is_named(url: str, keys: KeyRing) -> None:
    with pytest.raises(MisconfiguredError, match="TRAMITE_BLOB_URL"):
        BlobStore(url, keys)
