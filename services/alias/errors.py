"""What can go wrong with aliases."""


class AliasDomainTooLong(ValueError):  # noqa: N818 - says what is the case
    """A marketplace's alias domain leaves too few characters for a local part (R-ALIAS-2)."""


class AliasesExhausted(Exception):  # noqa: N818 - says what is the case
    """No free local part was found in many tries: the random source or the table is broken."""
