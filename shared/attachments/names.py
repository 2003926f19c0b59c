"""File names that are safe to show, store and send."""

import re
import unicodedata

MAX_NAME = 120
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def _is_shown(character: str) -> bool:
    # Direction marks and other invisible signs make `exe.txt` of `txt.exe`.
    return unicodedata.category(character) not in {"Cf", "Cc", "Co", "Cn", "Cs", "Zl", "Zp"}


def split_name(name: str) -> tuple[str, str]:
    """Part a name into stem and extension (lower case, with its dot, empty if there is none)."""
    stem, dot, extension = name.rpartition(".")
    return (stem, f".{extension.lower()}") if dot and stem else (name, "")


def make_safe(name: str) -> str:
    """Make a name without path, control, direction and reserved signs, at most 120 characters, its extension kept."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    name = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    name = "".join(character for character in name if _is_shown(character))
    name = " ".join(_FORBIDDEN.sub("_", name).split()).strip(" .")
    if _RESERVED.match(name):
        name = "_" + name
    stem, extension = split_name(name)
    return stem[: MAX_NAME - len(extension[:20])] + extension[:20] if name else "attachment"
