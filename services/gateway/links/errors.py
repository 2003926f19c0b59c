"""What can be wrong with a link. Shown as a page, not as a problem document: a person reads it."""


class UselessLink(Exception):  # noqa: N818 - says what is the case
    """The link does nothing: `outcome` is `expired` or `unknown`; `language` is its reader's, where known."""

    def __init__(self, outcome: str, language: str = "") -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.language = language
