"""The only module that asks Meta whether a number or a template can send just now.

A promoter waits for the answer, so it is asked once and waited for briefly; who gets none goes on.
"""

from http import HTTPStatus

import requests
from requests.adapters import HTTPAdapter

from shared.adapters.whatsapp import graph_answer, graph_session, read_answer
from shared.errors import MetaReadError
from shared.rules.health import HEALTH_FIELD, Health, read_health
from shared.rules.meta_errors import read_error
from shared.rules.untrusted import object_of

# An answer has five entities with some sentences each.
LARGEST_ANSWER = 64 * 1024


class HealthReader:
    """Asks with one access token; shared by all threads of a process."""

    def __init__(
        self,
        *,
        access_token: str,
        connections: int,
        graph_url: str,
        graph_version: str,
        timeout_s: float,
    ) -> None:
        """Nothing is opened before the first question.

        `timeout_s` bounds the wait for a connection, and each silence after it.
        """
        self._base_url = f"{graph_url}/{graph_version}"
        self._timeout = timeout_s
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._session = graph_session(
            HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
        )

    def health(self, object_id: str) -> dict[str, Health]:
        """Return what a number's or a template's health says, by part: sender, account, template.

        Raises:
            MetaReadError: no answer in time, or a refusal.
        """
        try:
            response = self._session.get(
                f"{self._base_url}/{object_id}",
                params={"fields": HEALTH_FIELD},
                headers=self._headers,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            answer = graph_answer(read_answer(response, LARGEST_ANSWER))
        except requests.RequestException:
            # The exception's text holds the address and is not passed on.
            raise MetaReadError from None
        if response.status_code != HTTPStatus.OK or not answer:
            code, _ = read_error(object_of(answer.get("error")))
            raise MetaReadError(code)
        return read_health(answer)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
