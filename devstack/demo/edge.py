"""Calls as the app makes them, with what supabase-js sends."""

from typing import Any
from uuid import uuid4

import requests

from devstack.stack.stack import Stack


def call_edge(
    stack: Stack, token: str, method: str, path: str, body: object = None
) -> dict[str, Any]:
    """Call the Edge Function like `supabase.functions.invoke("messaging" + path)`.

    A POST gets an idempotency key of its own.

    Raises:
        RuntimeError: it was refused; the message says why.
    """
    headers = {
        "apikey": stack.secrets.keys.publishable,
        "Authorization": f"Bearer {token}",
        "X-Client-Info": "supabase-js/2.119.1",
    }
    if method == "POST":
        headers["Idempotency-Key"] = str(uuid4())
    url = stack.at.edge_url + path
    response = requests.request(method, url, json=body, headers=headers, timeout=120)
    if not response.ok:
        raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
    return dict(response.json())
