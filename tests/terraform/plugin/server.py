"""Stands in for the plugins hashicorp/google and hashicorp/external: their schema, nothing else.

Terraform itself checks names, types, required arguments and the number of blocks against a schema,
and `mock_provider` needs one to make up values. What the real plugins check in code (ranges, enums,
arguments that exclude each other, everything at plan time) is not checked with this one.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc

from devstack.ports import free_port
from tests.terraform.plugin import protocol

SCHEMAS = json.loads(Path(__file__).with_name("schemas.json").read_text())["provider_schemas"]
SERVICE = "tfplugin5.Provider"
# The answer to these is an empty message: no complaint, nothing to say.
SILENT = ("ValidateResourceTypeConfig", "ValidateDataSourceConfig", "Configure", "Stop")


def block(described):
    """Return a protocol 5 block from the JSON form of `terraform providers schema -json`."""
    return protocol.Block(
        attributes=[
            protocol.Attribute(
                **{**attribute, "type": json.dumps(attribute["type"]).encode()}, name=name
            )
            for name, attribute in described["attributes"].items()
        ],
        block_types=[
            protocol.NestedBlock(
                type_name=name,
                nesting=protocol.NESTING_MODES[nested["nesting_mode"]],
                block=block(nested["block"]),
                min_items=nested.get("min_items", 0),
                max_items=nested.get("max_items", 0),
            )
            for name, nested in described.get("block_types", {}).items()
        ],
    )


def schema(described):
    """Return one schema."""
    return protocol.Schema(version=described["version"], block=block(described["block"]))


def named(schemas):
    """Return the entries of a map of schemas."""
    return [
        protocol.NamedSchema(key=name, value=schema(described))
        for name, described in schemas.items()
    ]


def provider_schema(described):
    """Return the whole answer to GetSchema."""
    return protocol.ProviderSchema(
        provider=schema(described["provider"]),
        resource_schemas=named(described["resource_schemas"]),
        data_source_schemas=named(described["data_source_schemas"]),
    )


def handlers(described):
    """Return the RPCs of one provider, on bytes."""
    answer = provider_schema(described).SerializeToString()
    replies = {
        "GetSchema": lambda _request, _context: answer,
        # Field 1 of the request (the configuration) is field 1 of the reply (the same, prepared).
        "PrepareProviderConfig": lambda request, _context: request,
        **dict.fromkeys(SILENT, lambda _request, _context: b""),
    }
    return {name: grpc.unary_unary_rpc_method_handler(reply) for name, reply in replies.items()}


@contextmanager
def stand_in():
    """Serve the providers of schemas.json; yield the environment that makes Terraform use them."""
    servers, reattach = [], {}
    for address in SCHEMAS:
        server = grpc.server(ThreadPoolExecutor(max_workers=8))
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(SERVICE, handlers(SCHEMAS[address]))]
        )
        port = server.add_insecure_port(f"127.0.0.1:{free_port()}")
        server.start()
        servers.append(server)
        reattach[address] = {
            "Protocol": "grpc",
            "ProtocolVersion": 5,
            "Pid": os.getpid(),
            "Test": True,  # Terraform then leaves this process alone when it ends
            "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
        }
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps(reattach)}
    finally:
        for server in servers:
            server.stop(grace=None).wait()
