"""Templates as they are handed in to Meta's simulator, and calls of its management endpoints."""

import copy

WABA, OTHER_WABA, APP = "102290129340398", "102290129340399", "634974688087057"
DAY = 86_400
DRAFT = {
    "name": "invitacion_v1",
    "language": "es_MX",
    "category": "MARKETING",
    "components": [
        {
            "type": "HEADER",
            "format": "TEXT",
            "text": "Hola {{1}}",
            "example": {"header_text": ["Ana"]},
        },
        {
            "type": "BODY",
            "text": "Te esperamos el {{1}} en {{2}}, no faltes.",
            "example": {"body_text": [["sábado", "la plaza"]]},
        },
        {"type": "FOOTER", "text": "Responde BAJA para no recibir más"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "BAJA"},
                {"type": "URL", "text": "Ver", "url": "https://x.mx/{{1}}", "example": ["abc"]},
                {"type": "PHONE_NUMBER", "text": "Llamar", "phone_number": "+525512345678"},
                {"type": "COPY_CODE", "example": "VOTO24"},
            ],
        },
    ],
}
NAMED = {
    "name": "saludo_v1",
    "language": "es_MX",
    "category": "UTILITY",
    "parameter_format": "named",
    "components": [
        {
            "type": "BODY",
            "text": "Hola {{nombre}}, tu casilla ya tiene domicilio.",
            "example": {"body_text_named_params": [{"param_name": "nombre", "example": "Ana"}]},
        }
    ],
}


def draft(base=DRAFT, **changes):
    """The template with members replaced; a part named in capitals replaces that component."""
    changed = copy.deepcopy(base)
    for name, value in changes.items():
        if not name.isupper():
            changed[name] = value
            continue
        changed["components"] = [c for c in changed["components"] if c["type"] != name]
        if value is not None:
            changed["components"].append({"type": name} | value)
    return changed


class Account:
    """One account at the simulator, as its token's owner sees it."""

    def __init__(self, meta, token, waba=WABA):
        self.meta, self.token, self.waba = meta, token, waba
        self.timeout = 10.0

    def call(self, method, path, scheme="Bearer", **options):
        headers = {"Authorization": f"{scheme} {self.token}"} | options.pop("headers", {})
        return self.meta.session.request(
            method,
            f"{self.meta.url}/v24.0/{path}",
            headers=headers,
            timeout=self.timeout,
            **options,
        )

    def create(self, body=DRAFT):
        return self.call("POST", f"{self.waba}/message_templates", json=body)

    def created(self, body=DRAFT):
        answer = self.create(body)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    def approved(self, body=DRAFT):
        template_id = self.created(body)
        self.meta.now += 60
        assert self.node(template_id)["status"] == "APPROVED"
        return template_id

    def edit(self, template_id, **changes):
        return self.call("POST", template_id, json=changes)

    def delete(self, **query):
        return self.call("DELETE", f"{self.waba}/message_templates", params=query)

    def listed(self, **query):
        answer = self.call("GET", f"{self.waba}/message_templates", params=query)
        return [template["name"] for template in answer.json()["data"]]

    def node(self, node_id, **query):
        return self.call("GET", node_id, params=query).json()

    def uploaded(self, content=b"\x89PNG\r\n\x1a\n", file_type="image/png"):
        query = {"file_name": "a.png", "file_length": len(content), "file_type": file_type}
        session = self.call("POST", f"{APP}/uploads", params=query).json()["id"]
        answer = self.call("POST", session, "OAuth", data=content, headers={"file_offset": "0"})
        return answer.json()["h"]


def refusal(answer):
    """Code and subcode of a refusal, (0, 0) of what is accepted."""
    error = answer.json().get("error", {})
    return error.get("code", 0), error.get("error_subcode", 0)
