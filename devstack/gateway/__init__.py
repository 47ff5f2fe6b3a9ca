"""An HTTP gateway that answers as PostgREST and Supabase Auth do, as far as this project needs.

It calls functions, reads single tables and signs users in, over the roles, row-level security and
privileges of a real Postgres. It writes to no table, embeds and counts nothing, and refuses what
it does not know. For development and tests only.
"""

from devstack.gateway.server import serve_gateway
from devstack.gateway.tokens import DevKeys

__all__ = ["DevKeys", "serve_gateway"]
