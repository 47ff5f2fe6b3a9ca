"""The few messages of Terraform's plugin protocol 5 that a plugin without behaviour must speak.

Source: hashicorp/terraform, docs/plugin-protocol/tfplugin5.8.proto. On the wire a map is a list of
entries and an enum a whole number, so both are declared as such here.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_TYPES = {"bool": 8, "string": 9, "message": 11, "bytes": 12, "int64": 3}
_MESSAGES = {
    "Attribute": (
        "name=1",
        "type=2 bytes",
        "required=4 bool",
        "optional=5 bool",
        "computed=6 bool",
    ),
    "Block": ("version=1 int64", "attributes=2 [Attribute]", "block_types=3 [NestedBlock]"),
    "NestedBlock": (
        *("type_name=1", "block=2 Block", "nesting=3 int64"),
        *("min_items=4 int64", "max_items=5 int64"),
    ),
    "Schema": ("version=1 int64", "block=2 Block"),
    "NamedSchema": ("key=1", "value=2 Schema"),
    "ProviderSchema": (
        *("provider=1 Schema", "resource_schemas=2 [NamedSchema]"),
        "data_source_schemas=3 [NamedSchema]",
    ),
}
NESTING_MODES = {"single": 1, "list": 2, "set": 3, "map": 4, "group": 5}


def _field(declaration):
    name, _, rest = declaration.partition("=")
    number, _, kind = rest.partition(" ")
    repeated = kind.startswith("[")
    kind = kind.strip("[]") or "string"
    field = descriptor_pb2.FieldDescriptorProto(name=name, number=int(number))
    field.label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
    field.type = _TYPES.get(kind, _TYPES["message"])
    if kind not in _TYPES:
        field.type_name = f".tfplugin5.{kind}"
    return field


def _classes():
    file = descriptor_pb2.FileDescriptorProto(
        name="tfplugin5.proto", package="tfplugin5", syntax="proto3"
    )
    for name, declarations in _MESSAGES.items():
        file.message_type.add(name=name, field=map(_field, declarations))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tfplugin5.{name}"))
        for name in _MESSAGES
    }


_CLASS = _classes()
Attribute, Block, NestedBlock = _CLASS["Attribute"], _CLASS["Block"], _CLASS["NestedBlock"]
Schema, NamedSchema, ProviderSchema = (
    _CLASS["Schema"],
    _CLASS["NamedSchema"],
    _CLASS["ProviderSchema"],
)
