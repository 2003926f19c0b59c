"""Why a mail is not taken, in words for the person who sent it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal(Exception):  # noqa: N818 - a refusal is a foreseen answer, not an error
    """A mail is refused for good (R-MAIL-1, R-MAIL-6).

    ``code`` is an enhanced status code of class 5 (RFC 3463), ``reason`` a stable word for metrics and translation,
    ``sentence`` one English sentence that a person understands. None of them ever holds a real address or message text;
    an attachment may be named.
    """

    reason: str
    code: str
    sentence: str

    def __str__(self) -> str:
        return self.reply

    @property
    def reply(self) -> str:
        """The SMTP answer on one line, basic code included (RFC 5321, RFC 2034), ASCII, at most 500 octets."""
        basic = {"5.3.4": "552", "5.7.1": "550", "5.1.1": "550"}.get(self.code, "554")
        sentence = " ".join(self.sentence.split()).encode("ascii", "replace").decode("ascii")
        return f"{basic} {self.code} {sentence}"[:500]
