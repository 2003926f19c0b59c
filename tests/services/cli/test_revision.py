import pytest

from services.cli.installation import NAMES, load_service
from services.cli.revision import write_revision


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_is_written_where_migrations_say_all(name: str) -> None:
    versions = load_service(name).migrations / "versions"
    before = sorted(versions.glob("*.py"))
    assert "nothing written" in await write_revision(name, "should not be")
    assert sorted(versions.glob("*.py")) == before


async def test_another_name_is_refused() -> None:
    with pytest.raises(KeyError, match="no service"):
        await write_revision("nobody", "x")
