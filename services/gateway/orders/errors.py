"""What can be wrong with an order."""

from shared.contracts.vocabulary import OrderStatus
from shared.problems import Conflict


class IllegalTransition(Conflict):
    """The order cannot go from where it stands to where the caller wants it."""

    slug = "illegal-transition"
    title = "Illegal order transition"

    def __init__(self, old: OrderStatus, new: OrderStatus) -> None:
        super().__init__(
            f"An order that is {old} cannot become {new}.",
            status_before=old.value,
            status_wanted=new.value,
            errors=[{"field": "status", "message": f"cannot follow {old}"}],
        )


class OtherOrder(Conflict):
    """The id belongs to an order of another buyer, seller or marketplace."""

    slug = "other-order"
    title = "Another order"

    def __init__(self) -> None:
        super().__init__(
            "This id is an order of another buyer, seller or marketplace, which never change.",
            errors=[{"field": "order_id", "message": "is another order"}],
        )
