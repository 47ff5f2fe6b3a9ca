"""What may buy or coerce votes is found in every rendering, however it is disguised."""

import json
import re
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.campaign import Campaign, phone

PHRASES = Path(__file__).parents[1] / "phrases"
HARMFUL = "BLOCK", "WARN"


def rows_of(table):
    lines = (PHRASES / f"content_{table}.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            label, rule, _, phrase = line.split("\t")
            phrase = re.sub(r"\\u([0-9a-f]{4})", lambda hit: chr(int(hit[1], 16)), phrase)
            yield label, rule, phrase.replace(r"\n", "\n")


WORK, HELD_OUT = list(rows_of("work")), list(rows_of("held_out"))


@pytest.fixture(scope="module")
def db(postgres, template_database):
    name = "bridge_content"
    postgres.create_database(name, template=template_database)
    with psycopg.connect(postgres.dsn(name), row_factory=dict_row, autocommit=True) as connection:
        yield connection
    postgres.drop_database(name)


def judge(db, texts):
    """The findings of each text."""
    found = [[] for _ in texts]
    for row in db.execute("select * from wa.content_findings_of_texts(%s)", (list(texts),)):
        found[row["text_no"] - 1].append(row)
    return found


def class_of(found):
    return min((row["class"] for row in found), default="none")


def one(db, query, *values):
    return next(iter(db.execute(query, values).fetchone().values()))


@pytest.fixture(scope="module")
def work(db):
    return dict(zip(WORK, judge(db, [phrase for *_, phrase in WORK]), strict=True))


@pytest.mark.parametrize("row", WORK)
def test_phrase_is_judged_as_it_is_labelled(work, row):
    label, rule, _ = row
    judged = class_of(work[row])

    assert judged != "BLOCK" if label == "not BLOCK" else judged == label
    assert rule == "-" or rule in {found["rule"] for found in work[row]}
    assert all(found["article"] for found in work[row])


@pytest.mark.parametrize("table", [WORK, HELD_OUT], ids=["work", "held_out"])
def test_what_harms_is_found_and_little_else(db, table):
    judged = [class_of(found) for found in judge(db, [phrase for *_, phrase in table])]
    pairs = [(label, found) for (label, *_), found in zip(table, judged, strict=True)]

    def share(of, found):
        chosen = [was for label, was in pairs if label == of]
        return sum(was in found for was in chosen) / len(chosen)

    assert share("BLOCK", {"BLOCK"}) >= 0.93
    assert share("WARN", HARMFUL) >= 0.93
    assert share("none", HARMFUL) <= 0.05
    # What denounces, denies or is innocent never blocks.
    assert {label for label, found in pairs if found == "BLOCK"} == {"BLOCK"}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  ¡Canción,  Ñandú!  ", "cancion nandu"),
        ("v0t0 d3$pen$a r3c0g3", "voto despensa recoge"),
        ("pagamo$ vecin@s", "pagamos vecinas"),
        ("500pesos $500 x500 sección 1041", "500 pesos 500 x 500 seccion 1041"),
        ("tu v o t o", "tu voto"),
        ("v.o.t.o; v-o-t-o", "voto voto"),
        ("v🗳️o🗳️t🗳️o", "voto"),
        ("C O M P R O  V O T O S", "compro votos"),
        ("vo\u200bto vo\u00adto vo\u2060to \u202evoto", "voto voto voto voto"),
        ("votoooo despenssa perro llevamos acción", "voto despensa perro llevamos accion"),
        ("v\u043et\u043e \uff36\uff2f\uff34\uff2f 🆅🅾🆃🅾 ⓥⓞⓣⓞ", "voto voto voto voto"),
        ("voto🇲🇽 *voto* _voto_", "voto voto voto"),
        ("de 8 a 2, 5 p.m.", "de 8 a 2 5 p m"),
        ("", ""),
    ],
)
def test_disguise_is_taken_off(db, typed, read):
    assert one(db, "select wa.normalized_text(%s) as read", typed) == read


def test_each_lookalike_has_the_letter_that_it_looks_like(db):
    assert one(db, "select length(wa.lookalikes()) = length(wa.looked_like()) as same")


