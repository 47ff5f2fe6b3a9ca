"""A campaign that may send now, for tests of everything that touches the database."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from devstack.stack.campaign import PORTFOLIO, WABA, adapted, create_campaign, insert
from tests.attempts import attempt
from tests.machines import role_for

__all__ = ["PORTFOLIO", "WABA", "insert"]

BODY = "Hola {{1}}, somos {{2}}"
PERSONALIZATION = {"1": "{{voter.first_name}}", "2": "{{campaign.name}}"}

_idle: dict[str, list[Any]] = {}  # connections that nobody uses now, by DSN


@contextmanager
def session(dsn: str, role: str = "postgres", user: UUID | None = None) -> Iterator[Any]:
    """Open one transaction as PostgREST would for that role and user; commit it at the end."""
    signed_in = {"sub": str(user)} if user else {}
    claims = json.dumps({"role": role} | signed_in) if user or role != "postgres" else ""
    idle = _idle.get(dsn)
    connection = idle.pop() if idle else psycopg.connect(dsn, row_factory=dict_row)
    with connection if idle is None else _given_back(connection, idle):
        connection.execute(
            "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
            (role, claims),
        )
        yield connection


def keep_connections(dsn: str) -> None:
    """Let every `session` with this database pass its connection on to the next.

    As PostgREST's pool does. What a session leaves behind, the next one does not see: it begins a
    transaction of its own and sets role and claims for it.
    """
    _idle[dsn] = []


def drop_temporary_tables(dsn: str) -> None:
    """Take from the kept connections what only they see."""
    for connection in _idle[dsn]:
        connection.execute("discard temp")
        connection.commit()


def close_connections(dsn: str) -> None:
    """Close what was kept."""
    for connection in _idle.pop(dsn, []):
        connection.close()


@contextmanager
def _given_back(connection: Any, idle: list[Any]) -> Iterator[None]:
    try:
        yield
        connection.commit()
    except BaseException:
        connection.close()
        raise
    idle.append(connection)


def call(connection: Any, function: str, **arguments: Any) -> Any:
    """Return what `function` (schema-qualified) answers to named arguments; dicts go as jsonb."""
    named = [
        sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name))
        for name in arguments
    ]
    name = sql.Identifier(*function.split("."))
    query = sql.SQL("select {}({}) as answer").format(name, sql.SQL(", ").join(named))
    values = {k: adapted(v) for k, v in arguments.items()}
    return connection.execute(query, values).fetchone()["answer"]


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign with its member, sender, settings and approved template; sending is open now.

    Methods that return the campaign may be chained:
    `Campaign.create(dsn).with_voters(3).with_settings(consent_required=True)`.
    """

    dsn: str
    id: UUID
    member: UUID
    sender_id: UUID
    template_id: UUID
    phone_number_id: str  # unless `with_sender` gave it another

    @classmethod
    def create(cls, dsn: str, name: str = "Ana Gobernadora") -> "Campaign":
        """Create it in the middle of its campaign, 40 days before the election, in Mexico City.

        Consent is not required and there are no quiet hours and no voters yet.
        """
        sender_id = uuid4()
        number = str(sender_id.int)[:15]
        sender = {"id": sender_id, "phone_number_id": number, "queue_name": f"queue-{sender_id}"}
        with session(dsn) as db:
            ids = create_campaign(
                db,
                name=name,
                sender=sender,
                settings={"consent_required": False},
                template={"meta_template_name": "saludo", "body_text": BODY},
            )
        return cls(
            dsn=dsn,
            id=ids.campaign_id,
            member=ids.user_id,
            sender_id=sender_id,
            template_id=ids.template_id,
            phone_number_id=number,
        )

    def with_settings(self, **columns: Any) -> "Campaign":
        """Change columns of wa_campaign_settings."""
        return self._update("public.wa_campaign_settings", "campaign_id", self.id, columns)

    def with_sender(self, **columns: Any) -> "Campaign":
        """Change columns of the campaign's row in wa_senders."""
        return self._update("public.wa_senders", "id", self.sender_id, columns)

    def with_template(self, **columns: Any) -> "Campaign":
        """Change columns of the campaign's row in wa_templates."""
        return self._update("public.wa_templates", "id", self.template_id, columns)

    def with_voters(self, count: int, first: int = 0, **columns: Any) -> "Campaign":
        """Add voters "Votante <n>" with the numbers `phone(first)`, `phone(first + 1)`, …"""
        with session(self.dsn) as db:
            for n in range(first, first + count):
                row = {"full_name": f"Votante {n}", "phone": phone(n)} | columns
                insert(db, "public.voters", campaign_id=self.id, **row)
        return self

    def add_voter(self, **columns: Any) -> UUID:
        """Add one voter with exactly these columns and return their id."""
        voter = uuid4()
        with session(self.dsn) as db:
            insert(db, "public.voters", **({"id": voter, "campaign_id": self.id} | columns))
        return columns.get("id", voter)

    def with_consent(self, *phones: str) -> "Campaign":
        """Record that the owners of these numbers (E.164) agreed to be written to."""
        with session(self.dsn) as db:
            for number in phones:
                row = {"phone": number, "obtained_at": datetime.now(UTC), "source": "form"}
                insert(db, "public.wa_consents", campaign_id=self.id, **row)
        return self

    def with_opt_out(self, *phones: str) -> "Campaign":
        """Record that the owners of these numbers (E.164) wrote BAJA to its sender just now."""
        with session(self.dsn) as db:
            for number in phones:
                row = {"phone": number, "source": "reply", "changed_at": datetime.now(UTC)}
                insert(db, "public.wa_opt_outs", sender_id=self.sender_id, opted_out=True, **row)
        return self

    def with_test_number(self, *phones: str) -> "Campaign":
        """Put these numbers (E.164) of the campaign's own people on its list for tests."""
        for number in phones:
            self.as_member(
                "public.wa_add_test_number",
                p_campaign_id=self.id,
                p_phone=number,
                p_label="Del equipo",
            )
        return self

    def create_job(  # noqa: PLR0913 - the request's fields
        self,
        *,
        filters: Mapping[str, Any] | None = None,
        personalization: Mapping[str, Any] = PERSONALIZATION,
        key: str | None = None,
        scheduled_at: datetime | None = None,
        user: UUID | None = None,
        canary: bool | None = None,
        accept_cut: bool = False,
    ) -> dict[str, Any]:
        """Create a job as the member (or another user) and return wa_create_job's summary.

        Raises:
            psycopg.Error: the database refused; `diag.sqlstate` is PTnnn, the message its code.
        """
        with session(self.dsn, "authenticated", user or self.member) as db:
            return call(
                db,
                "public.wa_create_job",
                p_campaign_id=self.id,
                p_template_id=self.template_id,
                p_filters=dict(filters or {}),
                p_personalization=dict(personalization),
                p_idempotency_key=key or str(uuid4()),
                p_scheduled_at=scheduled_at,
                p_canary=canary,
                p_accept_cut=accept_cut,
            )

    def as_member(self, function: str, **arguments: Any) -> Any:
        """Call a function as the campaign's member, in a transaction of its own."""
        with session(self.dsn, "authenticated", self.member) as db:
            return call(db, function, **arguments)

    def as_service(self, function: str, **arguments: Any) -> Any:
        """Call a function as the deployed function that needs it, in its own transaction."""
        with session(self.dsn, role_for(function)) as db:
            return call(db, function, **arguments)

    def claim(self, message_id: UUID, claim_id: UUID | None = None) -> dict[str, Any]:
        """Claim a message, with a fresh claim id by default."""
        chosen = claim_id or uuid4()
        return self.as_service(
            "public.wa_claim_message", p_message_id=message_id, p_claim_id=chosen
        )

    def record(self, message_id: UUID, answer: str, number: int = 1, **details: Any) -> str:
        """Record what an attempt came to (tests/attempts.py); return the message's status then."""
        return self.as_service(
            "public.wa_record_attempt",
            p_message_id=message_id,
            p_attempt=number,
            **attempt(answer, **details),
        )

    def messages(self, job_id: str | UUID) -> list[dict[str, Any]]:
        """Return the job's rows of wa_send_queue by position."""
        return self.rows(
            "select * from public.wa_send_queue where job_id = %s order by position", job_id
        )

    def job(self, job_id: str | UUID) -> dict[str, Any]:
        """Return the job's row of communications."""
        return self.rows("select * from public.communications where job_id = %s", job_id)[0]

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Run any statement as the superuser and return its rows, if it has any."""
        with session(self.dsn) as db:
            cursor = db.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def _update(self, table: str, key: str, value: UUID, columns: Mapping[str, Any]) -> "Campaign":
        assigned = [
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in columns
        ]
        query = sql.SQL("update {} set {} where {} = %(key_value)s").format(
            sql.Identifier(*table.split(".")), sql.SQL(", ").join(assigned), sql.Identifier(key)
        )
        with session(self.dsn) as db:
            db.execute(query, {k: adapted(v) for k, v in columns.items()} | {"key_value": value})
        return self


def phone(n: int) -> str:
    """Return the n-th Mexican test number as E.164."""
    return f"+5255{10_000_000 + n}"
