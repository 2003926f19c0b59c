"""The set-up script on a real server: every service gets into its own database, and into no other."""

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import asyncpg
import pytest

from services.cli.installation import NAMES
from tests.deploy.compose import ROOT
from tests.infrastructure.postgres import PostgresServer, find_program

SCRIPT = ROOT / "deploy/postgres/databases.sql"
PASSWORDS = {name: secrets.token_hex() for name in NAMES}
VARIABLES = {f"{name.upper()}_DATABASE_PASSWORD": password for name, password in PASSWORDS.items()}


@pytest.fixture(scope="module")
def psql() -> str:
    program = find_program("psql")
    if program is None:
        pytest.skip("psql: not on this machine")
    return program


def run_script(psql: str, server: PostgresServer, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    # The image runs a script so, besides naming its own server.
    command = [psql, "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", f"--dbname={server.dsn}", f"--file={SCRIPT}"]
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def drop_all(psql: str, server: PostgresServer) -> None:
    statements = [f"DROP DATABASE IF EXISTS tramite_{name} WITH (FORCE)" for name in NAMES]
    statements += [f"DROP ROLE IF EXISTS tramite_{name}" for name in NAMES]
    commands = [f"--command={statement}" for statement in statements]
    subprocess.run([psql, "--no-psqlrc", "--quiet", server.dsn, *commands], check=True, capture_output=True)


@pytest.fixture(scope="module")
def prepared(psql: str, postgres: PostgresServer) -> Iterator[PostgresServer]:
    try:
        done = run_script(psql, postgres, VARIABLES)
        assert done.returncode == 0, done.stderr
        yield postgres
    finally:
        drop_all(psql, postgres)


def address(server: PostgresServer, user: str, database: str, password: str | None = None) -> str:
    place = urlsplit(server.dsn)
    return f"postgresql://tramite_{user}:{password or PASSWORDS[user]}@{place.hostname}:{place.port}/tramite_{database}"


@pytest.mark.parametrize("name", NAMES)
async def test_service_makes_tables_in_its_database(prepared: PostgresServer, name: str) -> None:
    connection = await asyncpg.connect(address(prepared, name, name))
    try:
        await connection.execute("CREATE TABLE probe (id int); INSERT INTO probe VALUES (1); DROP TABLE probe")
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        assert (
            await connection.fetchval("SELECT lower('ÉÑ') || (SELECT min(x) FROM (VALUES ('a'), ('B')) v(x))") == "éñB"
        )
    finally:
        await connection.close()


@pytest.mark.parametrize("name", NAMES)
async def test_service_gets_into_no_other_database(prepared: PostgresServer, name: str) -> None:
    for other in set(NAMES) - {name}:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(address(prepared, name, other))


async def test_password_is_asked_for(prepared: PostgresServer) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(address(prepared, "alias", "alias", "wrong"))


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_script_fails_where_a_password_is_missing(psql: str, postgres: PostgresServer, variable: str) -> None:
    variables = {name: value for name, value in VARIABLES.items() if name != variable}
    drop_all(psql, postgres)
    try:
        assert run_script(psql, postgres, variables).returncode != 0
    finally:
        drop_all(psql, postgres)
