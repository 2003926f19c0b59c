"""A broken header block made whole, so that no header line ends up in the text a counterpart reads."""

import re

_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:")
_KNOWN = re.compile(
    rb"^(?:received|from|to|cc|subject|date|message-id|mime-version|content-type|content-transfer-encoding|reply-to"
    rb"|return-path|delivered-to|in-reply-to|references|sender)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_MAX_BLOCK = 256 * 1024
_BLANK = re.compile(rb"(?:\r\n\r\n|\n\n|\r\r)")


def mend_header(raw: bytes) -> bytes:
    """Write the top header block of a mail so that a strict parser reads all of it; the body stays as it is.

    Drops an mbox `From ` line and blanks before colons (RFC 5322 section 4.5.1), folds a foreign line into the field
    above it if real fields follow, and sets the missing empty line before a body that begins without one.
    """
    raw = raw.lstrip(b"\r\n")
    hit = _BLANK.search(raw, 0, _MAX_BLOCK)
    end = hit.start() if hit else min(len(raw), _MAX_BLOCK)
    lines = raw[:end].splitlines()
    if lines and lines[0].lstrip(b">").startswith(b"From "):
        lines = lines[1:]
    first_boundary = next((number for number, line in enumerate(lines) if line.startswith(b"--")), len(lines))
    last_known = max((n for n, line in enumerate(lines[:first_boundary]) if _KNOWN.match(line)), default=-1)
    mended: list[bytes] = []
    for number, line in enumerate(lines):
        field = _FIELD.match(line)
        if line[:1] in {b" ", b"\t"} and mended:
            # The library takes a folded boundary literally, line break included.
            if mended[-1][:13].lower() == b"content-type:":
                mended[-1] += line
            else:
                mended.append(line)
        elif field:
            mended.append(field[1] + b":" + line[field.end() :])
        elif number < last_known:
            mended.append(b" " + line)
        else:
            mended += [b"", *lines[number:]]
            break
    return b"\r\n".join(mended) + (raw[end:] if mended else raw)
