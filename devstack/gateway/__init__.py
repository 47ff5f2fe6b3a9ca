"""An HTTP gateway that answers as PostgREST and Supabase Auth do, as far as this project needs.

It serves the requests that supabase-py and supabase-js send for functions and single tables, over
the roles, row-level security and privileges of a real Postgres. It has no embedding, aggregates
or OpenAPI, and it is for development and tests only.
"""

from devstack.gateway.server import Gateway
from devstack.gateway.thread import GatewayThread
from devstack.gateway.tokens import DevKeys

__all__ = ["DevKeys", "Gateway", "GatewayThread"]
