import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.opt_out import Intent, intent_of
from shared.rules.opt_out_words import LISTS


@pytest.mark.parametrize(
    "text",
    [
        "No, baja",
        "No me interesa. BAJA",
        "Número equivocado, BAJA",
        "Quisiera solicitar la baja",
        "Le pido de favor me dé de baja",
        "SALIR",
        "PARAR",
        "CANCEL",
        "desuscríbeme",
        "sácame de tu lista",
        "no vuelvan a escribirme",
        "no quiero propaganda",
        "Déjenme en paz",
        "BAJA",
        "baja",
        " Baja. ",
        "¡BAJA!",
        "*BAJA*",
        "_baja_",
        '"Baja"',
        "BAJAAA",
        "bája",
        "ba\u0301ja",
        "ba\u200bja",
        "\u202eBAJA\u202c",
        "\ufeffBAJA",
        "\uff22\uff21\uff2a\uff21",
        "B.A.J.A.",
        "b a j a",
        "BAJA🙏🏽",
        "🛑 ALTO",
        "Baja\nEnviado desde mi iPhone",
        "baja\x00",
        "STOP",
        "Stoooop!!!",
        "alto",
        "Cancelar",
        "cancela por favor",
        "Hola, BAJA por favor",
        "buenas tardes, quiero la baja",
        "solicito mi baja, gracias",
        "darme de baja",
        "Quiero darme de baja de esto",
        "Denme de baja de su lista por favor, ya se los pedí tres veces",
        "dar de baja",
        "me pueden dar de baja?",
        "ya no",
        "Ya no, gracias",
        "ya no quiero",
        "Ya no quiero recibir mensajes",
        "ya no me manden mensajes",
        "YA NO MANDEN",
        "no me escriban",
        "No me escriban más!!!",
        "por favor no me vuelvan a escribir",
        "no me estén molestando",
        "no molestar",
        "dejen de mandarme mensajes",
        "deja de escribirme",
        "no quiero que me escriban",
        "no más mensajes",
        "quítenme de su lista",
        "Bórrenme",
        "borren mi número",
        "unsubscribe",
        "BAJA BAJA BAJA BAJA BAJA BAJA",
        "baja, no me interesa su candidato",
        "BAJA!! Ya me tienen harto con sus mensajes",
        "BAJA ya les dije tres veces que paren",
        "Baja de su lista de contactos por favor",
        "baja del sistema y borren mis datos personales",
        "ok baja",
        "si baja",
        "responder BAJA",
        "quiero la baja de este servicio de mensajes",
        "me dan de baja",
        "Detener",
        "Detener promociones",
        "Dejar de recibir promociones",
    ],
)
def test_refusal_is_understood(text):
    assert intent_of(text) == Intent.OPT_OUT


@pytest.mark.parametrize(
    "text",
    [
        "ALTA",
        "alta",
        "Álta!",
        "A L T A",
        "Alta por favor",
        "ALTA 🙂",
        "por favor alta",
        "Hola, ALTA",
        "Buenas tardes, alta por favor",
        "Muy buenos días\nALTA\nmuchas gracias",
        "disculpe, alta xfa",
    ],
)
def test_alta_with_nothing_but_courtesy_opts_in(text):
    assert intent_of(text) == Intent.OPT_IN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "Baja California",
        "Baja California Sur está con usted candidata",
        "no dejen de escribirme",
        "nunca dejen de mandarnos informes",
        "no me den de baja",
        "no cancelen el mitin",
        "👍",
        "\u200b",
        "...",
        "Gracias",
        "Hola, buenos días",
        "sí",
        "no",
        "¿A qué hora es la reunión?",
        "Baja los impuestos, candidato, que ya no alcanza para nada",
        "Alto ahí, ¿y las calles de mi colonia cuándo las arreglan?",
        "baja los impuestos",
        "Alto a la violencia",
        "El nivel del agua baja mucho en mayo",
        "ya no hay agua en mi colonia",
        "ya no me alcanza el dinero",
        "no me llegó la invitación",
        "no me mandaron mi despensa",
        "no me llamo Juan, soy Ana",
        "no quiero darme de baja",
        "trabajan bajando la basura",
        "altavoz",
        "Alta inseguridad en mi calle",
        "alta o baja",
        "la alta",
        "es alta",
        "ALTA no",
        "sí, es alta la tarifa",
        "señora alta",
        "quiero darme de alta",
        "stopwatch",
        "Dicen que van a dar de baja el programa social" + " y que no habrá otro" * 4,
    ],
)
def test_chat_is_left_alone(text):
    assert intent_of(text) == Intent.NONE


@pytest.mark.parametrize(
    "label",
    [
        "No recibir más",
        "Ya no quiero mensajes",
        "Dejar de recibir",
        "Desuscribirme",
        "Anular suscripción",
        "Opt out",
        "OPT_OUT",
        "STOP",
        "unsubscribe",
    ],
)
def test_button_that_ends_our_messages_is_understood(label):
    assert intent_of(label) == Intent.OPT_OUT


def test_refusal_at_the_end_of_the_longest_message_is_heard():
    refusal = " Por favor ya no me manden mensajes"
    story = "Fui a la reunión del domingo y había mucha gente. " * 100

    assert intent_of(story[: 4096 - len(refusal)] + refusal) == Intent.OPT_OUT


# A word of every list, so that each pattern is tried on what it half fits.
WORDS = sorted({min(words) for words in LISTS.values()} | {"no", "de", "baja", "que", "me", "ya"})


@given(st.text(max_size=4096))
def test_any_text_has_an_intent(text):
    assert intent_of(text) in Intent


@given(st.lists(st.sampled_from([*WORDS, ".", "\n", ", "]), max_size=700))
def test_any_jumble_of_the_words_has_an_intent(words):
    assert intent_of(" ".join(words)[:4096]) in Intent


@given(st.text(alphabet=" .,!¡*_-\n\u200b\u200d\ufeff\u0301🙏"))
def test_decoration_never_hides_a_refusal(decoration):
    assert intent_of(f"{decoration} BAJA {decoration}") == Intent.OPT_OUT
