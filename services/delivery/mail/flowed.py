"""format=flowed text (RFC 3676) to whole paragraphs."""

import re

_QUOTE = re.compile(r"^(>*)(.*)$", re.DOTALL)
_SIGNATURE = "-- "


def unfold_paragraphs(text: str, *, delete_space: bool) -> str:
    """Join flowed lines into paragraphs and write quotations as ``> ``; ``delete_space`` is the DelSp parameter."""
    out: list[str] = []
    previous: tuple[int, str] | None = None
    for line in text.split("\n"):
        hit = _QUOTE.match(line)
        marks, rest = (hit[1], hit[2]) if hit else ("", line)
        # Space-stuffing (section 4.4): one leading blank belongs to the transport.
        rest = rest.removeprefix(" ")
        depth = len(marks)
        flows = rest.endswith(" ") and rest != _SIGNATURE
        joined = rest[:-1] if flows and delete_space else rest
        if previous and previous[0] == depth and rest != _SIGNATURE:
            joined = previous[1] + joined
        elif previous:
            out.append(_write(*previous))
        previous = (depth, joined) if flows else None
        if not flows:
            out.append(_write(depth, joined))
    if previous:
        out.append(_write(*previous))
    return "\n".join(out)


def _write(depth: int, line: str) -> str:
    return f"{'>' * depth} {line}" if depth else line
