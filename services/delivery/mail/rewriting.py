"""The writing party's real addresses replaced by the alias, in whatever form they stand (R-MAIL-1)."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from services.delivery.mail import charsets, disguise, markup
from services.delivery.mail.bodies import Attached
from services.delivery.mail.headers import Mailbox
from services.delivery.mail.parsing import IncomingMail

MAX_ADDRESSES = 100
_STEP = 2_000
_AROUND = 300
_KEPT_LENGTH = 200

# What stands for the sign between local part and domain, and for a dot, once a text is laid bare.
_AT = r"(?:@|=40|=|\s?[(\[{<]\s?(?:at|@|arroba|chiocciola|arobase|klammeraffe|アットマーク)\s?[)\]}>]\s?)"
_DOT = r"(?:\.|\s?[(\[{<]\s?(?:\.|dot|punto|punkt|point|ドット)\s?[)\]}>]\s?)"
# In the middle of an address: invisible characters, tags, a soft break, a quotation's line break with its `>` marks.
_BREAK = rf"(?:{disguise.INVISIBLE}|=?\n[> \t]*|[ \t]?>[> \t]*){{0,3}}"
# Boundaries are ASCII: Japanese text runs up to an address without a blank.
_BEFORE = r"(?<![a-z0-9])(?<![a-z0-9][._+-])"
_AFTER = r"(?!-?[a-z0-9])"
# In a file name an underscore or hyphen parts words, and may stand where the name could not hold the sign itself.
_BEFORE_IN_NAME = r"(?<![a-z0-9])"
_AFTER_IN_NAME = r"(?![a-z0-9])"
_AT_IN_NAME = rf"(?:{_AT}|[_-]at[_-]|_)"
_MORE = re.compile(r"\.[a-z0-9]")


@dataclass(frozen=True)
class Replacement:
    """What to find and what to put there.

    ``addresses`` are the real addresses of the writing party (envelope, header, known), ``hosts`` machine names of its
    own network; ``alias`` takes the place of both (its domain that of a host). At most 100 of each are looked for.
    """

    addresses: frozenset[str]
    alias: str
    hosts: frozenset[str] = frozenset()

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """The expression that finds every address and host in bare text, or nothing where there is nothing to find."""
        return self._compile(_BEFORE, _AT, _AFTER)

    @cached_property
    def pattern_in_names(self) -> re.Pattern[str] | None:
        """The same for file names, where other signs part words."""
        return self._compile(_BEFORE_IN_NAME, _AT_IN_NAME, _AFTER_IN_NAME)

    def _compile(self, before: str, at: str, after: str) -> re.Pattern[str] | None:
        hosts = {host.lower().rstrip(".") for host in self.hosts} - {self.alias.rpartition("@")[2].lower(), ""}
        addresses = self.addresses - {self.alias.lower()}
        # A pattern takes some 700 octets for each character: what a stranger makes long is not kept.
        is_short = sum(map(len, addresses | hosts)) <= _KEPT_LENGTH
        compile_once = _compile if is_short else _compile.__wrapped__
        return compile_once(addresses, frozenset(hosts), before, at, after)

    def stand_in(self, hit: re.Match[str]) -> str:
        """Give what takes the place of one hit."""
        is_host = hit.lastgroup is not None and hit.lastgroup.startswith("host")
        return self.alias.rpartition("@")[2] if is_host else self.alias


@lru_cache(maxsize=1_000)
def _compile(
    addresses: frozenset[str], hosts: frozenset[str], before: str, at: str, after: str
) -> re.Pattern[str] | None:
    """Compile what finds addresses and hosts; kept, as it takes longer than to look through a mail."""
    choices = [f"{before}{_address_pattern(address, at)}{after}" for address in _variants(addresses)]
    choices += [
        f"(?P<host{number}>{before}{_spell(host)}{after})" for number, host in enumerate(sorted(hosts)[:MAX_ADDRESSES])
    ]
    return re.compile("|".join(choices)) if choices else None


def _spell(text: str, dot: str = r"\.") -> str:
    return _BREAK.join(dot if character == "." else re.escape(character) for character in text)


def _domain_forms(domain: str) -> set[str]:
    forms = {domain}
    try:
        forms.add(domain.encode("idna").decode("ascii"))
        forms.add(domain.encode("ascii").decode("idna"))
    except (UnicodeError, ValueError):
        pass
    return {disguise.fold(form) for form in forms}


def _variants(addresses: Iterable[str]) -> list[tuple[str, str]]:
    """Give each address as folded local part and domain, with and without its tag, in both forms of its domain."""
    found: dict[tuple[str, str], None] = {}
    for address in sorted(addresses):
        local, at, domain = address.strip().strip("<>").rpartition("@")
        local = disguise.fold(local.strip('"'))
        if not at or not local or not domain:
            continue
        for form in sorted(_domain_forms(domain.rstrip("."))):
            found[local, form] = None
            if base := local.partition("+")[0]:
                found[base, form] = None
    # The longest first: a short address may be the end of a longer one.
    return sorted(found, key=lambda pair: -len(pair[0]) - len(pair[1]))[: MAX_ADDRESSES * 2]


def _address_pattern(parts: tuple[str, str], at: str) -> str:
    local, domain = parts
    spelled = _spell(local, _DOT)
    tag = r"(?:\+[\w.+=-]{1,64})?"
    return rf'(?:{spelled}{tag}|"{spelled}"){_BREAK}{at}{_BREAK}{_spell(domain, _DOT)}'


def rewrite_text(text: str, replacement: Replacement) -> str:
    """Replace in plain text; everything else stays to the character. One pass leaves nothing for a second."""
    return _replace(text, disguise.bare_text(text), replacement)


def rewrite_html(source: str, replacement: Replacement) -> str:
    """Replace in sanitised HTML: text across tags, and attribute values. Tags stay where they are."""
    source = _replace(source, disguise.bare_html(source), replacement, is_html=True)
    return markup.TAG.sub(lambda hit: _rewrite_attributes(hit[0], replacement), source)


def _rewrite_attributes(tag: str, replacement: Replacement) -> str:
    if '="' not in tag:
        return tag
    name, blank, attributes = tag.partition(" ")
    return name + blank + _replace(attributes, disguise.bare_text(attributes), replacement)


def _is_longer_domain(source: str, bare: disguise.Bare, end: int) -> bool:
    """Tell whether an address goes on after the hit (`x.com` in `x.com.au`); a capital begins a new sentence."""
    if not _MORE.match(bare.text, end):
        return False
    start, after = bare.spans(end + 1, end + 2)[0]
    return not source[start:after].isupper()


def _replace(
    source: str, bare: disguise.Bare, replacement: Replacement, *, is_html: bool = False, is_name: bool = False
) -> str:
    pattern = replacement.pattern_in_names if is_name else replacement.pattern
    if pattern is None:
        return source
    pieces: list[str] = []
    position = 0
    for hit in pattern.finditer(bare.text):
        if not is_name and _is_longer_domain(source, bare, hit.end()):
            continue
        spans = bare.spans(*hit.span())
        pieces += [source[position : spans[0][0]], replacement.stand_in(hit)]
        end = spans[0][1]
        for start, after in spans[1:]:
            # Between the characters of a hit the tags are kept, invisible characters go.
            pieces.append(disguise.tags_in(source[end:start]) if is_html else "")
            end = max(end, after)
        position = end
    pieces.append(source[position:])
    return "".join(pieces)


def rewrite_file_name(name: str, replacement: Replacement) -> str:
    """Replace in a file name, where anything may stand around an address."""
    return _replace(name, disguise.bare_text(name), replacement, is_name=True)


def rewrite_attached(part: Attached, replacement: Replacement) -> Attached:
    """Replace in an attachment's name, and in its content where that is plain text."""
    name = rewrite_file_name(part.name, replacement)
    content = part.content
    is_text = name.lower().endswith(".txt") or part.media_type == "text/plain"
    if is_text and b"\0" not in content:
        text = charsets.decode(content, None)
        changed = rewrite_text(text, replacement)
        content = content if changed == text else changed.encode("utf-8")
    return replace(part, name=name, content=content)


