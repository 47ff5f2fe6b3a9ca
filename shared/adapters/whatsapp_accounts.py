"""The only module that asks Meta's Graph API about accounts (Cloud API docs, "Management APIs").

Questions change nothing at Meta, so unlike messages they are asked again when no answer comes.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from shared.adapters.whatsapp import graph_answer, graph_session, read_answer
from shared.errors import MetaReadError
from shared.model import ListedTemplate, SenderStanding
from shared.rules.account_state import (
    NUMBER_FIELDS,
    TEMPLATE_FIELDS,
    read_listed_template,
    read_next_cursor,
    read_standing,
)
from shared.rules.meta_errors import read_error
from shared.rules.untrusted import object_of

PAGE_SIZE = 50
# An account holds at most 6,000 templates; a listing that never ends must not hold us for ever.
MAX_PAGES = 120
# 20 KiB for each template of a page: the longest texts, links and samples of ours have 12, and a
# page of nothing but the largest carousels is not to be expected.
LARGEST_ANSWER = 1024 * 1024
# A throttled or unlucky question is asked twice more; the next round comes in an hour anyway.
# Retry-After is ignored: it may be longer than this process lives.
RETRIES = Retry(
    total=2,
    backoff_factor=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    raise_on_status=False,
    respect_retry_after_header=False,
)


class AccountReader:
    """Reads what one access token may see. All methods raise MetaReadError."""

    def __init__(
        self,
        *,
        access_token: str,
        graph_url: str,
        graph_version: str,
        connect_timeout_s: float,
        read_timeout_s: float,
    ) -> None:
        """Nothing is opened before the first question; the token travels in a header alone."""
        self._base_url = f"{graph_url}/{graph_version}"
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._session = graph_session(HTTPAdapter(max_retries=RETRIES))

    def list_templates(self, waba_id: str) -> list[ListedTemplate]:
        """List an account's templates, all pages of them; what names no template is left out."""
        templates: list[ListedTemplate | None] = []
        question: dict[str, str] = {"fields": TEMPLATE_FIELDS, "limit": str(PAGE_SIZE)}
        for _ in range(MAX_PAGES):
            answer = self.ask(f"{waba_id}/message_templates", question)
            page = answer.get("data")
            if not isinstance(page, list):
                raise MetaReadError
            templates += [read_listed_template(template) for template in page]
            cursor = read_next_cursor(answer)
            if cursor is None:
                break
            question["after"] = cursor
        return [template for template in templates if template]

    def get_standing(self, phone_number_id: str) -> SenderStanding:
        """Return how a number is doing."""
        answer = self.ask(phone_number_id, {"fields": NUMBER_FIELDS})
        return read_standing(phone_number_id, answer)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def ask(self, path: str, question: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the object that Meta answers, `question` being what stands behind the "?"."""
        return ask_graph(
            self._session,
            f"{self._base_url}/{path}",
            question,
            headers=self._headers,
            timeouts=self._timeouts,
            largest=LARGEST_ANSWER,
        )


def ask_graph(  # noqa: PLR0913 (the parts of one question, by name)
    session: requests.Session,
    address: str,
    question: Mapping[str, str],
    *,
    headers: Mapping[str, str],
    timeouts: tuple[float, float],
    largest: int,
) -> Mapping[str, Any]:
    """Return the object that Meta answers, of at most `largest` bytes; raises MetaReadError."""
    try:
        response = session.get(
            address,
            params=question,
            headers=headers,
            timeout=timeouts,
            allow_redirects=False,
            stream=True,
        )
        answer = graph_answer(read_answer(response, largest))
    except requests.RequestException:
        # The exception's text holds the address and is not passed on.
        raise MetaReadError from None
    if response.status_code != HTTPStatus.OK or not answer:
        code, _ = read_error(object_of(answer.get("error")))
        raise MetaReadError(code)
    return answer
