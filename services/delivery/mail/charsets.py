"""Octets to characters when the declared charset is right, nearly right, wrong or missing."""

import codecs
import re

from charset_normalizer import from_bytes

# What is declared and what the world means by it (WHATWG Encoding, and the habits of mail clients).
_MEANT = {
    "ascii": "us-ascii",
    "ansi_x3.4-1968": "us-ascii",
    "8bit": "us-ascii",
    "unknown": "us-ascii",
    "default": "us-ascii",
    "iso-8859-1": "windows-1252",
    "latin1": "windows-1252",
    "latin-1": "windows-1252",
    "cp-1252": "windows-1252",
    "iso-8859-9": "windows-1254",
    "iso-8859-11": "windows-874",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "tis-620": "windows-874",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "unicode-1-1-utf-7": "utf-7",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
}
_JAPANESE = ("iso2022_jp", "iso2022_jp_2", "iso2022_jp_3", "iso2022_jp_2004", "iso2022_jp_ext")
# Codecs of Python that are no charsets of text.
_NO_CHARSET = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"})
_GUESS_OCTETS = 16_384
_GUESS_CHAOS = 0.05
_GUESS_LEAST = 8
# Only what looks nothing like the Latin script can be told apart by guessing.
_GUESSABLE = ["gb18030", "big5", "cp949", "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874"]
_KANA = re.compile("[\u3041-\u30ff]")
_KANA_SHARE = 4
_SINGLE_OCTET = re.compile(r"ascii|cp125\d|iso8859[-_]\d+|koi8[-_][ru]|mac[-_]\w+|cp874|cp866|tis_620")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_MAX_NAME = 60


def _western(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(bytes([octet]).decode("cp1252", "latin1_octet") for octet in wrong), error.end


def _octet(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("latin1_octet", _octet)
codecs.register_error("western_octet", _western)


def find_codec(charset: str | None) -> str | None:
    """Name the Python codec for a declared charset as mail clients mean it, or nothing if there is none."""
    if not charset:
        return None
    name = charset.strip(" \t\r\n\"';").lower()
    name = _MEANT.get(name, name)
    if not name.isascii() or not 0 < len(name) <= _MAX_NAME or "\0" in name:
        return None
    try:
        info = codecs.lookup(name)
        b"\0\0\0\0".decode(info.name, "replace")
    except (LookupError, ValueError):
        return None
    return None if info.name.replace("-", "_") in _NO_CHARSET else info.name


def _decode_exactly(content: bytes, codec: str) -> str | None:
    codecs_to_try = _JAPANESE if codec.startswith("iso2022_jp") else (codec,)
    for name in codecs_to_try:
        try:
            return content.decode(name, "latin1_octet" if name == "cp1252" else "strict")
        except ValueError:
            continue
    return None


def _guess(content: bytes) -> str | None:
    # Mostly valid UTF-8 with a few stray octets is UTF-8 that was cut or mixed, not another charset.
    strays = content.decode("utf-8", "replace").count("\ufffd")
    beyond_ascii = sum(octet > 0x7F for octet in content)  # noqa: PLR2004 - the last ASCII octet
    if strays * 4 < beyond_ascii:
        return content.decode("utf-8", "western_octet")
    if beyond_ascii < _GUESS_LEAST:
        return None
    for japanese in ("cp932", "euc_jp"):
        text = _decode_exactly(content, japanese)
        if text and len(_KANA.findall(text)) * _KANA_SHARE > sum(not letter.isascii() for letter in text):
            return text
    best = from_bytes(content[:_GUESS_OCTETS], cp_isolation=_GUESSABLE).best()
    return _decode_exactly(content, best.encoding) if best and best.chaos <= _GUESS_CHAOS else None


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def decode(content: bytes, charset: str | None) -> str:
    """Turn octets into text without losing any: every octet becomes a character, whatever the charset claims.

    Order: the declared charset if it fits all octets, ISO-2022-JP by its escapes, UTF-8, a guess, windows-1252. Where a
    charset of single octets is declared and all is sound UTF-8, it is UTF-8: nobody writes that by chance.
    """
    codec = find_codec(charset)
    if codec is not None and not (_SINGLE_OCTET.fullmatch(codec) and _is_utf8(content)):
        exact = None if codec == "ascii" else _decode_exactly(content, codec)
        if exact is not None:
            return exact
    if b"\x1b$" in content or b"\x1b(" in content:
        exact = _decode_exactly(content, "iso2022_jp")
        if exact is not None:
            return exact
    if _is_utf8(content):
        return content.decode("utf-8")
    return _guess(content) or content.decode("cp1252", "latin1_octet")


def normalise_lines(text: str) -> str:
    """Give text LF line ends and no control codes, byte order mark or lone surrogates; every character stays."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text.removeprefix("\ufeff"))
