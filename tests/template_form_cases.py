"""What Meta refuses in a template's form, rule by rule, and what is as near to it and is taken.

Written before the rules. Each rule has a refused and an accepted example that differ in one thing;
TAKEN holds whole templates, as campaigns write them and as Meta's pages show them. Every accepted
example is one in which nothing at all may be refused.

What Meta says when it refuses a template is quoted in public reports more often than in its own
documentation; "reports of error N" means several such reports that agree.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

Fields = dict[str, Any]

CAMPAIGN = UUID("10000000-0000-4000-8000-000000000000")
FOOTER = "Responde BAJA para no recibir más mensajes"
PLAIN: Fields = {
    "name": "invitacion_mitin",
    "category": "MARKETING",
    "body_text": "Hola {{1}}, te esperamos este sábado en el mercado.",
    "footer_text": FOOTER,
    "sample_values": {"1": "Ana"},
}

_META = "https://developers.facebook.com/documentation/business-messaging/whatsapp"
# What a rule is known from: its name, and the page if there is one.
SOURCES: dict[str, tuple[str, str | None]] = {
    "components": ("Meta: components", f"{_META}/templates/components"),
    "overview": ("Meta: templates", f"{_META}/templates/overview"),
    "review": ("Meta: review", f"{_META}/templates/template-review"),
    "languages": ("Meta: languages", f"{_META}/templates/supported-languages"),
    "coupons": ("Meta: coupons", f"{_META}/templates/marketing-templates/coupon-templates"),
    "categories": ("Meta: categories", f"{_META}/templates/template-categorization"),
    "media": ("Meta: media", f"{_META}/business-phone-numbers/media"),
    "guidelines": (
        "Meta: guidelines",
        "https://developers.facebook.com/docs/whatsapp/message-templates/guidelines",
    ),
    "samples": ("netflie#201", "https://github.com/netflie/whatsapp-cloud-api/issues/201"),
    "labels": ("glific#4383", "https://github.com/glific/glific/issues/4383"),
    "twilio": ("Twilio 63040", "https://www.twilio.com/docs/api/errors/63040"),
    "cm": ("CM.com", "https://knowledgecenter.cm.com/kc/whatsapp-template-rejection"),
    "density": (
        "Syniverse",
        "https://sdcsupport.syniverse.com/hc/en-us/articles/30569685832471",
    ),
    "2388072": ("reports of error 2388072", None),
    "2388073": ("reports of error 2388073", None),
    "2388081": ("reports of error 2388081", None),
    "2388299": ("reports of error 2388299", None),
    "ours": ("ours", None),
}


@dataclass(frozen=True)
class Rule:
    """One rule: its code, where it is found, what it says, and the two examples.

    `shows` replaces an example in docs/templates.md where the field alone does not show it.
    """

    code: str
    field: str
    meaning: str
    refused: Fields
    accepted: Fields
    sources: tuple[str, ...]
    shows: tuple[str, str] | None = None


def body(text: str, *samples: str, **named: str) -> Fields:
    """A body and the samples of its variables, numbered or named."""
    numbered = {str(number): sample for number, sample in enumerate(samples, 1)}
    return {"body_text": text, "sample_values": numbered | named}


def header(text: str, **samples: str) -> Fields:
    """A text header; the body's sample stays."""
    return {
        "header_format": "TEXT",
        "header_text": text,
        "sample_values": PLAIN["sample_values"] | samples,
    }


def media(kind: str, **members: Any) -> Fields:
    return {"header_format": kind, "header_media": members}


def reply(text: str, **members: str) -> Fields:
    return {"type": "QUICK_REPLY", "text": text, **members}


def link(text: str, url: str) -> Fields:
    return {"type": "URL", "text": text, "url": url}


def call(text: str = "Llámanos", phone: str = "+525512345678") -> Fields:
    return {"type": "PHONE_NUMBER", "text": text, "phone_number": phone}


def buttons(*listed: Fields, **samples: str) -> Fields:
    named = {name.replace("_", "."): sample for name, sample in samples.items()}
    return {"buttons": list(listed), "sample_values": PLAIN["sample_values"] | named}


CODE: Fields = {"type": "COPY_CODE"}
PLACE: Fields = {
    "latitude": 19.432608,
    "longitude": -99.133209,
    "name": "Zócalo",
    "address": "Plaza de la Constitución s/n, Ciudad de México",
}
PLAN = link("Ver el plan", "https://ejemplo.mx/plan")
NAMED = body("Hola {{nombre}}, nos vemos el {{dia}} en la plaza.", nombre="Ana", dia="sábado")
_LONG = "a" * 9 + " "