def names_writer(text: str, replacement: Replacement) -> bool:
    """Tell whether a text of any length holds an address of the writing party, in a form that `rewrite_text` knows.

    Only what follows a local part as it is written is looked at, 600 characters. Time is linear in the text.
    """
    pattern = Replacement(replacement.addresses, replacement.alias).pattern
    if pattern is None:
        return False
    return any(_holds(text, start, pattern) for start in _find_starts(text, replacement))


def _find_starts(text: str, replacement: Replacement) -> Iterator[int]:
    """Yield places such that every local part begins in the `_STEP` characters from one of them."""
    locals_ = {local for local, _ in _variants(replacement.addresses)}
    # Lower case keeps every place, but for the dotted capital I, which becomes two characters.
    folded = text.replace("\u0130", "i").lower()
    wanted = sorted(locals_ | {local.replace("i\u0307", "i") for local in locals_})
    places = dict.fromkeys(wanted, -1)
    start = 0
    while places:
        for local in [local for local, at in places.items() if at < start]:
            places[local] = folded.find(local, start)
            if places[local] < 0:
                del places[local]
        if places:
            yield (first := min(places.values()))
            start = first + _STEP


def _holds(text: str, start: int, pattern: re.Pattern[str]) -> bool:
    """Tell whether an address begins in the `_STEP` characters from a place."""
    # What stands before decides whether a word begins; what begins there is not looked at, as it may be cut.
    before = min(start, _AROUND)
    source = text[start - before : start + _STEP + 2 * _AROUND]
    bare = disguise.bare_text(source)
    return any(
        before <= bare.spans(*hit.span())[0][0] < before + _STEP and not _is_longer_domain(source, bare, hit.end())
        for hit in pattern.finditer(bare.text)
    )


def rewrite_name(name: str, replacement: Replacement) -> str:
    """Replace in a display name."""
    return rewrite_text(name, replacement)


def own_addresses(mail: IncomingMail, envelope_sender: str | None, known: Iterable[str]) -> frozenset[str]:
    """Gather every address that may be the writing party's: header, envelope, and those on record."""
    return frozenset({*mail.addresses, *known, *([envelope_sender] if envelope_sender else [])})


def rewrite_mail(mail: IncomingMail, replacement: Replacement, clean_html: str | None) -> IncomingMail:
    """Replace everywhere a counterpart will look; ``clean_html`` is the mail's HTML, sanitised."""
    names: Callable[[Mailbox], Mailbox] = lambda box: replace(box, name=rewrite_name(box.name, replacement))  # noqa: E731
    return replace(
        mail,
        subject=rewrite_text(mail.subject, replacement),
        text=rewrite_text(mail.text, replacement),
        html=None if clean_html is None else rewrite_html(clean_html, replacement),
        authors=tuple(names(box) for box in mail.authors),
        inline_images=tuple(rewrite_attached(part, replacement) for part in mail.inline_images),
        attachments=tuple(rewrite_attached(part, replacement) for part in mail.attachments),
    )
