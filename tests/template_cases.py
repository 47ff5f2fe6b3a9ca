"""Templates as they are registered: which can be sent, and what the others lack.

The table was written before the rules. "Meta:" names the page of the Cloud API's documentation
(developers.facebook.com/documentation/business-messaging/whatsapp) that the template is on; the
media's sample handle there ("4::aW...") is replaced by what a message must carry, a media id, and
UTILITY by MARKETING.
"""

from typing import Any

Columns = dict[str, Any]

PLAIN: Columns = {
    "category": "MARKETING",
    "parameter_format": "positional",
    "header_format": None,
    "header_text": None,
    "header_media": None,
    "body_text": "Hola {{1}}",
    "buttons": [],
}
NAMED: Columns = {"parameter_format": "named", "body_text": "Hola {{nombre}}"}
IMAGE: Columns = {"header_format": "IMAGE", "header_media": {"id": "1339522734477770"}}
PLACE: Columns = {
    "latitude": "19.432608",
    "longitude": "-99.133209",
    "name": "Zócalo",
    "address": "Plaza de la Constitución s/n, Centro, Ciudad de México",
}


def _media(kind: str, **media: Any) -> Columns:
    return {"header_format": kind, "header_media": media}


def _place(**changes: Any) -> Columns:
    place = {name: value for name, value in (PLACE | changes).items() if value is not ...}
    return {"header_format": "LOCATION", "header_media": place}


def _button(kind: str, **members: Any) -> Columns:
    return {"buttons": [{"type": kind, "text": "Ver", **members}]}


def _link(url: Any) -> Columns:
    return _button("URL", url=url)