DISGUISES = [
    str.upper,
    "\u200b".join,
    "-".join,
    lambda word: " ".join(word) if len(word) > 2 else word,  # two letters apart are two words
    lambda word: ".".join(word) if len(word) > 2 else word,
    lambda word: word.replace("o", "0").replace("e", "3"),
    lambda word: word.replace("a", "á").replace("e", "é"),
    lambda word: word.replace("o", "\u043e").replace("a", "\u0430"),
    lambda word: word + word[-1] * 3,
    lambda word: f"*{word}*",
    lambda word: "".join(chr(0xFEE0 + ord(letter)) for letter in word),
]
BETWEEN = ["  ", "\n\n", " 🎁  ", "...  ", " \u2800 ", "\u3000 "]


@given(st.lists(st.sampled_from(DISGUISES), min_size=3, max_size=3), st.sampled_from(BETWEEN))
@settings(max_examples=100, deadline=None)
def test_disguised_word_by_word_it_is_still_found(db, disguises, between):
    words = zip(disguises, ["recoge", "tu", "despensa"], strict=True)
    text = between.join(disguise(word) for disguise, word in words)

    assert class_of(judge(db, [text])[0]) == "BLOCK"


def test_phrase_is_quoted_as_it_was_typed(db):
    text = "Hola Ana:\n¡RECOGE  tu d3$pensa! Te esperamos."

    assert [row["phrase"] for row in judge(db, [text])[0]] == ["RECOGE  tu d3$pensa", "d3$pensa"]


def test_denial_elsewhere_lets_no_offer_pass(db):
    assert class_of(judge(db, ["No vendas tu voto. Recoge tu despensa el sábado"])[0]) == "BLOCK"

    assert class_of(judge(db, ["Te damos las gracias; te pagamos 500 por tu voto"])[0]) == "BLOCK"
    assert class_of(judge(db, ["Nadie lo sabrá: te pagamos por tu voto"])[0]) == "WARN"


def test_sentences_are_the_ones_that_the_law_sheet_has(db):
    query = "select wa.content_sentence('BLOCK') || wa.content_sentence('WARN') as both"
    assert one(db, query) == "Posible compra o coacción del voto.Requiere segunda aprobación."


# The lexicon


def test_every_pattern_is_well_formed_and_its_rule_names_the_law(db):
    shipped = db.execute(
        "select *, wa.is_content_pattern(pattern, class) as fits from wa.shipped_content_rules"
    ).fetchall()

    assert [row["pattern"] for row in shipped if not row["fits"]] == []
    rules = {row["rule"] for row in shipped if row["class"] in HARMFUL}
    assert rules == {row["rule"] for row in shipped if row["article"]}


def test_text_that_fits_a_rule_has_one_of_its_keys(db):
    texts = [phrase for *_, phrase in WORK + HELD_OUT]
    missed = db.execute(
        "select t.value, e.rule from unnest(%s::text[]) t(value), wa.read_text(t.value) r,"
        " wa.content_expressions() e where r.plain ~ e.expression and not r.joined"
        " and not exists (select from string_to_table(r.plain, ' ') w"
        " where w = any (e.keys) or left(w, 4) || '*' = any (e.keys))",
        (texts,),
    ).fetchall()
    keys = one(db, "select array_agg(k) as keys from wa.content_expressions() e, unnest(e.keys) k")

    assert missed == []
    assert [key for key in keys if not re.fullmatch(r"[a-z]{3,}|[a-z]{4}\*", key)] == []


NAMES = re.findall(
    r"\S+",
    """
    María José Guadalupe Juan Luis Francisco Jesús Antonio Miguel Ángel Alejandro Pedro
    Manuel Margarita Carlos Roberto Verónica Leticia Rosa Juana Elizabeth Alejandra
    Fernando Martha Yolanda Patricia Jorge Gabriela Ricardo Eduardo Sergio Javier Daniel
    Rafael Raúl Óscar Arturo Mario Víctor Gerardo Domingo Socorro Concepción Dolores
    Refugio Consuelo Esperanza Remedios Milagros Rosario Carmen Pilar Luz Paz Jessica
    Vanessa Melissa Isaac Aarón Emma Camila Valentina Valeria Vale Ximena Renata Regina
    Santiago Sebastián Mateo Leonardo Diego Iker Emiliano Salvador Cruz Trinidad Asunción
    Encarnación Virgen Dios Hernández García Martínez López González Pérez Rodríguez
    Sánchez Ramírez Flores Gómez Díaz Torres Vázquez Reyes Morales Ruiz Jiménez Castillo
    Mendoza Ortiz Moreno Romero Álvarez Gutiérrez Rivera Chávez Méndez Guzmán Juárez Ramos
    Herrera Medina Castro Vargas Rojas Aguilar Salazar Guerrero Contreras Luna Ríos Campos
    Domínguez Estrada Santos Iglesias Obispo Regalado Becerra Correa Corro Casas Valle
    Vallejo Perdomo Pagaza Cobos Tarjeta Votante de la del los y Ma. J. Vda. Partida
    Delgado Rey Leal Bueno Rico
""",
)


