"""Generated mails at the real door: taken, or refused for good in words; the conversation goes on."""

import re

import aiosmtplib
import pytest
from hypothesis import HealthCheck, given, settings

from tests.services.delivery.installation import BUYER, SELLER_ALIAS, Installation
from tests.services.delivery.mail import generated

pytestmark = [pytest.mark.req("R-MAIL-1", "R-MAIL-3"), pytest.mark.timeout(900)]


@pytest.fixture
async def ready(delivery: Installation) -> Installation:
    """Give a service that takes mail of both parties."""
    await delivery.introduce()
    await delivery.tell(await delivery.approve())
    return delivery


@given(raw=generated.mails(BUYER, SELLER_ALIAS))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture])
async def test_any_tree_of_parts_is_taken_or_refused_in_words(ready: Installation, raw: bytes) -> None:
    async with ready.client() as client:
        await client.ehlo()
        await client.mail(BUYER)
        await client.rcpt(SELLER_ALIAS)
        try:
            response = await client.data(raw)
        except aiosmtplib.SMTPDataError as refused:
            assert 550 <= refused.code <= 554  # noqa: PT017 - being taken is as good
            assert re.fullmatch(r"5\.\d\.\d+ [A-Z].{10,}", refused.message)  # noqa: PT017 - see above
            assert BUYER not in refused.message  # noqa: PT017 - see above
        else:
            assert response.code == 250
        assert (await client.noop()).code == 250
