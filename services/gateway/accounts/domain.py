"""What is said of sellers and buyers, and which alias domains will do. Pure."""

from dataclasses import dataclass

SHORTEST_LOCAL_PART = 10


@dataclass(frozen=True, slots=True)
class SellerState:
    """All that is recorded of a seller. `sender_addresses` may write in the seller's name.

    The seller added and confirmed `confirmed_addresses` besides (R-MAIL-2); recording the seller anew keeps them.
    `bounce_notices` says whether the seller is told by mail of messages that did not arrive (R-MAIL-9).
    """

    business_name: str
    language: str
    service_address: str
    sender_addresses: tuple[str, ...]
    bounce_notices: bool = True
    confirmed_addresses: tuple[str, ...] = ()

    @property
    def writers(self) -> tuple[str, ...]:
        """Every address that may write in the seller's name, each once."""
        return tuple(dict.fromkeys((*self.sender_addresses, *self.confirmed_addresses)))


@dataclass(frozen=True, slots=True)
class BuyerState:
    """All that is recorded of a buyer. `opted_out` refuses unsolicited messages (R-POLICY-4)."""

    address: str
    language: str
    opted_out: bool


def require_room(alias_domain: str, address_length: int) -> None:
    """Raise `ValueError` if the domain leaves too few characters for an alias's local part (R-ALIAS-2)."""
    room = address_length - len(alias_domain) - 1
    if room < SHORTEST_LOCAL_PART:
        raise ValueError(
            f"leaves {max(room, 0)} of {address_length} characters for an alias's local part, "
            f"and {SHORTEST_LOCAL_PART} are needed; choose a shorter domain"
        )


def domain_of(address: str) -> str:
    """Return the part of an e-mail address after the `@`, in lower case."""
    return address.rpartition("@")[2].lower()
