"""From octets to rows to confirmations."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.feeds.domain import COLUMNS, REQUIRED, FeedFormat, FeedKind, gather_entries
from services.gateway.feeds.parsing import read_rows
from shared.problems import Invalid

pytestmark = pytest.mark.req("R-ORDER-3")
KINDS, FORMATS = st.sampled_from(FeedKind), st.sampled_from(FeedFormat)
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\t\r\n\x00\ufeff"), max_size=12).map(str.strip)
HEADER = "order_id\tshipment_id\tshipped_at\tcarrier\tsku\tquantity"


@given(st.binary(max_size=400), KINDS, FORMATS)
def test_octets_of_any_kind_are_rows_or_refused(content: bytes, kind: FeedKind, written: FeedFormat) -> None:
    try:
        rows = read_rows(content, written, kind)
    except Invalid:
        return
    entries = gather_entries(kind, rows, flat=written is not FeedFormat.JSON_LINES)
    assert sorted(number for entry in entries for number in entry.rows) == [row.number for row in rows]


@given(KINDS, st.lists(st.lists(CELLS, min_size=8, max_size=8), min_size=1, max_size=5))
def test_tables_and_lines_say_the_same(kind: FeedKind, table: list[list[str]]) -> None:
    columns = COLUMNS[kind]
    rows = [dict(zip(columns, cells, strict=False)) for cells in table]
    rows = [{name: cell for name, cell in row.items() if cell} for row in rows]
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    tabs = "\n".join(
        "\t".join(row.get(name, "") for name in columns) for row in [dict(zip(columns, columns, strict=True)), *rows]
    )
    full = [row for row in rows if row]
    from_lines = [row.values for row in read_rows(lines, FeedFormat.JSON_LINES, kind)]
    assert [row for row in from_lines if row] == full
    if full:
        assert [row.values for row in read_rows(tabs.encode(), FeedFormat.TSV, kind)] == full


@pytest.mark.parametrize("kind", FeedKind)
def test_each_missing_column_is_named(kind: FeedKind) -> None:
    for missing in REQUIRED[kind]:
        header = ",".join(name for name in COLUMNS[kind] if name != missing)
        with pytest.raises(Invalid, match=missing):
            read_rows(f"{header}\nx".encode(), FeedFormat.CSV, kind)


def test_headers_are_read_as_spreadsheets_write_them() -> None:
    text = '\ufeffOrder-ID;"Shipment Id";SHIPPED_AT;carrier\r\n1;"a;b";3;"say ""GLS"""\r\n'
    (row,) = read_rows(text.encode(), FeedFormat.CSV, FeedKind.SHIPMENTS)
    assert row.number == 2
    assert row.values == {"order_id": "1", "shipment_id": "a;b", "shipped_at": "3", "carrier": 'say "GLS"'}


def test_a_quotation_mark_in_a_tab_separated_file_is_one() -> None:
    text = f'{HEADER}\n1\t2\t3\tGLS\t12" frame\t1\n4\t5\t6\tGLS\t\t\n'
    rows = read_rows(text.encode(), FeedFormat.TSV, FeedKind.SHIPMENTS)
    assert [row.values.get("sku") for row in rows] == ['12" frame', None]


def test_a_parcel_gathers_its_rows_wherever_they_stand() -> None:
    text = f"{HEADER}\n1\ta\tt\tGLS\tX\t1\n2\ta\tt\tGLS\tX\t1\n1\ta\tt\tGLS\tY\t2\n1\ta\tt\tDHL\t\t\n"
    rows = read_rows(text.encode(), FeedFormat.TSV, FeedKind.SHIPMENTS)
    first, second = gather_entries(FeedKind.SHIPMENTS, rows, flat=True)
    assert (first.rows, second.rows) == ((2, 4, 5), (3,))
    assert first.values["items"][:2] == [{"sku": "X", "quantity": 1}, {"sku": "Y", "quantity": 2}]
    assert [(found.row, found.field) for found in first.complaints] == [(5, "carrier"), (5, "sku")]
    assert first.place("items.1.quantity") == (4, "quantity")
    assert first.place("carrier") == (2, "carrier")
    assert second.place("items.0.sku") == (3, "sku")


def test_what_is_nested_too_deep_is_a_bad_row() -> None:
    (row,) = read_rows(b"[" * 100_000, FeedFormat.JSON_LINES, FeedKind.SHIPMENTS)
    assert row.complaint is not None
    assert row.complaint.field == "row"