RULES = [
    # Name, category, language
    Rule("name_missing", "name", "has a name", {"name": " "}, {"name": "a"}, ("overview",)),
    Rule(
        "name_invalid",
        "name",
        "small letters without accents, digits and `_`",
        {"name": "Invitación Mitín"},
        {"name": "invitacion_mitin"},
        ("overview",),
    ),
    Rule(
        "name_too_long",
        "name",
        "at most 512 characters, 13 of them the campaign's prefix",
        {"name": "a" * 500},
        {"name": "a" * 499},
        ("overview",),
        ("500 characters", "499 characters"),
    ),
    Rule(
        "category_unsupported",
        "category",
        "no authentication: one-time codes have no place in a campaign",
        {"category": "AUTHENTICATION"},
        {"category": "MARKETING"},
        ("overview", "ours"),
    ),
    Rule(
        "category_unsupported",
        "category",
        "no utility: what a campaign says is propaganda, and Meta sanctions wrong categories",
        {"category": "UTILITY"},
        {"category": "MARKETING"},
        ("categories", "ours"),
    ),
    Rule(
        "category_unknown",
        "category",
        "Meta's word for it",
        {"category": "TRANSACTIONAL"},
        {"category": "marketing"},
        ("overview",),
    ),
    Rule(
        "language_unknown",
        "language",
        "one of Meta's codes for Spanish or English",
        {"language": "es-MX"},
        {"language": "es_MX"},
        ("languages",),
    ),
    # Body
    Rule("body_missing", "body_text", "is there", body(" "), body("Hola."), ("components",)),
    Rule(
        "body_too_long",
        "body_text",
        "at most 1,024 characters",
        body(_LONG * 102 + "abcde"),
        body(_LONG * 102 + "abcd"),
        ("components",),
        ("1,025 characters", "1,024 characters"),
    ),
    Rule(
        "body_blank_lines",
        "body_text",
        "no three line feeds in a row",
        body("¡Vecinas y vecinos!\n\n\nEste domingo hay asamblea."),
        body("¡Vecinas y vecinos!\r\n\r\nEste domingo hay asamblea."),
        ("twilio", "2388072"),
    ),
    Rule(
        "body_emoji",
        "body_text",
        "at most ten emoji",
        body("¡Ganamos! " + "🎉" * 11),
        body("¡Ganamos! " + "🎉" * 8 + "👩🏽‍🌾🇲🇽 Tel. 55 ©"),
        ("review", "2388072"),
    ),
    # Variables
    Rule(
        "variable_malformed",
        "body_text",
        "two braces on each side, no blanks, small letters without accents, digits, `_`",
        body("Hola {{ 1 }}, te esperamos.", "Ana"),
        body("Hola {{1}}, te esperamos.", "Ana"),
        ("review",),
    ),
    Rule(
        "variable_malformed",
        "body_text",
        "the same: a single brace is no variable",
        body("Hola {nombre}, te esperamos."),
        body("Hola {{nombre}}, te esperamos.", nombre="Ana"),
        ("review",),
    ),
    Rule(
        "variable_malformed",
        "body_text",
        "the same: braces that do not match",
        body("Hola {{1}, te esperamos.", "Ana"),
        body("Hola (1), te esperamos."),
        ("review",),
    ),
    Rule(
        "variable_malformed",
        "body_text",
        "the same: nothing between the braces",
        body("Hola {{}}, te esperamos."),
        body("Hola {{a}}, te esperamos.", a="Ana"),
        ("review",),
    ),
    Rule(
        "variable_malformed",
        "body_text",
        "the same: capitals",
        body("Hola {{Nombre}}, te esperamos.", Nombre="Ana"),
        body("Hola {{nombre_2}}, te esperamos.", nombre_2="Ana"),
        ("overview",),
    ),
    Rule(
        "variable_malformed",
        "header_text",
        "the same in a header",
        NAMED | {"header_format": "TEXT", "header_text": "Aviso para {{sección}} hoy"},
        NAMED | {"header_format": "TEXT", "header_text": "Aviso para {{nombre}} hoy"},
        ("overview",),
    ),
    Rule(
        "variable_mixed",
        "body_text",
        "numbers or names, not both",
        body("Hola {{nombre}}, es el {{1}} en la plaza.", "sábado", nombre="Ana"),
        body("Hola {{nombre}}, es el {{dia}} en la plaza.", nombre="Ana", dia="sábado"),
        ("overview",),
    ),
    Rule(
        "variable_mixed",
        "header_text",
        "the same, with the header",
        NAMED | {"header_format": "TEXT", "header_text": "Aviso {{1}} hoy"},
        NAMED | {"header_format": "TEXT", "header_text": "Aviso para {{nombre}} hoy"},
        ("overview",),
    ),
    Rule(
        "variable_gap",
        "body_text",
        "numbered from 1 without a gap",
        body("Hola {{1}}, te vemos en {{3}} el sábado.", "Ana", **{"3": "la plaza"}),
        body("Hola {{1}}, te vemos en {{2}} el sábado.", "Ana", "la plaza"),
        ("review",),
    ),
    Rule(
        "variable_gap",
        "header_text",
        "the same: a header's own variable is its first",
        header("Aviso para {{2}} hoy", header="la 1204"),
        header("Aviso para {{1}} hoy", header="la 1204"),
        ("components",),
    ),
    Rule(
        "body_only_variables",
        "body_text",
        "has words of its own",
        body("¡{{1}}!", "Hola"),
        body("¡Oye, {{1}} de hoy!", "vecina"),
        ("twilio", "2388072"),
    ),
    Rule(
        "variable_first",
        "body_text",
        "does not begin with a variable",
        body("{{1}}, te esperamos este sábado.", "Ana"),
        body("Ana {{1}}, te esperamos este sábado.", "Ruiz"),
        ("review", "2388299"),
    ),
    Rule(
        "variable_first",
        "body_text",
        "the same: punctuation is no text",
        body("¡{{1}}! Te esperamos este sábado.", "Ana"),
        body("¡Hola, {{1}}! Te esperamos este sábado.", "Ana"),
        ("2388299",),
    ),
    Rule(
        "variable_last",
        "body_text",
        "does not end with a variable",
        body("Te esperamos a las {{1}}", "10:00"),
        body("Te esperamos a las {{1}} horas", "10:00"),
        ("review", "2388299"),
    ),
    Rule(
        "variable_last",
        "body_text",
        "the same: a full stop does not help",
        body("Te esperamos a las {{1}}.", "10:00"),
        body("Te esperamos a las {{1}} en punto.", "10:00"),
        ("2388299",),
    ),
    Rule(
        "variable_adjacent",
        "body_text",
        "a word between two variables",
        body("Hola {{1}} {{2}}, te esperamos.", "Ana", "Ruiz"),
        body("Hola {{1}} de {{2}}, te esperamos.", "Ana", "la 1204"),
        ("twilio",),
    ),
    # Header
    Rule(
        "header_format_unknown",
        "header_format",
        "`TEXT`, `IMAGE`, `VIDEO`, `DOCUMENT`, `LOCATION` or `NONE`",
        {"header_format": "GIF"},
        {"header_format": "NONE"},
        ("components",),
    ),
    Rule(
        "header_text_missing",
        "header_text",
        "a text header has its text",
        {"header_format": "TEXT", "header_text": " "},
        header("Aviso"),
        ("components",),
    ),
    Rule(
        "header_text_too_long",
        "header_text",
        "at most 60 characters",
        header("á" * 61),
        header("á" * 60),
        ("components",),
        ("61 characters", "60 characters"),
    ),
    Rule(
        "header_text_newline",
        "header_text",
        "one line",
        header("Gran mitin\nen la plaza"),
        header("Gran mitin en la plaza"),
        ("2388072", "twilio"),
    ),
    Rule(
        "header_text_emoji",
        "header_text",
        "no emoji",
        header("Aviso ✅"),
        header("¡Aviso! «Sección 1204» · 2027"),
        ("2388072", "twilio"),
    ),
    Rule(
        "header_text_markup",
        "header_text",
        "no asterisks or other signs of format",
        header("*Gran* mitin"),
        header("Gran mitin: lista_final y 2 x 1"),
        ("components", "2388072"),
    ),
    Rule(
        "header_text_markup",
        "header_text",
        "the same: italics",
        header("Gran _mitin_ hoy"),
        NAMED | {"header_format": "TEXT", "header_text": "Para ti, {{nombre}}, hoy"},
        ("components", "2388072"),
    ),
    Rule(
        "header_variables_many",
        "header_text",
        "at most one variable",
        NAMED | {"header_format": "TEXT", "header_text": "{{nombre}}, el {{dia}} es hoy"},
        NAMED | {"header_format": "TEXT", "header_text": "Ana, el {{dia}} es hoy"},
        ("components",),
    ),
    Rule(
        "header_text_unexpected",
        "header_text",
        "only a text header has text",
        media("IMAGE", id="1339522734477770") | {"header_text": "Foto"},
        media("IMAGE", id="1339522734477770") | {"header_text": None},
        ("components",),
    ),
    Rule(
        "header_media_missing",
        "header_media",
        "a header of files or places has what it shows",
        {"header_format": "IMAGE"},
        media("IMAGE", id="1339522734477770"),
        ("components",),
    ),
    Rule(
        "header_media_missing",
        "header_media",
        "the same: an id or a link",
        media("DOCUMENT", filename="Plan.pdf"),
        media("DOCUMENT", filename="Plan.pdf", id="1339522734477770"),
        ("components",),
    ),
    Rule(
        "header_media_unexpected",
        "header_media",
        "no other header has any",
        header("Aviso") | {"header_media": {"id": "1339522734477770"}},
        header("Aviso") | {"header_media": None},
        ("components",),
    ),
    Rule(
        "header_media_ambiguous",
        "header_media",
        "an id or a link, not both",
        media("IMAGE", id="1339522734477770", link="https://ejemplo.mx/a.jpg"),
        media("IMAGE", id="1339522734477770", link=None),
        ("media",),
    ),
    Rule(
        "header_media_id_invalid",
        "header_media.id",
        "the digits that the upload gave",
        media("IMAGE", id="4::aW1hZ2U="),
        media("IMAGE", id="1339522734477770"),
        ("media",),
    ),
    Rule(
        "header_link_invalid",
        "header_media.link",
        "https, to a public name",
        media("IMAGE", link="http://ejemplo.mx/a.jpg"),
        media("IMAGE", link="https://ejemplo.mx/a.jpg"),
        ("ours",),
    ),
    Rule(
        "header_link_invalid",
        "header_media.link",
        "the same: no address of a private network",
        media("IMAGE", link="https://192.168.0.10/a.jpg"),
        media("IMAGE", link="https://fotos.ejemplo.mx:8443/a.jpg?v=2"),
        ("ours",),
    ),
    Rule(
        "header_link_invalid",
        "header_media.link",
        "the same: no name that only some network knows",
        media("VIDEO", link="https://servidor.local/v.mp4"),
        media("VIDEO", link="https://local.ejemplo.mx/v.mp4"),
        ("ours",),
    ),
    Rule(
        "header_link_kind",
        "header_media.link",
        "JPEG and PNG images, MP4 and 3GP videos, PDF, Office and text documents",
        media("IMAGE", link="https://ejemplo.mx/a.webp"),
        media("IMAGE", link="https://ejemplo.mx/a.PNG"),
        ("media",),
    ),
    Rule(
        "header_filename_unexpected",
        "header_media.filename",
        "only a document has a file name",
        media("IMAGE", id="1339522734477770", filename="foto.jpg"),
        media("DOCUMENT", id="1339522734477770", filename="Plan 2027.pdf"),
        ("media",),
    ),
    Rule(
        "header_place_invalid",
        "header_media.latitude",
        "degrees within the globe",
        media("LOCATION", **PLACE | {"latitude": "-99.133209"}),
        media("LOCATION", **PLACE | {"latitude": "-90"}),
        ("components",),
    ),
    Rule(
        "header_place_invalid",
        "header_media.longitude",
        "the same, as numbers",
        media("LOCATION", **PLACE | {"longitude": 180.5}),
        media("LOCATION", **PLACE | {"longitude": 180}),
        ("components",),
    ),
    Rule(
        "header_place_invalid",
        "header_media.address",
        "the same: name and address with something to read",
        media("LOCATION", **PLACE | {"address": "—"}),
        media("LOCATION", **PLACE),
        ("components",),
    ),
    # Footer
    Rule(
        "footer_too_long",
        "footer_text",
        "at most 60 characters",
        {"footer_text": "é" * 61},
        {"footer_text": "é" * 60},
        ("components",),
        ("61 characters", "60 characters"),
    ),
    Rule(
        "footer_variable",
        "footer_text",
        "no variables",
        {"footer_text": "Equipo de {{1}}"},
        {"footer_text": "Equipo de (1)"},
        ("components", "2388073"),
    ),
    Rule(
        "footer_variable",
        "footer_text",
        "the same: no brace either",
        {"footer_text": "Responde BAJA }"},
        {"footer_text": "Responde BAJA ]"},
        ("components", "2388073"),
    ),
    Rule(
        "footer_newline",
        "footer_text",
        "one line",
        {"footer_text": "Equipo 2027\nResponde BAJA"},
        {"footer_text": "Equipo 2027 · Responde BAJA"},
        ("twilio", "2388073"),
    ),
    Rule(
        "footer_emoji",
        "footer_text",
        "no emoji",
        {"footer_text": "Con cariño ❤️ Responde BAJA"},
        {"footer_text": "¡Con cariño! «Responde BAJA» ©"},
        ("twilio", "2388073"),
    ),
    # Buttons
    Rule(
        "button_unsupported",
        "buttons.0",
        "`QUICK_REPLY`, `URL`, `PHONE_NUMBER` or `COPY_CODE`",
        buttons({"type": "FLOW", "text": "Encuesta", "flow_id": "8612368"}),
        buttons(reply("Encuesta")),
        ("components", "ours"),
    ),
    Rule(
        "button_unsupported",
        "buttons.1",
        "the same: no catalogue",
        buttons(reply("BAJA"), {"type": "CATALOG", "text": "Ver"}),
        buttons(reply("BAJA"), {"type": "url", "text": "Ver", "url": "https://ejemplo.mx"}),
        ("components", "ours"),
    ),
    Rule(
        "buttons_many",
        "buttons",
        "at most ten",
        buttons(*(reply(f"Opción {n}") for n in range(11))),
        buttons(*(reply(f"Opción {n}") for n in range(10))),
        ("components",),
        ("eleven", "ten"),
    ),
    Rule(
        "buttons_kind_many",
        "buttons.2",
        "at most two links",
        buttons(PLAN, link("Mapa", "https://ejemplo.mx/m"), link("Foto", "https://ejemplo.mx/f")),
        buttons(PLAN, link("Mapa", "https://ejemplo.mx/m"), call()),
        ("components",),
        ("three links", "two links and a telephone"),
    ),
    Rule(
        "buttons_kind_many",
        "buttons.1",
        "the same: one telephone",
        buttons(call("Casa"), call("Oficina")),
        buttons(call("Casa"), PLAN),
        ("components",),
        ("two telephones", "a telephone and a link"),
    ),
    Rule(
        "buttons_kind_many",
        "buttons.1",
        "the same: one code",
        buttons(CODE, CODE, button_0="VOLUNTARIO27", button_1="AMIGO27"),
        buttons(CODE, PLAN, button_0="VOLUNTARIO27"),
        ("components",),
        ("two codes", "a code and a link"),
    ),
    Rule(
        "buttons_order",
        "buttons.2",
        "quick replies together, before or behind the others",
        buttons(reply("Sí voy"), PLAN, reply("BAJA")),
        buttons(reply("Sí voy"), reply("BAJA"), PLAN),
        ("components",),
        ("reply, link, reply", "reply, reply, link"),
    ),
    Rule(
        "buttons_order",
        "buttons.2",
        "the same",
        buttons(PLAN, reply("BAJA"), call()),
        buttons(PLAN, call(), reply("BAJA")),
        ("components",),
        ("link, reply, telephone", "link, telephone, reply"),
    ),
    Rule(
        "button_text_missing",
        "buttons.0.text",
        "a label",
        buttons(reply("\u200b")),
        buttons(reply("Sí")),
        ("components",),
        ("a zero-width space", "Sí"),
    ),
    Rule(
        "button_text_too_long",
        "buttons.0.text",
        "at most 25 characters",
        buttons(reply("No quiero más mensajes, ya")),
        buttons(reply("No quiero más mensajes ya")),
        ("components",),
    ),
    Rule(
        "button_text_variable",
        "buttons.0.text",
        "no variables",
        buttons(reply("Sí, {{1}}")),
        buttons(reply("¡Sí, con todo! (2)")),
        ("labels",),
    ),
    Rule(
        "button_text_variable",
        "buttons.0.text",
        "the same: no brace either",
        buttons(reply("Sí }")),
        buttons(reply("Sí ]")),
        ("labels",),
    ),
    Rule(
        "button_text_newline",
        "buttons.0.text",
        "one line",
        buttons(reply("Sí\nvoy")),
        buttons(reply("Sí, voy")),
        ("labels",),
    ),
    Rule(
        "button_text_emoji",
        "buttons.0.text",
        "no emoji",
        buttons(reply("¡Voy! 👍")),
        buttons(reply("¡Voy! :)")),
        ("labels",),
    ),
    Rule(
        "button_text_markup",
        "buttons.0.text",
        "no signs of format",
        buttons(reply("*BAJA*")),
        buttons(reply("«BAJA»")),
        ("labels",),
    ),
    Rule(
        "button_text_repeated",
        "buttons.1.text",
        "each label once",
        buttons(link("Ver", "https://ejemplo.mx/a"), link("ver", "https://ejemplo.mx/b")),
        buttons(link("Ver", "https://ejemplo.mx/a"), link("Ver más", "https://ejemplo.mx/b")),
        ("components", "ours"),
    ),
    Rule(
        "button_url_invalid",
        "buttons.0.url",
        "https, to a public name, without blanks or accents",
        buttons(link("Ver", "ejemplo.mx/plan")),
        buttons(link("Ver", "https://ejemplo.mx/plan")),
        ("components", "ours"),
    ),
    Rule(
        "button_url_invalid",
        "buttons.0.url",
        "the same: no password, no private name",
        buttons(link("Ver", "https://ana:clave@ejemplo.mx/")),
        buttons(link("Ver", "https://ejemplo.mx/?con=ana@ejemplo.mx")),
        ("ours",),
    ),
    Rule(
        "button_url_too_long",
        "buttons.0.url",
        "at most 2,000 characters",
        buttons(link("Ver", "https://ejemplo.mx/" + "a" * 1_982)),
        buttons(link("Ver", "https://ejemplo.mx/" + "a" * 1_981)),
        ("components",),
        ("2,001 characters", "2,000 characters"),
    ),
    Rule(
        "button_url_whatsapp",
        "buttons.0.url",
        "does not lead to WhatsApp",
        buttons(link("Escríbenos", "https://wa.me/525512345678")),
        buttons(link("Escríbenos", "https://ejemplo.mx/wa.me/contacto")),
        ("2388081", "cm"),
    ),
    Rule(
        "button_url_variable",
        "buttons.0.url",
        "one variable, at its end",
        buttons(link("Casilla", "https://ejemplo.mx/{{1}}/mapa"), button_0="1204"),
        buttons(link("Casilla", "https://ejemplo.mx/mapa/{{1}}"), button_0="1204"),
        ("components",),
    ),
    Rule(
        "button_url_variable",
        "buttons.0.url",
        "the same: not where it could change the host",
        buttons(link("Casilla", "https://ejemplo.mx{{1}}"), button_0=".otro.mx"),
        buttons(link("Casilla", "https://ejemplo.mx?seccion={{1}}"), button_0="1204"),
        ("ours",),
    ),
    Rule(
        "button_url_variable",
        "buttons.0.url",
        "the same: `{{1}}`, or a name where the texts have names",
        buttons(link("Casilla", "https://ejemplo.mx/{{2}}"), button_0="1204"),
        NAMED
        | {
            "buttons": [link("Casilla", "https://ejemplo.mx/{{seccion}}")],
            "sample_values": NAMED["sample_values"] | {"button.0": "1204"},
        },
        ("components",),
    ),
    Rule(
        "button_phone_invalid",
        "buttons.0.phone_number",
        "`+`, country code and number, at most 20 characters",
        buttons(call(phone="55 1234 5678")),
        buttons(call(phone="+525512345678")),
        ("components", "ours"),
    ),
    Rule(
        "button_phone_invalid",
        "buttons.0.phone_number",
        "the same: at most 20 characters",
        buttons(call(phone="+52551234567890123456")),
        buttons(call(phone="+5255123456789012345")),
        ("components",),
    ),
    Rule(
        "button_payload_invalid",
        "buttons.0.payload",
        "at most 256 characters",
        buttons(reply("Sí voy", payload="a" * 257)),
        buttons(reply("Sí voy", payload="a" * 256)),
        ("ours",),
        ("257 characters", "256 characters"),
    ),
    # Samples
    Rule(
        "sample_missing",
        "sample_values.2",
        "one for each variable",
        body("Hola {{1}}, te vemos en {{2}} el sábado.", "Ana"),
        body("Hola {{1}}, te vemos en {{2}} el sábado.", "Ana", "la plaza"),
        ("review",),
        ("`{{1}}`, `{{2}}`; one sample", "two samples"),
    ),
    Rule(
        "sample_missing",
        "sample_values.header",
        "the same: of the header's variable",
        header("Aviso para {{1}} hoy"),
        header("Aviso para {{1}} hoy", header="la 1204"),
        ("components",),
        ("no `header`", "`header`: la 1204"),
    ),
    Rule(
        "sample_missing",
        "sample_values.button.0",
        "the same: of a link's variable",
        buttons(link("Casilla", "https://ejemplo.mx/{{1}}")),
        buttons(link("Casilla", "https://ejemplo.mx/{{1}}"), button_0="1204"),
        ("components",),
        ("no `button.0`", "`button.0`: 1204"),
    ),
    Rule(
        "sample_missing",
        "sample_values.nombre",
        "the same: with something to show",
        NAMED | {"sample_values": {"nombre": "\u2800", "dia": "sábado"}},
        NAMED | {"sample_values": {"nombre": "Ñ", "dia": "sábado"}},
        ("review",),
        ("a braille blank", "Ñ"),
    ),
    Rule(
        "sample_unexpected",
        "sample_values.2",
        "and none too many",
        body("Hola {{1}}, te esperamos.", "Ana", "la plaza"),
        body("Hola {{1}}, te esperamos {{1}} y más.", "Ana"),
        ("components",),
    ),
    Rule(
        "sample_whitespace",
        "sample_values.1",
        "no line feed, tab or more than four blanks in a row",
        body("Hola {{1}}, te esperamos.", "Ana\nRuiz"),
        body("Hola {{1}}, te esperamos.", "Ana Ruiz"),
        ("samples",),
    ),
    Rule(
        "sample_whitespace",
        "sample_values.1",
        "the same: five blanks",
        body("Hola {{1}}, te esperamos.", "Ana     Ruiz"),
        body("Hola {{1}}, te esperamos.", "Ana    Ruiz"),
        ("samples",),
        ("five blanks", "four blanks"),
    ),
    Rule(
        "sample_code_invalid",
        "sample_values.button.0",
        "a code of at most 15 letters and digits",
        buttons(CODE, button_0="VOLUNTARIOS-2027"),
        buttons(CODE, button_0="VOLUNTARIOS2027"),
        ("coupons",),
    ),
    Rule(
        "text_too_long_filled",
        "body_text",
        "within the limits with its samples, too",
        body(_LONG * 101 + "{{1}} hola", "Ana Mariel"),
        body(_LONG * 101 + "{{1}} hola", "Ana María"),
        ("components",),
        ("1,025 characters once filled in", "1,024 characters once filled in"),
    ),
]

