"""Mails that nobody would write: nested parts, damaged headers, wrong encodings, for hypothesis to build and shrink."""

import base64
import quopri

from hypothesis import strategies as st

from tests.services.delivery.mail import samples

CHARSETS = [
    "utf-8",
    "us-ascii",
    "windows-1252",
    "iso-8859-15",
    "iso-2022-jp",
    "gb18030",
    "utf-16",
    "x-unknown",
    "utf-7",
]
SUBTYPES = ["mixed", "alternative", "related", "signed", "report", "digest", "x-odd"]
_LEAF_TYPES = [
    "text/plain",
    "text/html",
    "text/calendar",
    "image/png",
    "application/pdf",
    "text/enriched",
    "message/rfc822",
]
_PLANTED = [samples.REAL, samples.REAL.upper(), samples.REAL.replace("@", "&#64;"), samples.REAL.replace("@", "%40")]
_HTML = ["<p>", "</p>", "<a href='mailto:", "'>", "<img src='cid:i'>", "<!--", "-->", "<blockquote>", "<style>", "<b"]
_NAMES = ["a.txt", "é.pdf", "x" * 300, "../../a", "=?utf-8?B?ww==?=", '"', ""]

texts = st.lists(st.text(max_size=30) | st.sampled_from(_PLANTED) | st.sampled_from(_HTML), max_size=8).map(" ".join)


def _encode(text: str, charset: str, transfer: str) -> bytes:
    try:
        octets = text.encode(charset, "replace")
    except LookupError:
        octets = text.encode("utf-8", "replace")
    if transfer == "base64":
        return base64.encodebytes(octets)
    return quopri.encodestring(octets) if transfer == "quoted-printable" else octets


@st.composite
def leaves(draw: st.DrawFn) -> bytes:
    """Draw one part: its type, charset and encoding need not agree with its octets."""
    media_type, charset = draw(st.sampled_from(_LEAF_TYPES)), draw(st.sampled_from(CHARSETS))
    transfer = draw(st.sampled_from(["7bit", "8bit", "base64", "quoted-printable", "x-odd"]))
    header = f"Content-Type: {media_type}; charset={charset}\r\nContent-Transfer-Encoding: {transfer}\r\n"
    if draw(st.booleans()):
        name = draw(st.sampled_from(_NAMES))
        header += f'Content-Disposition: attachment; filename="{name}"\r\n'
    elif draw(st.booleans()):
        header += "Content-ID: <i>\r\nContent-Disposition: inline\r\n"
    said = draw(st.sampled_from([transfer, transfer, "7bit", "base64", "quoted-printable"]))
    return header.encode() + b"\r\n" + _encode(draw(texts), charset, said)


@st.composite
def _containers(draw: st.DrawFn, children: st.SearchStrategy[bytes]) -> bytes:
    """Draw a multipart around some parts; sometimes it is never closed."""
    boundary, subtype = draw(st.sampled_from(["b1", "b2", "b 3"])), draw(st.sampled_from(SUBTYPES))
    pieces = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in draw(st.lists(children, max_size=4)))
    end = f"--{boundary}--\r\n".encode() if draw(st.booleans()) else b""
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode() + pieces + end


@st.composite
def mails(draw: st.DrawFn, sender: str, recipient: str) -> bytes:
    """Draw a whole mail from `sender` to `recipient`, in the end damaged at a few places."""
    body = draw(st.recursive(leaves(), _containers, max_leaves=6))
    subject = draw(texts).replace("\r", " ").replace("\n", " ")
    fields = [
        f"From: <{sender}>",
        f"To: <{recipient}>",
        f"Subject: {subject}",
        *draw(st.lists(st.sampled_from(_FIELDS), max_size=4)),
    ]
    raw = "\r\n".join(fields).encode("utf-8", "replace") + b"\r\n" + body
    for place, octets in draw(st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=6)), max_size=3)):
        # The first lines stay, so that it is the door's business at all.
        start = min(len(raw), 120 + place)
        raw = raw[:start] + octets + raw[start + len(octets) // 2 :]
    return raw


_FIELDS = [
    "Message-ID: <1@mx7.posta-privata.example>",
    f"Reply-To: {samples.REAL}",
    f"Received: from mx7.posta-privata.example by x; {samples.REAL}",
    "In-Reply-To: <<broken",
    "References: " + "<a@b> " * 200,
    "Date: yesterday",
    "MIME-Version: 1.0",
    f"X-Odd: {samples.REAL}",
    "Content-Language: \x7f",
    "Broken header without colon",
]
