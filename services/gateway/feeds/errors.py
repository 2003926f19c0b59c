"""What can be wrong with a feed as a whole."""

from http import HTTPStatus

from services.gateway.feeds.domain import FeedFormat
from shared.problems import Problem


class UnknownFormat(Problem):
    """The feed's media type is none that we read."""

    slug = "unsupported-media-type"
    title = "Unsupported media type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE

    def __init__(self) -> None:
        super().__init__(f"Send the feed as {', '.join(FeedFormat)}; UTF-8 encoded.")


class TooManyFeeds(Problem):
    """So many feeds of this sender wait already."""

    slug = "too-many-feeds"
    title = "Too many feeds"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} of your feeds are not worked through yet; wait until one is done.", headers={"Retry-After": "10"}
        )
