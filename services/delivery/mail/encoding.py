"""Characters to the octets of a mail: header values (RFC 2047, 2231), transfer encodings (RFC 2045), CRLF always."""

import base64
import binascii
import re
from urllib.parse import quote

MAX_LINE = 998
_FOLD_AT = 76
_WORD_OCTETS = 45
_PLAIN_WORD = re.compile(r"[ -~]*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")
_SENSITIVE_LINE = re.compile(rb"^(?:From |\.)", re.MULTILINE)
_TRAILING_BLANK = re.compile(rb"[ \t](?:\r\n|$)")


def one_line(value: str) -> str:
    """Make a header value of one line: no line break or control code can start a field of its own."""
    return _CONTROLS.sub(" ", value).strip()


def encode_words(value: str) -> list[str]:
    """Encode text as encoded words of at most 75 characters, no character cut in two (RFC 2047 section 5)."""
    words: list[str] = []
    chunk = b""
    for character in value:
        octets = character.encode("utf-8")
        if len(chunk) + len(octets) > _WORD_OCTETS:
            words.append(chunk.decode("utf-8"))
            chunk = b""
        chunk += octets
    words.append(chunk.decode("utf-8"))
    return [f"=?utf-8?B?{base64.b64encode(word.encode('utf-8')).decode('ascii')}?=" for word in words]


def _fold(name: str, words: list[str]) -> str:
    """Fold at blanks, lines up to 76 characters where the words allow."""
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > _FOLD_AT and line != f"{name}:":
            lines.append(line)
            line = ""
        line += " " + word
    return "\r\n".join([*lines, line])


def write_text_field(name: str, value: str) -> str:
    """Write an unstructured field (Subject): plain where ASCII fits into lines, else encoded whole, blanks kept."""
    value = one_line(value)
    plain = _PLAIN_WORD.fullmatch(value) and "=?" not in value and "  " not in value
    words = value.split(" ") if plain else []
    if not plain or any(len(word) > _FOLD_AT - len(name) - 2 for word in words):
        words = encode_words(value)
    return _fold(name, words)


def write_mailbox_field(name: str, display_name: str, address: str) -> str:
    """Write a field of one mailbox (RFC 5322 section 3.4); an address beyond ASCII stays raw UTF-8 (RFC 6532)."""
    display_name = one_line(display_name)
    mailbox = f"<{one_line(address)}>" if display_name else one_line(address)
    if not display_name:
        words = []
    elif not _PLAIN_WORD.fullmatch(display_name) or "=?" in display_name or len(display_name) > _FOLD_AT - len(name):
        words = encode_words(display_name)
    elif _ATOMS.fullmatch(display_name) and "  " not in display_name:
        words = display_name.split(" ")
    else:
        escaped = display_name.replace("\\", "\\\\").replace('"', '\\"')
        words = [f'"{escaped}"']
    return _fold(name, [*words, mailbox])


def write_identifiers_field(name: str, identifiers: tuple[str, ...]) -> str:
    """Write message identifiers, one a line where they do not fit."""
    return _fold(name, list(identifiers))


def write_parameter(name: str, value: str) -> str:
    """Write one parameter on lines of its own, led by `;`: a token, a quoted string, or RFC 2231 pieces."""
    value = one_line(value)
    # A blank, the sign of extension, `=` and two quotes come on top.
    room = _FOLD_AT - len(name) - 5
    if _TOKEN.fullmatch(value) and len(value) <= room:
        return f";\r\n {name}={value}"
    if _PLAIN_WORD.fullmatch(value) and len(value) <= room and '"' not in value and "\\" not in value:
        return f';\r\n {name}="{value}"'
    encoded = "utf-8''" + "".join(quote(character, safe="") for character in value)
    if len(encoded) <= room:
        return f";\r\n {name}*={encoded}"
    pieces = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,18}", encoded)
    return "".join(f";\r\n {name}*{number}*={piece}" for number, piece in enumerate(pieces))


def _encode_quoted_line(line: bytes) -> bytes:
    # Soft breaks come with bare LF from the library; the wire wants CRLF.
    return binascii.b2a_qp(line, quotetabs=False, istext=False).replace(b"=\n", b"=\r\n")


def encode_text(text: str) -> tuple[str, bytes]:
    """Encode LF text for a text part: the Content-Transfer-Encoding and octets with CRLF, no line over 998 octets.

    7bit where nothing can go wrong on the way, quoted-printable for mostly ASCII, base64 for the rest.
    """
    content = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
    lines = content.split(b"\r\n")
    fragile = _TRAILING_BLANK.search(content) or _SENSITIVE_LINE.search(content) or b"\0" in content
    if content.isascii() and not fragile and max(map(len, lines)) <= _FOLD_AT + 2:
        return "7bit", content
    beyond = len(content) - len(content.decode("utf-8").encode("ascii", "ignore"))
    if beyond * 5 > len(content):
        return "base64", encode_octets(content)
    return "quoted-printable", b"\r\n".join(_protect(_encode_quoted_line(line)) for line in lines)


def _protect(line: bytes) -> bytes:
    # Some hops mangle a line that begins so (RFC 2049 section 3; RFC 5321 section 4.5.2 for careless clients).
    for sign, safe in ((b"From ", b"=46rom "), (b".", b"=2E")):
        if line.startswith(sign):
            return safe + line[len(sign) :]
    return line


def encode_octets(content: bytes) -> bytes:
    """Encode octets as base64 in lines of 76 with CRLF."""
    return base64.encodebytes(content).replace(b"\n", b"\r\n").removesuffix(b"\r\n")