def test_common_name_is_no_word_of_what_blocks(db):
    suspects = one(db, "select wa.suspect_values(%s, '{}', false) as suspects", NAMES)
    assert set(suspects) <= {"Vale", "Tarjeta"}


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("BLOCK", "compra [a-z]+"),
        ("BLOCK", "(compra|vende"),
        ("BLOCK", "compra (tu … voto)"),
        ("BLOCK", "compra… voto"),
        ("BLOCK", "Compra Voto"),
        ("BLOCK", "compra @"),
        ("DENIAL", "denuncia"),
        ("HARMLESS", "nadie … voto"),
        ("BLOCK", ""),
    ],
)
def test_pattern_that_would_not_be_read_is_refused(db, kind, pattern):
    with pytest.raises(psycopg.errors.CheckViolation):
        amend(db, "own", kind, pattern)


def amend(db, rule, kind, pattern):
    db.execute(
        "insert into wa.content_amendments (rule, class, article, pattern, note)"
        " values (%s, %s, 'LGIPE art. 209.5', %s, 'counsel')",
        (rule, kind, pattern),
    )


def test_amendment_holds_at_once_and_every_version_is_kept(db):
    keep = "select wa.keep_content_lexicon() as version"
    shipped = one(db, keep)
    with db.transaction(force_rollback=True):
        amend(db, "water", "BLOCK", "pipa* de agua … <votar>")
        amend(db, "card", "OFF", "(tarjeta|tarjetas)")
        found = judge(db, ["Una pipa de agua gratis si votas", "Pide la tarjeta", "Traigo pipas"])
        amended = one(db, keep)
        kept = db.execute("select version, rules from wa.content_lexicons").fetchall()

    assert [class_of(row) for row in found] == ["BLOCK", "none", "none"]
    assert [row["phrase"] for row in found[0]] == ["pipa de agua gratis si votas"]
    rules = {row["version"]: {rule["rule"] for rule in row["rules"]} for row in kept}
    assert set(rules) == {shipped, amended}
    assert rules[amended] ^ rules[shipped] == {"water", "card"}
    assert one(db, keep) == shipped


# Whole messages


def test_finding_says_in_which_part_of_the_template_it_begins(database):
    campaign = Campaign.create(database).with_template(
        header_format="TEXT",
        header_text="Tarjeta Guerreras",
        body_text="Hola {{1}}, una despensa a cambio de tu",
        footer_text="voto. Equipo de Ana",
        buttons=Jsonb(
            [
                {"type": "QUICK_REPLY", "text": "Ver"},
                {"type": "URL", "text": "Ir", "url": "https://ana.mx/recoge-tu-tinaco"},
            ]
        ),
    )
    found = campaign.rows(
        "select f.* from public.wa_templates t, wa.content_findings_of_template(t) f"
    )

    assert [
        (row["class"], row["field"].removeprefix("template."), row["rule"]) for row in found
    ] == [
        ("BLOCK", "body_text", "exchange"),
        ("BLOCK", "buttons.1", "handout"),
        ("WARN", "body_text", "goods"),
        ("WARN", "header_text", "card"),
    ]


BODY = "Hola {{1}}, nos vemos el jueves en {{2}}. Responde BAJA para dejar de recibir mensajes."
GREETING = {"1": "{{voter.full_name}}", "2": "el parque"}


def findings_of(campaign, personalization=GREETING):
    """What is found in a job's messages, whether it is refused for it or not."""
    try:
        return campaign.create_job(personalization=personalization)["findings"]
    except psycopg.Error as refusal:
        return json.loads(refusal.diag.message_detail)["findings"]


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_template(body_text=BODY)


def test_names_that_only_look_like_something_pass(campaign):
    for n, name in enumerate([*NAMES, "Virgen María López", "Rata Regalo Iglesias", "J. Jesús R."]):
        campaign.add_voter(full_name=name, phone=phone(n))

    assert findings_of(campaign) == []


