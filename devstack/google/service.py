"""Serve the official clients' gRPC calls with plain coroutines."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
from grpc import aio

from devstack.ports import free_port

Handler = Callable[[Any], Awaitable[Any]]
Methods = Mapping[str, tuple[Any, Handler]]
"""Method name to (request class of the official client, handler of its raw protobuf message)."""

MAX_REQUEST_BYTES = 20 * 1024 * 1024
"""gRPC's own default of 4 MB would hide Pub/Sub's 10 MB limit."""


class RpcError(Exception):
    """A call that ends with a gRPC status other than OK."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def invalid(message: str) -> RpcError:
    """Return the error for a request that can never succeed."""
    return RpcError(grpc.StatusCode.INVALID_ARGUMENT, message)


def not_found(name: str) -> RpcError:
    """Return the error for a resource that does not exist."""
    return RpcError(grpc.StatusCode.NOT_FOUND, f"Resource not found: {name}")


def already_exists(name: str) -> RpcError:
    """Return the error for a name that is taken."""
    return RpcError(grpc.StatusCode.ALREADY_EXISTS, f"Resource already exists: {name}")


def unimplemented(feature: str) -> RpcError:
    """Return the error for a feature of Google's that the emulator does not have."""
    return RpcError(grpc.StatusCode.UNIMPLEMENTED, f"The emulator does not support {feature}.")


class Server:
    """An insecure gRPC server on 127.0.0.1."""

    def __init__(self, port: int) -> None:
        # Without so_reuseport a second server on the same port fails loudly.
        options = (
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
        )
        self._server = aio.server(options=options)
        self.port: int = self._server.add_insecure_port(f"127.0.0.1:{port or free_port()}")

    def add(self, service: str, methods: Methods) -> None:
        """Register a service under its full protobuf name."""
        handlers = {
            method: grpc.unary_unary_rpc_method_handler(
                _answering(handle),
                request_deserializer=request.pb().FromString,
                response_serializer=_serialize,
            )
            for method, (request, handle) in methods.items()
        }
        generic = grpc.method_handlers_generic_handler(service, handlers)
        self._server.add_generic_rpc_handlers((generic,))

    async def start(self) -> None:
        """Begin to answer."""
        await self._server.start()

    async def stop(self) -> None:
        """Stop at once; calls in progress are cancelled."""
        await self._server.stop(grace=None)


def _answering(handle: Handler) -> Callable[[Any, Any], Awaitable[Any]]:
    async def call(request: Any, context: Any) -> Any:
        try:
            return await handle(request)
        except RpcError as error:
            await context.abort(error.code, str(error))

    return call


def _serialize(reply: Any) -> bytes:
    """Encode a reply; None stands for google.protobuf.Empty, whose encoding is empty."""
    return b"" if reply is None else bytes(reply.SerializeToString())
