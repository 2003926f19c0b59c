"""The route of the preview of a mail. For our own services."""

from fastapi import APIRouter

from services.delivery.errors import ContentUnavailable
from services.delivery.outbound.composition import Composer
from shared.blobs import BlobNotFound
from shared.contracts.questions import RenderAnswer, RenderQuestion
from shared.crypto import SealError
from shared.problems import document_problems


def create_router(composer: Composer) -> APIRouter:
    """Build the route."""
    router = APIRouter(prefix="/internal")

    @router.post("/render", tags=["preview"], responses=document_problems(ContentUnavailable))
    async def render(question: RenderQuestion) -> RenderAnswer:
        """Give the exact mail that a message would become (R-CONTACT-5)."""
        try:
            return RenderAnswer(mail=await composer.render(question))
        except (SealError, BlobNotFound):
            raise ContentUnavailable("The content cannot be opened.") from None

    return router
