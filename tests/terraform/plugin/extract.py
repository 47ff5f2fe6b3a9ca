"""Writes schemas.json from the published CDK for Terraform bindings of the two providers.

Run by hand, with the two unpacked npm packages as arguments:

    python -m tests.terraform.plugin.extract .../provider-google .../provider-external

The bindings are generated from the provider's own schema, and carry their TypeScript in their
source maps. It names every attribute with `computed`, `optional` and `required`, and every block
with its class; what it does not carry is left out: descriptions, sensitivity, and the checks that
the provider does in code.
"""

import base64
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TERRAFORM = HERE.parents[2] / "terraform"
NAMESPACE = "hashicorp"
WIDTH = 110
CLASS = re.compile(r"^export class (\w+) extends cdktf\.\w+ \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(
    r"// (?P<name>\w+) - computed: (?P<computed>\w+), optional: (?P<optional>\w+), "
    r"required: (?P<required>\w+)\n"
    r"(?:\s*private _\w+(?:\?: (?P<type>.*?)| = new (?P<made>.*?)\(.*?(?P<in_set>true)?\)); *\n)?"
    r"\s*public get \w+\(\)[^{]*\{\s*return (?P<returned>.*?);",
)
BLOCK_SHAPE = re.compile(r'(\w+): \{\s*value: [^\n]*,\s*isBlock: true,\s*type: "(\w+)"')
PLAIN = {
    "string": "string",
    "number": "number",
    "boolean | cdktf.IResolvable": "bool",
    "string[]": ["list", "string"],
    "number[]": ["list", "number"],
    "{ [key: string]: string }": ["map", "string"],
}
READ = {
    "getStringAttribute": "string",
    "getNumberAttribute": "number",
    "getBooleanAttribute": "bool",
    "getListAttribute": ["list", "string"],
    "cdktf.StringMap": ["map", "string"],
}
NESTING = {"list": "list", "set": "set", "struct": "single"}


class Bindings:
    """The classes of one generated module."""

    def __init__(self, folder: Path) -> None:
        source_map = (folder / "index.js").read_text().rpartition("base64,")[2]
        self.source = json.loads(base64.b64decode(source_map))["sourcesContent"][0]
        self.classes = dict(CLASS.findall(self.source))

    def schema(self) -> dict:
        """Return the schema of the resource, data source or provider."""
        top = re.search(
            r"class (\w+) extends cdktf\.Terraform(Resource|Data|Provider)", self.source
        )
        return {"version": 0, "block": self.block(top[1])}

    def block(self, name: str) -> dict:
        """Return the attributes and the blocks inside of one class."""
        body = self.classes[name]
        hcl = (
            body
            + self.source.partition(f"export function {hcl_function(name)}(")[2].partition(
                "\nexport "
            )[0]
        )
        shapes = dict(BLOCK_SHAPE.findall(hcl))
        attributes, blocks = {}, {}
        for member in MEMBER.finditer(body):
            if left_out(member):
                continue
            if member["name"] in shapes:
                blocks[member["name"]] = self.nested(member, shapes[member["name"]])
            else:
                attributes[member["name"]] = self.attribute(member)
        return {"attributes": attributes} | ({"block_types": blocks} if blocks else {})

    def nested(self, member: re.Match, shape: str) -> dict:
        """Return one block: a class for itself holds at most one, a list class any number."""
        single = member["made"].endswith("OutputReference")
        bounds = {"min_items": 1} if member["required"] == "true" else {}
        if single and shape != "struct":
            bounds["max_items"] = 1
        return {"nesting_mode": NESTING[shape], "block": self.block(element(member)), **bounds}

    def attribute(self, member: re.Match) -> dict:
        """Return one attribute's type and who may set it."""
        flags = {
            flag: True for flag in ("required", "optional", "computed") if member[flag] == "true"
        }
        return {"type": self.type(member), **flags}

    def type(self, member: re.Match) -> object:
        """Return the type as Terraform writes it in JSON."""
        known = PLAIN.get(member["type"]) or READ.get(member["made"])
        getter = re.search(r"get\w+Attribute", member["returned"])
        known = known or (getter and READ[getter[0]])
        if not known:
            attributes = self.block(element(member))["attributes"]
            fields = {name: attribute["type"] for name, attribute in attributes.items()}
            return ["set" if member["in_set"] else "list", ["object", fields]]
        # A set of plain values is read through a conversion to a list.
        return ["set", known[1]] if "Fn.tolist" in member["returned"] else known


