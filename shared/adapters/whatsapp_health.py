"""The only module that asks Meta whether a number or a template can send just now.

A promoter waits for the answer, so it is asked once and waited for briefly; who gets none goes on.
"""

from requests.adapters import HTTPAdapter

from shared.adapters.whatsapp import graph_session
from shared.adapters.whatsapp_accounts import ask_graph
from shared.rules.health import HEALTH_FIELD, Health, read_health

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
        self._timeouts = (timeout_s, timeout_s)
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._session = graph_session(
            HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
        )

    def health(self, object_id: str) -> dict[str, Health]:
        """Return what a number's or a template's health says, by part: sender, account, template.

        Raises:
            MetaReadError: no answer in time, or a refusal.
        """
        answer = ask_graph(
            self._session,
            f"{self._base_url}/{object_id}",
            {"fields": HEALTH_FIELD},
            headers=self._headers,
            timeouts=self._timeouts,
            largest=LARGEST_ANSWER,
        )
        return read_health(answer)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
