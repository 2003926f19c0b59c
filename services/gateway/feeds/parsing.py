"""From a file's octets to its rows. Pure; bounded by the size of the upload and `MOST_ROWS`."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.gateway.feeds.domain import (
    COLUMNS,
    LONGEST_VALUE,
    MOST_ROWS,
    REQUIRED,
    Complaint,
    FeedFormat,
    FeedKind,
    Row,
)
from shared.problems import Invalid

_FIELD = "feed"


def read_rows(content: bytes, written: FeedFormat, kind: FeedKind) -> list[Row]:
    """Return a file's rows, bad ones with what is wrong with them.

    Raises `Invalid` for what makes the whole file unreadable: not UTF-8, no rows, too many, an unknown or missing
    column.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid.of(_FIELD, "is not encoded as UTF-8; save it as UTF-8 and send it again") from None
    rows = _read_lines(text) if written is FeedFormat.JSON_LINES else _read_table(text, written, kind)
    found: list[Row] = []
    for row in rows:
        if len(found) == MOST_ROWS:
            raise Invalid.of(_FIELD, f"has more than {MOST_ROWS} rows; send it in parts")
        found.append(row)
    if not found:
        raise Invalid.of(_FIELD, "has no rows")
    return found


def _read_lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            yield _refuse(number, "row", "is not JSON; write one object a line")
            continue
        if isinstance(value, dict):
            yield Row(number, value)
        else:
            yield _refuse(number, "row", "is not a JSON object; write one object a line")


def _read_table(text: str, written: FeedFormat, kind: FeedKind) -> Iterator[Row]:
    lines = _split(text, written)
    try:
        header = next(lines, None)
        if header is None:
            return
        columns = _read_header(header, kind)
        for number, cells in enumerate(lines, 2):
            if any(cell.strip() for cell in cells):
                yield _read_cells(number, cells, columns)
    except csv.Error:
        raise Invalid.of(_FIELD, "has a cell that does not end; close its quotation marks") from None


def _split(text: str, written: FeedFormat) -> Iterator[list[str]]:
    if written is FeedFormat.TSV:
        return csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    head = text.partition("\n")[0]
    # Spreadsheets write semicolons where the comma separates decimals.
    delimiter = ";" if head.count(";") > head.count(",") else ","
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _read_header(cells: Iterable[str], kind: FeedKind) -> list[str]:
    """Return the columns' names; hyphens and spaces stand for underscores, upper case for lower."""
    columns = [cell.strip().lower().replace("-", "_").replace(" ", "_") for cell in cells]
    known = ", ".join(COLUMNS[kind])
    for number, name in enumerate(columns, 1):
        if name not in COLUMNS[kind]:
            raise Invalid.of(_FIELD, f"has a column (number {number}) that is none of {known}")
    if len(set(columns)) < len(columns):
        raise Invalid.of(_FIELD, "has the same column twice")
    if missing := sorted(REQUIRED[kind] - set(columns)):
        raise Invalid.of(_FIELD, f"lacks the column {missing[0]}; its columns are {known}")
    return columns


def _read_cells(number: int, cells: list[str], columns: list[str]) -> Row:
    if len(cells) > len(columns):
        return _refuse(number, "row", f"has {len(cells)} cells, and the header has {len(columns)}")
    values: Mapping[str, Any] = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
    if too_long := next((name for name, cell in values.items() if len(cell) > LONGEST_VALUE), None):
        return _refuse(number, too_long, f"is longer than {LONGEST_VALUE} characters")
    return Row(number, values)


def _refuse(number: int, field: str, problem: str) -> Row:
    return Row(number, {}, Complaint(number, field, problem))
