"""A message's life as its SQL functions see it, without HTTP in between."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg

from bench.figures import BenchmarkError
from devstack.stack.campaign import PHONE_NUMBER_ID

CLAIM = "select public.wa_claim_message(%s, %s) ->> 'decision'"
RECORD = "select public.wa_record_attempt(%s, 1, 'accepted', p_details => %s)"
RECEIPT = "select public.wa_apply_receipts(%s)"


@contextmanager
def as_dispatch(dsn: str, name: str = "") -> Iterator[psycopg.Connection[Any]]:
    """Connect as the machine that sends; `name` is what pg_stat_activity calls it."""
    with psycopg.connect(dsn, autocommit=True, application_name=name) as connection:
        connection.execute("set role wa_dispatch")
        yield connection


def send_one(connection: psycopg.Connection[Any], message_id: str) -> None:
    """Claim a message and record that Meta accepted it; two transactions, as `dispatch` does.

    Raises:
        BenchmarkError: it could not be claimed.
    """
    row = connection.execute(CLAIM, (message_id, uuid4())).fetchone()
    if row != ("send",):
        raise BenchmarkError(f"a claim was answered with {row}")
    details = {"meta_message_id": f"wamid.{message_id}"}
    connection.execute(RECORD, (message_id, json.dumps(details)))


def deliver_one(connection: psycopg.Connection[Any], message_id: str) -> None:
    """Apply the receipt that a message was delivered."""
    receipt = {
        "phone_number_id": PHONE_NUMBER_ID,
        "message_id": message_id,
        "meta_message_id": f"wamid.{message_id}",
        "status": "delivered",
        "at": datetime.now(UTC).isoformat(),
    }
    connection.execute(RECEIPT, (json.dumps([receipt]),))