def hcl_function(name: str) -> str:
    """Return the name of the function that writes this class, which knows its blocks' shapes."""
    stem = name.removesuffix("OutputReference")
    return f"{stem[0].lower()}{stem[1:]}ToHclTerraform"


def element(member: re.Match) -> str:
    """Return the class that describes one element of a block."""
    return re.sub("(List|OutputReference)$", "OutputReference", member["made"])


def left_out(member: re.Match) -> bool:
    """Tell what no configuration of ours can need: 170 addresses of Google's APIs."""
    meta = member["name"] == "alias"  # Terraform's own, added by the generator
    return meta or member["name"].endswith("_custom_endpoint") or "[] | " in (member["type"] or "")


def used(kind: str) -> list[str]:
    """Return the types of all `kind` blocks ("resource", "data") in the configuration."""
    text = "\n".join(path.read_text() for path in TERRAFORM.rglob("*.tf"))
    return sorted(set(re.findall(rf'^{kind} "(\w+)"', text, re.MULTILINE)))


def provider(package: Path, name: str) -> dict:
    """Return what the configuration uses of one provider."""

    def schemas(kind: str, prefix: str) -> dict:
        folders = {
            kind_used: package
            / "lib"
            / (prefix + kind_used.removeprefix("google_").replace("_", "-"))
            for kind_used in used(kind)
            if kind_used.split("_")[0] == name
        }
        return {kind_used: Bindings(folder).schema() for kind_used, folder in folders.items()}

    data_prefix = "data-google-" if name == "google" else "data-"
    return {
        "provider": Bindings(package / "lib/provider").schema(),
        "resource_schemas": schemas("resource", ""),
        "data_source_schemas": schemas("data", data_prefix),
    }


def main(google: str, external: str) -> None:
    """Extract both providers' schemas into schemas.json."""
    packages = {"google": Path(google), "external": Path(external)}
    document = {
        "format_version": "1.0",
        "extracted_from": {name: version(package) for name, package in packages.items()},
        "provider_schemas": {
            f"{NAMESPACE}/{name}": provider(package, name) for name, package in packages.items()
        },
    }
    (HERE / "schemas.json").write_text(dense(only_written(document, words())) + "\n")


def words() -> set[str]:
    """Return every word of the configuration and of its own tests."""
    files = [*TERRAFORM.rglob("*.tf"), *TERRAFORM.rglob("*.hcl")]
    return {word for path in files for word in re.findall(r"\w+", path.read_text())}


def only_written(value: object, known: set[str]) -> object:
    """Leave out optional arguments and blocks whose names nobody writes; what is required stays."""
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, inner in value.items():
        needed = {"attributes": "required", "block_types": "min_items"}.get(key)
        chosen = (
            {n: of for n, of in inner.items() if of.get(needed) or n in known} if needed else inner
        )
        kept[key] = only_written(chosen, known)
    return kept


def dense(value: object, indent: str = "") -> str:
    """Write JSON with everything on one line that fits there."""
    line = json.dumps(value, sort_keys=True)
    if len(indent) + len(line) <= WIDTH or not isinstance(value, dict):
        return line
    members = [
        f"{indent} {json.dumps(key)}: {dense(value[key], indent + ' ')}" for key in sorted(value)
    ]
    return "{\n" + ",\n".join(members) + f"\n{indent}}}"


def version(package: Path) -> str:
    """Name the package and the provider release that it was generated from."""
    manifest = json.loads((package / "package.json").read_text())
    release = manifest["cdktf"]["provider"]
    return f"{manifest['name']} {manifest['version']}, provider {release['version']}"


if __name__ == "__main__":
    main(*sys.argv[1:])