# Whole templates of which nothing may be refused.
_VISIT = "Visita de la candidata"
TAKEN: dict[str, Fields] = {
    "nothing but a name and a text": {"footer_text": None} | body("Este domingo, ¡a votar!"),
    "accents, ¿¡, «» and a line break": body(
        "¡Hola, {{1}}!\n\n¿Ya sabes dónde votas? Tu sección es la «{{2}}».\nRevisa tu casilla aquí"
        " abajo 👇",
        "Ana",
        "1204",
    ),
    "formats that WhatsApp shows": body(
        "*¡Vecinas y vecinos!*\n_Este sábado_ a las {{1}} en ~la plaza~ el kiosco: ```10 am```.",
        "10:00",
    ),
    "a list with amounts and an address": body(
        "Hola {{1}}, la gestora informa:\n- $1,250.00 para el parque\n- 3/4 de la obra (75%)\n"
        "Dudas: Av. Juárez #45-B, Col. Centro, o contacto@ejemplo.mx",
        "Ana",
    ),
    "names with digits and underscores": body(
        "Hola {{nombre_1}}, tu casilla es la {{casilla_2027}} de la sección.",
        nombre_1="Ana",
        casilla_2027="B1",
    ),
    "a variable in quotation marks and one in bold": body(
        "Te llamó «{{1}}» por la junta *{{2}}* de mañana.", "Luis", "vecinal"
    ),
    "a variable twice": body("Hola {{1}}: gracias, {{1}}, por venir.", "Ana"),
    "eleven variables among enough words": body(
        "Van " + " y también ".join(f"la casilla {{{{{n}}}}}" for n in range(1, 12)) + " hoy.",
        *(str(n) for n in range(1, 12)),
    ),
    "CRLF and blanks around": {"body_text": "  Hola {{1}},\r\nte esperamos hoy.\r\n "},
    "a reminder": {"name": "recordatorio_casilla"}
    | body("Hola {{1}}, tu casilla es la {{2}} y abre a las 8:00.", "Ana", "B1"),
    "an image, a link with a suffix and BAJA": media("IMAGE", link="https://ejemplo.mx/cartel.jpg")
    | {
        "buttons": [
            link("Confirmar", "https://ejemplo.mx/mitin?seccion={{1}}"),
            reply("BAJA", payload="BAJA"),
        ],
        "sample_values": {"1": "Ana", "button.0": "1204"},
    },
    "a video": media("VIDEO", id="861236878885705") | {"name": "mensaje_2027_05"},
    "a document with its name": media(
        "DOCUMENT", link="https://ejemplo.mx/plan.pdf", filename="Plan de gobierno 2027.pdf"
    ),
    "a place": media("LOCATION", **PLACE) | {"name": "cierre_de_campana"},
    "a place in degrees as text": media(
        "LOCATION", **PLACE | {"latitude": "19.432608", "longitude": "-99.133209"}
    ),
    "a code for volunteers": buttons(
        reply("No quiero más mensajes"), {"type": "COPY_CODE", "text": "Copiar"}, button_1="AMIGO27"
    ),
    "names in header, body and link": NAMED
    | {
        "header_format": "TEXT",
        "header_text": f"{_VISIT} a la {{{{seccion}}}} hoy",
        "buttons": [link("Ver", "https://ejemplo.mx/{{1}}"), call()],
        "sample_values": NAMED["sample_values"] | {"seccion": "1204", "button.0": "mapa"},
    },
    "a header that ends in a variable and a sign": header("¡Ven, {{1}}!", header="Ana"),
    "ten buttons of all kinds": {
        "buttons": [
            *(reply(f"Opción {n}") for n in range(1, 7)),
            PLAN,
            link("Mapa", "https://ejemplo.mx/m"),
            call(),
            CODE,
        ],
        "sample_values": {"1": "Ana", "button.9": "AMIGO27"},
    },
    "English": {"language": "en_US"} | body("Hi {{1}}, see you at the rally on Saturday.", "Ana"),
    "a name's other form": {"name": "2027_05_mitin_v2"},
}

