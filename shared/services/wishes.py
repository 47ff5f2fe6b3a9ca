"""What people ask for with their words, their buttons and WhatsApp's own settings."""

from shared.model import InboundMessage, MarketingPreference, ParsedEvents
from shared.rules.inbound import NOT_THEIR_WORDS
from shared.rules.opt_out import Intent, intent_of
from shared.services.row_by_row import Row


def wishes(events: ParsedEvents) -> list[Row]:
    """Return every BAJA and ALTA as a row of wa_apply_opt_outs; all events have their times."""
    replies = [(message, _intent(message)) for message in events.inbound]
    return [_wish(message, intent) for message, intent in replies if intent != Intent.NONE] + [
        _preference(preference) for preference in events.preferences
    ]


def _intent(message: InboundMessage) -> Intent:
    """Return what the text or the pressed button asks; asking for silence wins."""
    if message.kind in NOT_THEIR_WORDS:
        return Intent.NONE
    intents = {intent_of(words) for words in (message.text, message.payload) if words}
    return next((wish for wish in (Intent.OPT_OUT, Intent.OPT_IN) if wish in intents), Intent.NONE)


def _wish(message: InboundMessage, intent: Intent) -> Row:
    return {
        "phone_number_id": message.phone_number_id,
        "phone": message.sender_phone,
        "user_id": message.user_id,
        "context_message_id": message.context_message_id,
        "opted_out": intent == Intent.OPT_OUT,
        "source": "reply",
        "at": message.at and message.at.isoformat(),
    }


def _preference(preference: MarketingPreference) -> Row:
    return {
        "phone_number_id": preference.phone_number_id,
        "phone": preference.phone,
        "user_id": preference.user_id,
        "context_message_id": None,
        "opted_out": preference.stopped,
        "source": "user_preferences",
        "at": preference.at and preference.at.isoformat(),
    }
