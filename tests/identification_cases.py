"""What campaigns write, and what of their identification and of the way out it shows.

Written before the rules of supabase/schemas/30_rules/identification.sql, after messages as
campaigns and the press word them ("candidata de Morena a diputada", "candidato del PRI a la
diputación federal por el 05 distrito"). More than half lack nothing: nobody may be told to add
what is there.
"""

from dataclasses import dataclass, field
from typing import Any

Settings = dict[str, Any]


def _settings(candidate: str, office: str, party: str, **more: Any) -> Settings:
    return {"candidate": candidate, "office": office, "party_legend": party} | more


ANA = _settings("Ana María López Hernández", "Gobernadora de Jalisco", "Morena")
LUIS = _settings("Luis Pérez Soto", "Presidente Municipal de Guadalajara", "Movimiento Ciudadano")
CARMEN = _settings(
    "María del Carmen Ruiz Gómez",
    "Diputada Federal, Distrito 8",
    "Coalición Sigamos Haciendo Historia",
)
MEMBERS = CARMEN | {"party_legend": "Sigamos Haciendo Historia (Morena, PT y PVEM)"}
LISTED = CARMEN | {"party_legend": "PAN, PRI y PRD"}
GALLO = _settings(
    "Florencio Galicia Fernández",
    "Presidencia Municipal de Yehualtepec",
    "Candidato Independiente",
)
ROSA = _settings("Rosa Peña Núñez", "Senadora por Sonora", "PAN", precandidate=True)
JORGE = _settings(
    "Jorge Luis Salinas Osornio",
    "Diputado local, distrito 14",
    "Partido Revolucionario Institucional",
)
EVA = _settings("Eva Torres", "Alcaldesa de Coyoacán", "Partido Encuentro Solidario (PES)")
PEPE = _settings(
    "José «Pepe» Núñez Ríos", "Presidente de la República", "Fuerza y Corazón por México"
)
OSCAR = _settings("Óscar de la O Vázquez", "Regidor de Mérida", "Partido del Trabajo")
VERDE = _settings("Iván Cruz Mora", "Síndico de Tuxtla", "PVEM")
JEFA = _settings("Lía Ramos", "Jefa de Gobierno de la Ciudad de México", "Acción Nacional")
DEMO = _settings("Ana Demo", "Agente de pueblo", "Partido Demo")
REGISTERED = DEMO | {"ine_registration": "INE-2027-0001", "show_ine_registration": True}
SILENT = REGISTERED | {"show_ine_registration": False}

BAJA = "Responde BAJA para no recibir más."