_UNSUBSCRIBE = [
    {"type": "QUICK_REPLY", "text": "Unsubscribe from Promos"},
    {"type": "QUICK_REPLY", "text": "Unsubscribe from All"},
]
_SALE = "Shop now through {{1}} and use code {{2}} to get {{3}} off of all merchandise."
_ORDER = "Good news {{1}}! Your order #{{2}} is on its way to the location above."
_DEALS = {"type": "URL", "text": "See deals", "url": "https://www.luckyshrub.com/deals"}
_CALL = {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+15550051310"}

SENDABLE: dict[str, Columns] = {
    # Meta's own
    "Meta: components, seasonal_promotion": {
        "header_format": "TEXT",
        "header_text": "Our {{1}} is on!",
        "body_text": _SALE,
        "buttons": _UNSUBSCRIBE,
    },
    "Meta: components, order_confirmation": {
        **_media("DOCUMENT", id="1602186516975000", filename="receipt.pdf"),
        "body_text": "Thank you for your order, {{1}}! Your order number is {{2}}.",
        "buttons": [_CALL, _DEALS],
    },
    "Meta: components, order_delivery_update": {
        **_place(
            latitude="37.44211676562361",
            longitude="-122.16155960083124",
            name="Philz Coffee",
            address="101 Forest Ave, Palo Alto, CA 94301",
        ),
        "body_text": _ORDER,
        "buttons": [{"type": "QUICK_REPLY", "text": "Stop Delivery Updates"}],
    },
    "Meta: coupon templates": {
        "buttons": [_UNSUBSCRIBE[0], {"type": "COPY_CODE", "example": "250FF"}],
    },
    "Meta: custom marketing templates, welcome_discount_template, in small letters": {
        "parameter_format": "named",
        **IMAGE,
        "body_text": "Welcome to Lucky Shrub, {{first_name}}!\n\nUse code *{{discount_code}}* to"
        " get {{discount_amount}} off of your first purchase!",
        "buttons": [
            {"type": "url", "text": "View deals", "url": "https://www.luckyshrub.com/deals"},
            {"type": "phone_number", "text": "Call us", "phone_number": "+15550051310"},
            {"type": "quick_reply", "text": "Unsubscribe"},
        ],
    },
    "Meta: overview, named parameters": {
        "parameter_format": "named",
        "body_text": "Thank you, {{first_name}}! Your order number is {{order_number}}.",
    },
    "Meta: components, named text header": {
        "parameter_format": "named",
        "header_format": "TEXT",
        "header_text": "Our new sale starts {{sale_start_date}}!",
        "body_text": "See you there!",
    },
    "Meta: components, link with a variable": _link("https://www.luckyshrub.com/shop?promo={{1}}"),
    "Meta: components, link with a named variable": {
        **NAMED,
        **_link("https://www.luckyshrub.com/account?name={{customer_name}}"),
    },
    "Meta: template management, reservation_confirmation": {
        "parameter_format": "named",
        **IMAGE,
        "body_text": "*You're all set!*\n\nYour reservation for {{number_of_guests}} at Lucky Shrub"
        " Eatery on {{day}}, {{date}}, at {{time}}, is confirmed. See you then!",
        "buttons": [_DEALS, _CALL, {"type": "QUICK_REPLY", "text": "Cancel reservation"}],
    },
    "Meta: template management, coupon_expiration_reminder_number_vars": {
        "header_format": "TEXT",
        "header_text": "Act fast, {{1}}!",
        "body_text": "Just a quick reminder—your exclusive coupon code, {{1}}, *expires in only"
        " {{2}} days!* Don't miss out on our special deals.\n\nHappy shopping! 😃",
        "buttons": [_DEALS, {"type": "QUICK_REPLY", "text": "Unsubscribe"}],
    },
    "Meta: get started, hello_world": {"header_text": "Hello World", "body_text": "Welcome."},
    # Texts
    "no variable at all": {"body_text": "Vota este domingo."},
    "blanks inside the braces": {"body_text": "Hola {{ 1 }}, nos vemos el {{2 }}."},
    "a variable twice": {"body_text": "{{1}}, {{1}}: somos {{2}}."},
    "numbers that do not stand in their order": {"body_text": "El {{2}} te esperamos, {{1}}."},
    "eleven variables": {"body_text": " y ".join(f"{{{{{n}}}}}" for n in range(1, 12))},
    "single braces are text": {"body_text": "Hola {1}, usa {clave}."},
    "named, without variables": {"parameter_format": "named", "body_text": "Hola"},
    "a name with a digit": {"parameter_format": "named", "body_text": "Hola {{nombre_2}}"},
    "a name that we use ourselves": {"parameter_format": "named", "body_text": "{{header}} hoy"},
    "one name in header and body": {
        **NAMED,
        "header_format": "TEXT",
        "header_text": "{{nombre}}, escucha",
    },
    "a fixed header": {"header_format": "TEXT", "header_text": "Aviso"},
    "a header without a format is text": {"header_text": "Aviso {{1}}"},
    # Media
    "an image by link": _media("IMAGE", link="https://example.mx/foto.jpg"),
    "a link without an ending": _media("IMAGE", link="https://cdn.example.mx/archivo/8812"),
    "a link whose ending is in capitals": _media("IMAGE", link="https://example.mx/FOTO.PNG"),
    "a link with a query": _media("IMAGE", link="https://example.mx/v.jpg?ancho=800&x=a.mp4#z"),
    "a link with a port and escapes": _media(
        "VIDEO", link="https://a.b-c.mx:8443/mi%20v%C3%AD.mp4"
    ),
    "a link that is a host alone": _media("IMAGE", link="https://www.example.mp4"),
    "a video": _media("VIDEO", id="861236878885705"),
    "a document without a name": _media("DOCUMENT", link="https://example.mx/plan.pdf"),
    "a document with a name": _media("DOCUMENT", id="861236878885705", filename="Plan 2027.pdf"),
    "an absent member written as null": _media("IMAGE", id="861236878885705", link=None),
    "members that the message has no use for": _media("IMAGE", id="8612368", mime_type="image/png"),
    "fixed text beside an image": {**IMAGE, "header_text": "Foto"},
    # Places
    "a place in degrees as numbers": _place(latitude=19.432608, longitude=-99.133209),
    "a place in whole degrees": _place(latitude=19, longitude=-99),
    "a place at the edge of the globe": _place(latitude="-90", longitude="180.0"),
    "a place in very small degrees": _place(latitude=0.00000001, longitude=0),
    # Buttons
    "a fixed link": _link("https://example.mx/plan"),
    "two links with a variable each": {
        "buttons": [
            {"type": "URL", "text": "Plan", "url": "https://example.mx/p/{{1}}"},
            {"type": "URL", "text": "Mapa", "url": "https://example.mx/m/{{1}}"},
        ]
    },
    "a numbered link in a named template": {**NAMED, **_link("https://example.mx/{{1}}")},
    "a telephone number": {"buttons": [_CALL]},
    "a quick reply with a payload": _button("QUICK_REPLY", payload="asiste"),
    "a quick reply whose payload is empty": _button("QUICK_REPLY", payload=""),
    "a quick reply of the greatest length": _button("QUICK_REPLY", payload="a" * 256),
    "ten quick replies": {
        "buttons": [{"type": "QUICK_REPLY", "text": f"Opción {n}"} for n in range(10)]
    },
}

_MISSING = "template_header_missing"
_HEADER = "template_header_invalid"
_VARIABLES = "template_variables_invalid"
_KIND = "template_button_unsupported"
_BUTTON = "template_button_invalid"
_MEDIA = "header_media"
_LINK = "header_media.link"
_ID = "header_media.id"

# What is wrong with it, and where in its row.
UNSENDABLE: dict[str, tuple[str, str, Columns]] = {
    "an invitation as utility": (
        "template_category_unsupported",
        "category",
        {"category": "UTILITY"},
    ),
    # Meta's own, for which a campaign has nothing to put in
    "Meta: authentication templates": (
        "template_category_unsupported",
        "category",
        {
            "category": "AUTHENTICATION",
            "body_text": "*{{1}}* is your verification code.",
            "buttons": [
                {"type": "URL", "text": "Copy code", "url": "https://www.whatsapp.com/{{1}}"}
            ],
        },
    ),
    "Meta: catalog templates": (_KIND, "buttons.0", _button("CATALOG")),
    "Meta: multi-product templates": (_KIND, "buttons.0", _button("MPM")),
    "Meta: single-product templates": (_KIND, "buttons.0", _button("SPM")),
    "Meta: flow templates": (_KIND, "buttons.0", _button("FLOW", flow_id="8612368")),
    "Meta: call button": (_KIND, "buttons.0", _button("VOICE_CALL")),
    "Meta: one-time password button": (_KIND, "buttons.0", _button("OTP", otp_type="COPY_CODE")),
    "a kind that Meta invents tomorrow": (_KIND, "buttons.0", _button("APP")),
    "a button without a type": (_KIND, "buttons.0", {"buttons": [{"text": "Ver"}]}),
    # Texts
    "no text": (_VARIABLES, "body_text", {"body_text": " "}),
    "a gap": (_VARIABLES, "body_text", {"body_text": "{{1}} y {{3}}"}),
    "numbers from 0": (_VARIABLES, "body_text", {"body_text": "{{0}} y {{1}}"}),
    "a number with a zero in front": (_VARIABLES, "body_text", {"body_text": "Hola {{01}}"}),
    "no name between the braces": (_VARIABLES, "body_text", {"body_text": "Hola {{}}"}),
    "names, registered as numbers": (_VARIABLES, "body_text", {"body_text": "Hola {{nombre}}"}),
    "numbers, registered as names": (_VARIABLES, "body_text", {**NAMED, "body_text": "Hola {{1}}"}),
    "names and numbers": (_VARIABLES, "body_text", {**NAMED, "body_text": "{{nombre}} y {{1}}"}),
    "numbers and names": (_VARIABLES, "body_text", {"body_text": "{{1}} y {{nombre}}"}),
    "a name with a capital": (_VARIABLES, "body_text", {**NAMED, "body_text": "{{Nombre}}"}),
    "a name with an accent": (_VARIABLES, "body_text", {**NAMED, "body_text": "{{sección}}"}),
    "a name with a dot": (_VARIABLES, "body_text", {**NAMED, "body_text": "{{voter.name}}"}),
    "a name with a space": (_VARIABLES, "body_text", {**NAMED, "body_text": "{{mi nombre}}"}),
    "a name with a hyphen": (_VARIABLES, "body_text", {**NAMED, "body_text": "{{mi-nombre}}"}),
    # Headers
    "a text header without its text": (_MISSING, "header_text", {"header_format": "TEXT"}),
    "a text header with a blank": (
        _MISSING,
        "header_text",
        {"header_format": "TEXT", "header_text": "  "},
    ),
    "two variables in a header": (
        _VARIABLES,
        "header_text",
        {"header_format": "TEXT", "header_text": "{{1}} y {{2}}"},
    ),
    "two names in a header": (
        _VARIABLES,
        "header_text",
        {**NAMED, "header_format": "TEXT", "header_text": "{{dia}} y {{hora}}"},
    ),
    "a header's variable that is not the first": (
        _VARIABLES,
        "header_text",
        {"header_format": "TEXT", "header_text": "Aviso {{2}}"},
    ),
    "a named header on a numbered template": (
        _VARIABLES,
        "header_text",
        {"header_format": "TEXT", "header_text": "Aviso {{dia}}"},
    ),
    "an image without media": (_MISSING, _MEDIA, {"header_format": "IMAGE"}),
    "a video without media": (_MISSING, _MEDIA, {"header_format": "VIDEO"}),
    "a document without media": (_MISSING, _MEDIA, {"header_format": "DOCUMENT"}),
    "media that say nothing": (_MISSING, _MEDIA, _media("IMAGE")),
    "media that are all null": (_MISSING, _MEDIA, _media("IMAGE", id=None, link=None)),
    "media of another kind, by name": (_MISSING, _MEDIA, _media("IMAGE", video={"id": "8612368"})),
    "a place where an image belongs": (_MISSING, _MEDIA, _media("IMAGE", **PLACE)),
    "both id and link": (
        _HEADER,
        _MEDIA,
        _media("IMAGE", id="77", link="https://example.mx/a.jpg"),
    ),
    "an id that is a number": (_HEADER, _ID, _media("IMAGE", id=1339522734477770)),
    "an id that is empty": (_HEADER, _ID, _media("IMAGE", id="")),
    "an id with a blank": (_HEADER, _ID, _media("IMAGE", id="1339522734477770 ")),
    "an id with a line's end": (_HEADER, _ID, _media("IMAGE", id="1339522734477770\n")),
    "the handle of a template's sample as id": (_HEADER, _ID, _media("IMAGE", id="4::aW1hZ2U=")),
    "a link as id": (_HEADER, _ID, _media("IMAGE", id="https://example.mx/foto.jpg")),
    "an id in a list": (_HEADER, _ID, _media("IMAGE", id=["77"])),
    "a link without encryption": (_HEADER, _LINK, _media("IMAGE", link="http://example.mx/a.jpg")),
    "a link that begins nowhere": (_HEADER, _LINK, _media("IMAGE", link="/fotos/a.jpg")),
    "a link without a scheme": (_HEADER, _LINK, _media("IMAGE", link="example.mx/a.jpg")),
    "a link with a space": (_HEADER, _LINK, _media("IMAGE", link="https://example.mx/mi foto.jpg")),
    "a link with an accent": (_HEADER, _LINK, _media("IMAGE", link="https://example.mx/avión.jpg")),
    "a link with a line's end": (
        _HEADER,
        _LINK,
        _media("IMAGE", link="https://example.mx/a.jpg\n"),
    ),
    "a link to this machine": (_HEADER, _LINK, _media("IMAGE", link="https://localhost/a.jpg")),
    "a link to an address": (_HEADER, _LINK, _media("IMAGE", link="https://10.0.0.7/a.jpg")),
    "a link with a password": (
        _HEADER,
        _LINK,
        _media("IMAGE", link="https://a:b@example.mx/a.jpg"),
    ),
    "a link with a variable": (
        _HEADER,
        _LINK,
        _media("IMAGE", link="https://example.mx/{{1}}.jpg"),
    ),
    "a link that is empty": (_HEADER, _LINK, _media("IMAGE", link="")),
    "a link that is a number": (_HEADER, _LINK, _media("IMAGE", link=7)),
    "a video's link on an image": (
        _HEADER,
        _LINK,
        _media("IMAGE", link="https://example.mx/v.mp4"),
    ),
    "an image's link on a video": (
        _HEADER,
        _LINK,
        _media("VIDEO", link="https://example.mx/v.jpg"),
    ),
    "an image's link on a document": (
        _HEADER,
        _LINK,
        _media("DOCUMENT", link="https://example.mx/v.png"),
    ),
    "an image that WhatsApp shows only as a sticker": (
        _HEADER,
        _LINK,
        _media("IMAGE", link="https://example.mx/v.webp?x=1"),
    ),
    "a file name on an image": (
        _HEADER,
        "header_media.filename",
        _media("IMAGE", id="8612368", filename="foto.jpg"),
    ),
    "a blank file name": (
        _HEADER,
        "header_media.filename",
        _media("DOCUMENT", id="8612368", filename=" "),
    ),
    "media on a text header": (
        _HEADER,
        _MEDIA,
        {"header_format": "TEXT", "header_text": "Aviso", "header_media": {"id": "77"}},
    ),
    "media without a header": (_HEADER, _MEDIA, {"header_media": {"id": "77"}}),
    "a variable in the text of an image": (
        _HEADER,
        "header_text",
        {**IMAGE, "header_text": "{{1}}"},
    ),
    # Places
    "a map without a place": (_MISSING, _MEDIA, {"header_format": "LOCATION"}),
    "an image where a place belongs": (
        _MISSING,
        "header_media.address",
        {"header_format": "LOCATION", "header_media": {"id": "77"}},
    ),
    "a place without a latitude": (_MISSING, "header_media.latitude", _place(latitude=...)),
    "a place without a longitude": (_MISSING, "header_media.longitude", _place(longitude=None)),
    "a place without a name": (_MISSING, "header_media.name", _place(name=...)),
    "a place without an address": (_MISSING, "header_media.address", _place(address=...)),
    "latitude and longitude exchanged": (
        _HEADER,
        "header_media.latitude",
        _place(latitude="-99.133209", longitude="19.432608"),
    ),
    "degrees beyond the globe": (_HEADER, "header_media.longitude", _place(longitude=180.5)),
    "degrees with a comma": (_HEADER, "header_media.latitude", _place(latitude="19,43")),
    "degrees, minutes and seconds": (_HEADER, "header_media.latitude", _place(latitude="19°25'N")),
    "degrees that are true": (_HEADER, "header_media.latitude", _place(latitude=True)),
    "an invisible name": (_HEADER, "header_media.name", _place(name="\u200b")),
    "an address that is a number": (_HEADER, "header_media.address", _place(address=5)),
    # Buttons
    "a button that is a text": (_BUTTON, "buttons.0", {"buttons": ["QUICK_REPLY"]}),
    "a button that is a list": (_BUTTON, "buttons.1", {"buttons": [_CALL, []]}),
    "a link button without a link": (_BUTTON, "buttons.0", _button("URL")),
    "a link that is no text": (_BUTTON, "buttons.0", _link(["https://example.mx"])),
    "a link's variable in the middle": (_BUTTON, "buttons.0", _link("https://example.mx/{{1}}/a")),
    "a link's variable before a slash": (_BUTTON, "buttons.0", _link("https://example.mx/{{1}}/")),
    "two variables in a link": (_BUTTON, "buttons.0", _link("https://example.mx/{{1}}/{{2}}")),
    "a link's variable that is not the first": (_BUTTON, "buttons.0", _link("https://e.mx/{{2}}")),
    "a link's name on a numbered template": (_BUTTON, "buttons.0", _link("https://e.mx/{{ruta}}")),
    "a link's name with a capital": (_BUTTON, "buttons.0", NAMED | _link("https://e.mx/{{Ruta}}")),
    "a quick reply without a text": (_BUTTON, "buttons.0", {"buttons": [{"type": "QUICK_REPLY"}]}),
    "a payload that is blank": (_BUTTON, "buttons.0", _button("QUICK_REPLY", payload="  ")),
    "a payload that is a number": (_BUTTON, "buttons.0", _button("QUICK_REPLY", payload=7)),
    "a payload that is too long": (_BUTTON, "buttons.0", _button("QUICK_REPLY", payload="a" * 257)),
}
