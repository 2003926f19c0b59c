"""What can be wrong with an order."""

from shared.contracts.vocabulary import AdjustmentReason, OrderStatus
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


class NothingLeft(Conflict):
    """Every piece of the order is in a parcel already."""

    slug = "nothing-left-to-ship"
    title = "Nothing left to ship"

    def __init__(self) -> None:
        super().__init__(
            "Everything in this order has been shipped already.",
            errors=[{"field": "order_id", "message": "has nothing left to ship"}],
        )


class NotYoursToShip(Conflict):
    """The marketplace ships this order, so its seller confirms nothing."""

    slug = "marketplace-fulfilled"
    title = "Shipped by the marketplace"

    def __init__(self) -> None:
        super().__init__(
            "The marketplace ships this order and confirms it itself.",
            errors=[{"field": "order_id", "message": "is shipped by the marketplace"}],
        )


class IllegalAdjustment(Conflict):
    """An order where it stands cannot be adjusted for this reason."""

    slug = "illegal-adjustment"
    title = "Illegal adjustment"

    def __init__(self, status: OrderStatus, reason: AdjustmentReason) -> None:
        super().__init__(
            f"An order that is {status} cannot be adjusted with the reason {reason}.",
            status_before=status.value,
            errors=[{"field": "reason", "message": f"does not fit an order that is {status}"}],
        )


class RecordedOtherwise(Conflict):
    """The id is taken by a confirmation that says something else."""

    slug = "recorded-otherwise"
    title = "Recorded otherwise"

    def __init__(self, field: str) -> None:
        super().__init__(
            "This id was used for something else on this order, and the buyer has been told.",
            errors=[{"field": field, "message": "was used already, with other content"}],
        )


class TooManyConfirmations(Conflict):
    """An order holds only so many shipments and adjustments."""

    slug = "too-many-confirmations"
    title = "Too many confirmations"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"An order holds {most} of these at most.", errors=[{"field": "order_id", "message": "holds no more"}]
        )
