"""Statements that are compiled once in a test process, and not once for each of its thousands of databases.

SQLAlchemy keeps what it compiled for an engine and its dialect. A service has one database as long as it runs, and
meets what was compiled for an earlier request all the time; a test has a database of its own, and compiling for it
all over again took more than the statements themselves.
"""

from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event

_Made = tuple[type[Dialect], object, bool]
_known: dict[_Made, tuple[Dialect, dict[Any, Any]]] = {}


@event.listens_for(Engine, "engine_connect")
def share_compiled(connection: Connection) -> None:
    """Give an engine the dialect, and what was compiled in it, of the first that was made alike.

    Alike are those of one kind of server that `shared.db` makes, which hide parameters, and those that tests make.
    """
    engine = connection.engine
    made = type(engine.dialect), engine.dialect.server_version_info, engine.hide_parameters
    dialect, compiled = _known.setdefault(made, (engine.dialect, {}))
    if engine.get_execution_options().get("compiled_cache") is not compiled:
        engine.dialect = connection.dialect = dialect
        engine.update_execution_options(compiled_cache=compiled)
        connection.execution_options(compiled_cache=compiled)
