"""What is known about domain names without asking anyone: public suffixes, registrable domains, trust."""

from collections.abc import Collection
from functools import cache, lru_cache

import tldextract

_EXTRACT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@cache
def _suffixes() -> frozenset[str]:
    return frozenset(suffix for suffix in _EXTRACT.tlds if "." not in suffix)


@lru_cache(maxsize=4096)
def is_public_suffix(label: str) -> bool:
    """Tell whether `label` is a top-level domain of the bundled public suffix list, IDN or punycode."""
    if label.startswith("xn--"):
        try:
            label = label.encode("ascii").decode("idna")
        except UnicodeError:
            return False
    return label in _suffixes()


@lru_cache(maxsize=4096)
def registrable(host: str) -> str:
    """Return the part of `host` that somebody registered ("example.co.uk"), or `host` where there is none."""
    return _EXTRACT(host).top_domain_under_public_suffix or host


def is_within(host: str, domains: Collection[str]) -> bool:
    """Tell whether `host` is one of `domains` or below one of them."""
    host = host.rstrip(".")
    if host in domains:
        return True
    dot = host.find(".")
    while dot >= 0:
        if host[dot + 1 :] in domains:
            return True
        dot = host.find(".", dot + 1)
    return False