def test_offer_in_voters_values_is_found_with_its_place(campaign):
    names = ["Ana Ruiz", "Ana. Recoge tu d3spensa", "Eva Díaz", "Ana. Recoge tu d3spensa"]
    for n, name in enumerate(names):
        campaign.add_voter(full_name=name, phone=phone(n))
    offered = campaign.rows(
        "select min(v.position) as position from ("
        "select full_name, row_number() over (order by id) as position from public.voters) v"
        " where v.full_name like '%%Recoge%%'"
    )

    [found] = findings_of(campaign)
    assert (found["class"], found["rule"], found["phrase"]) == (
        "BLOCK",
        "handout",
        "Recoge tu d3spensa",
    )
    assert (found["position"], found["messages"]) == (offered[0]["position"], 2)
    assert found["field"] == "template.body_text"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("Recoge tu {{1}} en {{2}}", "Despensa Pérez"),
        ("Recoge tu {{1}} en {{2}}", "d e s p e n s a"),
        ("Te esperamos en {{2}}. A cambio de tu v o t {{1}}", "o"),
        ("A cambio de tu {{1}}, nos vemos en {{2}}", "VÓTO Ruiz"),
    ],
)
def test_value_that_completes_an_offer_is_found(campaign, body, name):
    campaign.with_template(body_text=body).with_voters(3)
    campaign.add_voter(full_name=name, phone=phone(9))

    found = findings_of(campaign)
    assert [(row["class"], row["messages"]) for row in found] == [("BLOCK", 1)]


def test_what_the_job_itself_says_is_found_once_for_all(campaign):
    campaign.with_voters(3)
    personalization = {"1": "{{voter.full_name}}, recoge tu tarjeta", "2": "la rifa"}

    found = findings_of(campaign, personalization)

    assert [(row["class"], row["rule"], row.get("position")) for row in found] == [
        ("BLOCK", "handout", None),
        ("WARN", "raffle", None),
        ("WARN", "card", None),
    ]


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("Recoge tu des{{1}} en {{2}}", "{{voter.full_name}}"),
        ("Recoge tu des-{{1}} en {{2}}", "{{voter.full_name}}"),
        ("Recoge tu de\u0455\u200b{{1}} en {{2}}", "{{voter.full_name}}"),
        ("Hola {{1}}sa, nos vemos en {{2}}", "{{voter.full_name}}"),
        ("Recoge tu {{1}} en {{2}}", "des{{voter.full_name}}"),
    ],
)
def test_value_that_would_end_a_word_of_the_template_is_refused(campaign, body, value):
    campaign.with_template(body_text=body).with_voters(1)

    with pytest.raises(psycopg.Error, match="personalization_invalid") as refusal:
        campaign.create_job(personalization={"1": value, "2": "el parque"})
    assert refusal.value.diag.message_hint == "personalization.1"


@pytest.mark.parametrize(
    "body", ["*{{1}}*, ¿vienes a {{2}}?", "\U0001f44b{{1}} y tú: {{2}}", "({{1}}){{2}}"]
)
def test_value_between_marks_is_a_word_of_its_own(campaign, body):
    campaign.with_template(body_text=body).with_voters(1)

    assert findings_of(campaign) == []


def test_one_glance_a_word_finds_what_judging_every_message_finds(campaign):
    names = [
        "Ana",
        "Vale Ruiz",
        "Despensa a cambio de tu voto",
        "Recoge su apoyo",
        "Tinaco",
        "Sin voto",
    ]
    for n, name in enumerate(names):
        campaign.add_voter(full_name=name, phone=phone(n), section=str(n))
    by_message = campaign.rows(
        "select m.phrase, v.position from ("
        "select *, row_number() over (order by id) as position from public.voters) v,"
        " public.wa_templates t, wa.content_findings_of_template(t, jsonb_build_object("
        "'1', 'Sr. ' || v.full_name, '2', 'sección ' || v.section)) m where m.class = 'BLOCK'"
    )

    found = findings_of(
        campaign, {"1": "Sr. {{voter.full_name}}", "2": "sección {{voter.section}}"}
    )

    assert len(by_message) == 2
    assert sorted((row["phrase"], row["position"]) for row in found) == sorted(
        (row["phrase"], row["position"]) for row in by_message
    )


def test_who_gets_no_message_is_not_judged(campaign):
    campaign.with_voters(1)
    campaign.add_voter(full_name="Recoge tu despensa", phone="1")

    assert findings_of(campaign) == []
