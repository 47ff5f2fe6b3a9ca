"""The names of the API's own fields, which an error and a log line may tell."""

from shared.rules.consent_inputs import CONSENT_NAMES
from shared.rules.settings_inputs import SETTING_FIELDS

# What `field` may say: the names of the API itself. Callers choose the others, a variable of a
# template, say, and may have put a person into one; those become "*".
NAMES = (
    SETTING_FIELDS
    | CONSENT_NAMES
    | frozenset(
        [
            "Authorization",
            "Idempotency-Key",
            "X-Hub-Signature-256",
            "accept_cut",
            "address",
            "before",
            "body_text",
            "buttons",
            "campaign_id",
            "canary",
            "category",
            "cursor",
            "dry_run",
            "file",
            "filename",
            "filters",
            "footer_text",
            "format",
            "from",
            "from_position",
            "header_format",
            "header_media",
            "header_text",
            "hub.verify_token",
            "id",
            "job_id",
            "kind",
            "label",
            "language",
            "latitude",
            "limit",
            "link",
            "longitude",
            "message",
            "message_id",
            "municipalities",
            "name",
            "payload",
            "personalization",
            "phone",
            "phone_number",
            "reason",
            "resolution",
            "sample_values",
            "scheduled_at",
            "section",
            "sentiment",
            "settings",
            "state",
            "status",
            "tags",
            "template",
            "template_id",
            "test_number_id",
            "text",
            "to",
            "type",
            "unsupported",
            "url",
            "version",
            "voter_id",
            "voter_ids",
        ]
    )
)
LISTS = frozenset(
    ["buttons", "columns", "municipalities", "territory"]
)  # their items are named by position
