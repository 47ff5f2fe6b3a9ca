import pytest

from shared.rules.template_refusals import (
    REFUSALS,
    REJECTIONS,
    notice_of_refusal,
    notice_of_rejection,
)

# Meta's own sentences (error_user_msg), from public reports; of the same subcode for other parts.
EDGE = "Variables can't be at the start or end of the template."
RATIO = (
    "This template has too many variables for its length. Reduce the number of variables or"
    " increase the message length."
)
EXISTS = (
    "There is already English content for this template. You can create a new template and try"
    " again."
)
NAME = "The message template name can only have lowercase letters and underscores."
LABELS = "Buttons can't have any variables, newlines, emojis, or formatting characters."
TO_WHATSAPP = "Direct links to WhatsApp aren't allowed for buttons."
SHAPE = (
    "The message body can't have more than two consecutive newline characters, only have"
    " parameters, or have more than 10 emojis."
)
HEADER_PT = (
    "O cabeçalho da mensagem não pode ter novas linhas, caracteres de formatação, emojis ou"
    " asteriscos."
)
FOOTER = "The message footer can't have any newlines or emojis"
FIXED = (
    "The status for this message template can't be changed. You can only delete or add templates."
)


@pytest.mark.parametrize(
    ("code", "subcode", "reason", "field", "word"),
    [
        (100, 2388299, EDGE, "body_text", "terminar"),
        (100, 2388293, RATIO, "body_text", "demasiadas"),
        (100, 2388024, EXISTS, "name", "ya tiene"),
        (100, 2388023, "", "name", "30 días"),
        (100, 2388046, NAME, "name", "minúsculas"),
        (100, 2388060, LABELS, "buttons", "botón"),
        (100, 2388081, TO_WHATSAPP, "buttons", "WhatsApp"),
        (100, 2388047, SHAPE, "body_text", "emojis"),
        (100, 2388072, SHAPE, "body_text", "emojis"),
        (100, 2388072, HEADER_PT, "header_text", "encabezado"),
        (100, 2388073, FOOTER, "footer_text", "pie"),
        (100, 2388047, "", "header_text", "encabezado"),
        (100, 2388072, "", "body_text", "texto"),
        (100, 2388040, "", "", "largo"),
        (100, 2388039, FIXED, "", "cambiar"),
        (100, 2388019, None, "", "borra"),
        (100, 2388043, "missing expected field(s) (example)", "sample_values", "ejemplo"),
        (190, None, "Error validating access token", "", "soporte"),
        (80008, None, "too many calls", "", "despacio"),
    ],
)
def test_refusal_is_told_in_spanish_and_where(code, subcode, reason, field, word):
    sentence, where = notice_of_refusal(code, subcode, reason)
    assert where == field
    assert word in sentence
    assert sentence.endswith(".")


def test_unknown_refusal_passes_metas_words_on():
    assert notice_of_refusal(100, 2389999, " The moon is full. ") == (
        "Meta rechazó la plantilla y dijo: «The moon is full.».",
        "",
    )


def test_refusal_without_a_word_shows_its_code():
    assert notice_of_refusal(100, None, None)[0].endswith("(código 100).")
    assert notice_of_refusal(100, 2389999, " ")[0].endswith("(código 2389999).")
    assert notice_of_refusal(None, None, None)[0].endswith("motivo.")


@pytest.mark.parametrize("reason", [None, "", "NONE"])
def test_no_reason_is_no_rejection(reason):
    assert notice_of_rejection(reason) is None


@pytest.mark.parametrize("reason", REJECTIONS)
def test_rejection_is_told_in_spanish(reason):
    assert notice_of_rejection(reason) == REJECTIONS[reason]
    assert REJECTIONS[reason].endswith(".")


@pytest.mark.parametrize("reason", ["POLAR_NIGHT", "El nombre ya existe."])
def test_unknown_rejection_passes_metas_words_on(reason):
    assert notice_of_rejection(reason) == reason


def test_every_subcode_is_metas_for_templates():
    assert all(2388000 <= subcode <= 2388999 for subcode in REFUSALS)