# What is only warned of: code, field, one that is warned of, one as near that is not, sources.
WARNINGS: list[tuple[str, str, Fields, Fields, tuple[str, ...]]] = [
    (
        "variables_dense",
        "body_text",
        body("El {{1}} vemos en {{2}} a las {{3}} horas", "lunes", "la plaza", "10"),
        body("El {{1}} nos vemos en {{2}} a las {{3}} horas", "lunes", "la plaza", "10"),
        ("review", "density"),
    ),
    (
        "variable_repeated",
        "body_text",
        body("Hola {{1}}, gracias, {{1}}, por todo lo que haces.", "Ana"),
        body("Hola {{1}}, gracias, {{2}}, por todo lo que haces.", "Ana", "vecina"),
        ("overview",),
    ),
    (
        "variables_unordered",
        "body_text",
        body("Hola {{2}}, te esperamos el {{1}} en la plaza del centro.", "sábado", "Ana"),
        body("Hola {{1}}, te esperamos el {{2}} en la plaza del centro.", "Ana", "sábado"),
        ("review",),
    ),
    (
        "variable_near_edge",
        "body_text",
        body("Te espera en la plaza tu amiga ({{1}})", "Ana"),
        body("Te espera en la plaza tu amiga ({{1}}) hoy", "Ana"),
        ("2388299",),
    ),
    (
        "header_variable_edge",
        "header_text",
        header("Aviso para {{1}}", header="Ana"),
        header("Aviso para {{1}} hoy", header="Ana"),
        ("review", "components"),
    ),
    (
        "text_in_capitals",
        "body_text",
        body("VECINAS Y VECINOS: ESTE SÁBADO ES la asamblea."),
        body("Vecinas y vecinos del IEE y del INE: este SÁBADO es la asamblea."),
        ("ours",),
    ),
    (
        "link_shortened",
        "body_text",
        body("Hola {{1}}, mira el plan en bit.ly/plan27 cuando puedas.", "Ana"),
        body("Hola {{1}}, mira el plan en ejemplo.mx/bit.ly cuando puedas.", "Ana"),
        ("guidelines",),
    ),
    (
        "link_shortened",
        "buttons.0.url",
        buttons(link("Ver", "https://bit.ly/plan27")),
        buttons(link("Ver", "https://ejemplo.mx/plan27")),
        ("guidelines",),
    ),
    (
        "asks_for_identity",
        "body_text",
        body("Hola {{1}}, envía tu CURP y una foto de tu INE para apuntarte.", "Ana"),
        body("Hola {{1}}, lleva tu credencial: el INE la pide para votar ese día.", "Ana"),
        ("review",),
    ),
    (
        "footer_markup",
        "footer_text",
        {"footer_text": "Responde *BAJA* para no recibir más"},
        {"footer_text": "Responde «BAJA» para no recibir más"},
        ("twilio",),
    ),
    (
        "buttons_hidden_on_desktop",
        "buttons",
        buttons(reply("BAJA"), PLAN),
        buttons(call(), PLAN),
        ("components",),
    ),
    (
        "buttons_hidden_on_desktop",
        "buttons",
        buttons(*(reply(f"Opción {n}") for n in range(4))),
        buttons(*(reply(f"Opción {n}") for n in range(3))),
        ("components",),
    ),
    (
        "sample_is_link",
        "sample_values.button.0",
        buttons(link("Ver", "https://ejemplo.mx/{{1}}"), button_0="https://ejemplo.mx/1204"),
        buttons(link("Ver", "https://ejemplo.mx/{{1}}"), button_0="1204"),
        ("components",),
    ),
]