@dataclass(frozen=True, kw_only=True)
class Case:
    """A template as its voters read it, and what is not there.

    `values`: what the job fills the variables with. `missing`: of candidate, office, party,
    precandidate, registration and opt_out.
    """

    settings: Settings
    body: str
    header: str | None = None
    footer: str | None = None
    buttons: list[dict[str, str]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


def _case(settings: Settings, body: str, *missing: str, **parts: Any) -> Case:
    return Case(settings=settings, body=body, missing=frozenset(missing), **parts)


def _named(settings: Settings, body: str, *missing: str, **parts: Any) -> Case:
    """Return a message that BAJA ends."""
    return _case(settings, f"{body}\n\n{BAJA}", *missing, **parts)


def _reply(text: str, **members: str) -> dict[str, str]:
    return {"type": "QUICK_REPLY", "text": text} | members


_ANA = "Soy Ana López, candidata de Morena a gobernadora."

NOTHING_MISSING: dict[str, Case] = {
    # Names
    "the whole name": _named(
        ANA, "Ana María López Hernández, candidata a Gobernadora de Jalisco por Morena, te invita."
    ),
    "name and first surname": _named(ANA, _ANA),
    "second name and first surname": _named(ANA, "María López, candidata a gobernadora, Morena."),
    "no accents": _named(ANA, "ana lopez candidata a gobernadora de jalisco MORENA"),
    "capitals": _named(ANA, "¡VOTA POR ANA MARÍA LÓPEZ PARA GOBERNADORA! MORENA"),
    "both surnames": _named(ANA, "Con López Hernández gobernadora ganamos todos. Morena"),
    "bold and underlined": _named(
        ANA, "*Ana* _López_, candidata a *gobernadora* de ~Jalisco~. *Morena*"
    ),
    "accents as marks of their own": _named(
        ANA, "Ana Lo\u0301pez, candidata a gobernadora. Morena"
    ),
    "hidden characters": _named(ANA, "Ana\u00a0L\u00f3p\u200bez, candidata a gobernadora. Morena"),
    "nickname within the name": _named(
        LUIS,
        "Luis «El Güero» Pérez va por la presidencia municipal con Movimiento Ciudadano.",
    ),
    "nickname typed in the settings, name without it": _named(
        PEPE, "José Núñez, candidato a presidente de la República. Fuerza y Corazón por México"
    ),
    "nickname instead of the given name": _named(
        PEPE, "Pepe Núñez, candidato a la Presidencia. Fuerza y Corazón por México"
    ),
    "initial within the name": _named(ANA, "Ana M. López, candidata a gobernadora. Morena"),
    "surname of small words": _named(
        OSCAR, "Óscar de la O, candidato a regidor, Partido del Trabajo"
    ),
    "given name of several words": _named(
        CARMEN, "Ma. del Carmen Ruiz, candidata a diputada federal. Sigamos Haciendo Historia"
    ),
    "two given names": _named(JORGE, "Jorge Salinas, candidato del PRI a diputado local."),
    "name as a hashtag": _named(LUIS, "#LuisPérez, tu próximo alcalde. Movimiento Ciudadano"),
    # Offices
    "the office by its noun": _named(ANA, "Ana López, candidata a la gubernatura. Morena"),
    "government": _named(ANA, "Ana López es candidata de Morena al Gobierno de Jalisco"),
    "alcalde for presidente municipal": _named(
        LUIS, "Luis Pérez, candidato a alcalde. Movimiento Ciudadano"
    ),
    "alcaldía for alcaldesa": _named(EVA, "Eva Torres, candidata del PES a la alcaldía Coyoacán"),
    "abbreviated": _named(JORGE, "Jorge Salinas | Dip. local Dto. 14 | PRI"),
    "abbreviated town": _named(LUIS, "Luis Pérez, candidato a Pdte. Mpal. | Movimiento Ciudadano"),
    "diputación": _named(
        JORGE, "Jorge Salinas Osornio, candidato del PRI a la diputación por el 14 distrito"
    ),
    "you will see me as": _named(
        CARMEN,
        "Soy Carmen Ruiz y quiero ser tu próxima diputada federal. Sigamos Haciendo Historia",
    ),
    "office before the name": _named(
        LUIS, "Este domingo conoce a tu candidato a presidente municipal: Luis Pérez Soto. MC"
    ),
    "presidencia of the country": _named(
        PEPE, "José Núñez Ríos, candidato a la presidencia de México. Fuerza y Corazón por México"
    ),
    "jefatura": _named(JEFA, "Lía Ramos, candidata a la Jefatura de Gobierno de la CDMX. PAN"),
    "sindicatura": _named(VERDE, "Iván Cruz, candidato a la sindicatura. Partido Verde"),
    "office nobody knows, as typed": _named(DEMO, "Ana Demo, agente de pueblo, Partido Demo"),
    "office in the plural": _named(
        CARMEN,
        "Carmen Ruiz, de nuestra fórmula de candidatas a diputadas. Sigamos Haciendo Historia",
    ),
    # Parties
    "acronym for the typed name": _named(JORGE, "Jorge Salinas, candidato a diputado, PRI"),
    "typed acronym, name in full": _named(
        VERDE, "Iván Cruz, candidato a síndico. Partido Verde Ecologista de México"
    ),
    "acronym with dots": _named(JORGE, "Jorge Salinas, candidato a diputado por el P.R.I."),
    "name without the word partido": _named(
        JEFA, "Lía Ramos, candidata a jefa de gobierno por el Partido Acción Nacional"
    ),
    "acronym in brackets in the settings": _named(
        EVA, "Eva Torres, candidata a alcaldesa. Encuentro Solidario"
    ),
    "Morena in small letters": _named(ANA, "Ana López, candidata de morena a gobernadora"),
    "coalition without the word": _named(
        CARMEN, "Carmen Ruiz, candidata a diputada federal de Sigamos Haciendo Historia"
    ),
    "coalition whose members are typed, by its name": _named(
        MEMBERS, "Carmen Ruiz, candidata a diputada. Coalición «Sigamos Haciendo Historia»"
    ),
    "coalition by all its members": _named(
        MEMBERS, "Carmen Ruiz, candidata a diputada federal de Morena, PT y Partido Verde"
    ),
    "listed parties in another order": _named(
        LISTED, "Carmen Ruiz, candidata a diputada: PRI-PAN-PRD"
    ),
    "listed coalition": _named(
        LISTED | {"party_legend": "Coalición PAN-PRI-PRD"},
        "Carmen Ruiz, candidata a diputada. PAN, PRI y PRD",
    ),
    "coalition hashtag": _named(
        CARMEN, "Carmen Ruiz, candidata a diputada federal. #SigamosHaciendoHistoria"
    ),
    "independent": _named(
        GALLO, "Florencio Galicia, Candidato Independiente a la presidencia municipal"
    ),
    "independent woman": _named(
        GALLO | {"candidate": "Flor Galicia"},
        "Flor Galicia, candidata independiente a la alcaldía de Yehualtepec",
    ),
    "candidacy that is independent": _named(
        GALLO, "Florencio Galicia va por la presidencia municipal en candidatura independiente."
    ),
    # Precandidates, and the registration
    "precandidate": _named(ROSA, "Rosa Peña, precandidata del PAN a senadora"),
    "precandidate with a hyphen": _named(ROSA, "Rosa Peña | Pre-candidata a Senadora | PAN"),
    "precandidacy": _named(ROSA, "Apoya la precandidatura de Rosa Peña a la senaduría. PAN"),
    "precandidate of both genders": _named(ROSA, "Rosa Peña, precandidato(a) a Senadora, PAN"),
    "registration that is to be shown": _named(
        REGISTERED, "Ana Demo, agente de pueblo, Partido Demo. Reg. INE 2027 0001"
    ),
    "registration that need not be shown": _named(
        SILENT, "Ana Demo, agente de pueblo, Partido Demo"
    ),
    # Where it stands
    "all in the footer": _case(
        ANA, BAJA, header="¡Jalisco!", footer="Ana López, candidata a gobernadora, Morena"
    ),
    "over header, text and footer": _named(
        ANA,
        "Jalisco merece más.",
        header="Ana López",
        footer="Candidata a gobernadora | Morena",
    ),
    "name by the campaign's field": _named(
        ANA,
        "Hola {{1}}, {{2}}, candidata a gobernadora por Morena, te invita el sábado.",
        values={"1": "{{voter.first_name}}", "2": "{{campaign.candidate}}"},
    ),
    "all by the campaign's fields": _named(
        CARMEN,
        "Hola {{1}}: {{2}}. Te esperamos.",
        values={
            "1": "{{voter.first_name}}",
            "2": "{{campaign.candidate}}, candidata a {{campaign.office}}, "
            "{{campaign.party_legend}}",
        },
    ),
    "name in a header's variable": _named(
        ANA,
        "Candidata de Morena a gobernadora",
        header="Con {{1}}",
        values={"header": "{{campaign.candidate}}"},
    ),
    "name typed as a value": _named(
        ANA, "{{1}}, candidata a gobernadora, Morena", values={"1": "Ana López"}
    ),
    "another candidacy is denied, the own one is not": _named(
        ANA, "No soy candidata de otro partido: soy Ana López, candidata a gobernadora de Morena"
    ),
    "an opponent's office is denied": _named(
        ANA, "Que no te engañen. Ana López sí va por la gubernatura con Morena"
    ),
    # The way out
    "button BAJA": _case(ANA, _ANA, buttons=[_reply("BAJA")]),
    "button in words": _case(ANA, _ANA, buttons=[_reply("Ver más"), _reply("Dar de baja")]),
    "button by its payload": _case(ANA, _ANA, buttons=[_reply("Ya no", payload="BAJA")]),
    "footer": _case(ANA, _ANA, footer="Responde BAJA para dejar de recibir mensajes"),
    "BAJA to leave": _case(ANA, f"{_ANA} Escribe BAJA para salir."),
    "ALTO": _case(ANA, f"{_ANA} Si ya no quieres mensajes, responde ALTO."),
    "STOP": _case(ANA, f"{_ANA} Responda STOP para cancelar."),
    "quoted": _case(ANA, f"{_ANA} Para no recibir más mensajes envía la palabra «BAJA»."),
    "bold": _case(ANA, f"{_ANA} Contesta *BAJA* y no te escribimos más."),
    "BAJA first": _case(ANA, f"{_ANA} BAJA para dejar de recibir mensajes"),
    "BAJA last": _case(ANA, f"{_ANA} ¿Ya no quieres recibir mensajes? Manda baja"),
    "small letters": _case(ANA, f"{_ANA} para darte de baja responde baja"),
    "respond with": _case(
        ANA, f"{_ANA} Responde a este mensaje con BAJA si no deseas recibir más."
    ),
    "CANCELAR": _case(ANA, f"{_ANA} Envíanos CANCELAR para no recibir información."),
    "both words": _case(ANA, f"{_ANA} Responde BAJA o ALTO para no recibir más mensajes."),
}

_GAP = "¡Vamos a ganar!"
_FULL = "Ana López, candidata a gobernadora, Morena"

SOMETHING_MISSING: dict[str, Case] = {
    # Names
    "nothing": _case(
        ANA, "Te esperamos el sábado en la plaza.", "candidate", "office", "party", "opt_out"
    ),
    "the given name alone": _named(ANA, "Ana, tu candidata a gobernadora. Morena", "candidate"),
    "two given names alone": _named(
        ANA, "Ana María, tu candidata a gobernadora. Morena", "candidate"
    ),
    "one surname alone": _named(LUIS, "Pérez, candidato a alcalde. MC", "candidate"),
    "nickname alone": _named(LUIS, "El Güero, candidato a la alcaldía por MC", "candidate"),
    "another person": _named(ANA, "Beatriz López, candidata a gobernadora. Morena", "candidate"),
    "name's words apart": _named(
        ANA, "Ana te invita a la calle López. Candidata a gobernadora. Morena", "candidate"
    ),
    "name cut by header and footer": _named(
        LUIS, "Candidato a alcalde, MC", "candidate", header="Luis", footer="Pérez"
    ),
    "name within other words": _named(
        DEMO, "Liliana Democracia, candidata a agente de pueblo, Partido Demo", "candidate"
    ),
    "name in a voter's field": _named(
        ANA,
        "Hola {{1}}, candidata a gobernadora: Morena",
        "candidate",
        values={"1": "{{voter.full_name}}"},
    ),
    "a message that is denied": _named(
        ANA, "Este mensaje no es de Ana López. Candidata a gobernadora: Morena", "candidate"
    ),
    # Offices
    "no office": _named(ANA, "Ana López. Morena", "office"),
    "candidate for what": _named(ANA, "Ana López, candidata de Morena", "office"),
    "another office": _named(ANA, "Ana López, candidata a diputada. Morena", "office"),
    "denied candidacy": _named(
        ANA, "Soy Ana López, no soy candidata a gobernadora. Morena", "office"
    ),
    "somebody else's office": _named(
        ANA, "El gobernador prometió agua y no cumplió. Ana López. Morena", "office"
    ),
    "president of something else": _named(
        LUIS, "Luis Pérez, candidato a presidente de la colonia. Movimiento Ciudadano", "office"
    ),
    "town instead of country": _named(
        PEPE, "Pepe Núñez, candidato a presidente municipal. Fuerza y Corazón por México", "office"
    ),
    "half of an office nobody knows": _named(DEMO, "Ana Demo, agente, Partido Demo", "office"),
    # Parties
    "no party": _named(ANA, "Ana López, candidata a gobernadora", "party"),
    "another party": _named(ANA, "Ana López, candidata del PAN a gobernadora", "party"),
    "bread is no party": _named(
        ROSA, "Rosa Peña, precandidata a senadora. Habrá pan dulce.", "party"
    ),
    "work is no party": _named(OSCAR, "Óscar Vázquez, candidato a regidor: el trabajo", "party"),
    "green is no party": _named(VERDE, "Iván Cruz, candidato a síndico. Más área verde", "party"),
    "brown is no party": _named(
        ANA, "Ana López, candidata a gobernadora. Con la Virgen morena", "party"
    ),
    "one party of a coalition": _named(
        CARMEN, "Carmen Ruiz, candidata a diputada. Morena", "party"
    ),
    "two of three listed": _named(LISTED, "Carmen Ruiz, candidata a diputada. PAN y PRI", "party"),
    "denied party": _named(ANA, "Ana López, candidata a gobernadora. Ya no soy de Morena", "party"),
    "word that a coalition shares": _named(
        CARMEN | {"party_legend": "Coalición del Ejemplo"},
        "Carmen Ruiz, candidata a diputada. Demos el ejemplo",
        "party",
    ),
    "half of a coalition's name": _named(
        CARMEN, "Carmen Ruiz, candidata a diputada. Sigamos adelante, es historia", "party"
    ),
    "independent of what": _named(
        GALLO, "Florencio Galicia, candidato a alcalde, un hombre independiente", "party"
    ),
    "acronym within a word": _named(
        JORGE, "Jorge Salinas, candidato a diputado. PRIMERO tú", "party"
    ),
    # Precandidates, registration
    "candidate who is none yet": _named(
        ROSA, "Rosa Peña, candidata a senadora. PAN", "precandidate"
    ),
    "precandidacy that is denied": _named(
        ROSA, "Rosa Peña ya no es precandidata. Senadora, PAN", "precandidate"
    ),
    "registration that is to be shown and is not": _named(
        REGISTERED, "Ana Demo, agente de pueblo, Partido Demo", "registration"
    ),
    # The way out
    "no way out": _case(ANA, _FULL, "opt_out"),
    "ground floor": _case(ANA, f"{_FULL}. Te vemos en la planta baja.", "opt_out"),
    "ground floor after a verb": _case(
        ANA, f"{_FULL}. Responde la encuesta en la planta baja.", "opt_out"
    ),
    "petrol": _case(ANA, f"{_FULL}. ¡La gasolina baja!", "opt_out"),
    "electricity": _case(ANA, f"{_FULL}. Te quieren dar de baja la luz.", "opt_out"),
    "Baja California": _case(ANA, f"{_FULL}. Escribe Baja California en tu corazón.", "opt_out"),
    "stop to crime": _case(ANA, f"{_FULL}. ¡Pon alto a la inseguridad!", "opt_out"),
    "loud and clear": _case(ANA, f"{_FULL}. Escribe alto y claro lo que piensas.", "opt_out"),
    "taxes": _case(ANA, f"{_FULL}. Responde: ¿baja el predial o no?", "opt_out"),
    "a link": _case(
        ANA, f"{_FULL}. Para darte de baja entra a https://ana.example/salir", "opt_out"
    ),
    "link button": _case(
        ANA,
        f"{_FULL}. {_GAP}",
        "opt_out",
        buttons=[{"type": "URL", "text": "BAJA", "url": "https://ana.example/baja"}],
    ),
    "button for something else": _case(
        ANA, f"{_FULL}. {_GAP}", "opt_out", buttons=[_reply("Confirmo"), _reply("Baja California")]
    ),
    "button whose payload is something else": _case(
        ANA, f"{_FULL}. {_GAP}", "opt_out", buttons=[_reply("Ver más", payload="mas")]
    ),
    "ALTA": _case(ANA, f"{_FULL}. Responde ALTA para recibir noticias.", "opt_out"),
    "word that nobody acts on": _case(ANA, f"{_FULL}. Responde GRACIAS para salir.", "opt_out"),
    "word only in a voter's field": _case(
        ANA, f"{_FULL}. Responde {{{{1}}}} hoy.", "opt_out", values={"1": "{{voter.section}}"}
    ),
    "denied way out": _case(ANA, f"{_FULL}. No respondas BAJA, sigue con nosotros.", "opt_out"),
}
