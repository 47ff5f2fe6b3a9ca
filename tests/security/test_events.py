"""What Meta signs may be old, repeated, out of order or about somebody else: it changes its own.

Every body here is one that Meta could sign for an app that serves several accounts.
"""

from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from tests.campaign import WABA, Campaign, phone
from tests.campaign_queue import age, deliver, message, message_to, sender
from tests.database.webhook import Webhook

NO_MESSAGES = "RESTRICTED_BIZ_INITIATED_MESSAGING"
FAR_AWAY = 100_000_000_000 - 1  # the year 5138


@pytest.fixture
def campaign(database):
    """A number that has been fine for two hours, and that Meta may say something about."""
    since = datetime.now(UTC) - timedelta(hours=2)
    return Campaign.create(database).with_voters(30).with_sender(state_changed_at=since)


@pytest.fixture
def webhook(campaign):
    return Webhook(campaign, datetime.now(UTC))


@pytest.fixture
def job(campaign):
    return campaign.create_job()["job_id"]


# --- What Meta says about accounts ---


def ban(state):
    return {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": state}}


def restriction(days):
    until = int((datetime.now(UTC) + timedelta(days=days)).timestamp())
    info = {"restriction_type": NO_MESSAGES, "expiration": until}
    return {"event": "ACCOUNT_RESTRICTION", "restriction_info": [info]}


EVENTS = {
    "ban": lambda: ban("DISABLE"),
    "lift": lambda: ban("REINSTATE"),
    "bar": lambda: restriction(3),
    "barred": lambda: restriction(-1),
    "gone": lambda: {"event": "ACCOUNT_DELETED"},
}
# Of the run, not of each event: told again, an event says the same second.
HOUR_AGO = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
TIMES = {"none": None, "2023": 1_672_531_200, "5138": FAR_AWAY}


def entry(word):
    """Return e.g. "ban 10": what Meta said ten seconds after an hour ago."""
    name, at = word.split()
    time = TIMES[at] if at in TIMES else HOUR_AGO + int(at)
    told = {"field": "account_update", "value": EVENTS[name]()}
    return {"id": WABA, "changes": [told]} | ({"time": time} if time else {})


class History:
    """What befalls a number, by words."""

    def __init__(self, campaign, webhook):
        self.campaign, self.webhook = campaign, webhook
        self.job = campaign.create_job()["job_id"]
        self._voters = iter(range(30))

    def happen(self, word):
        if " " in word:
            self.webhook.receive_body({"entry": [entry(word)]})
        else:
            getattr(self, word)()

    def answer(self, answer="answer"):
        deliver(self.campaign, message_to(self.campaign, self.job, next(self._voters)), answer)

    def outage(self):
        for _ in range(10):
            self.answer("outage")

    def token(self):
        self.answer("credentials")

    def probe(self):
        self.campaign.with_sender(blocked_until=datetime.now(UTC) - timedelta(seconds=1))
        self.answer("accepted")

    def refused_probe(self):
        self.campaign.with_sender(blocked_until=datetime.now(UTC) - timedelta(seconds=1))
        self.answer()

    def flagged(self):
        self._sync("FLAGGED", blocks=True)

    def connected(self):
        self._sync("CONNECTED", blocks=False)

    def operator(self):
        """Let it go on as docs/operations.md says."""
        self.campaign.with_sender(
            state="ok", state_reason=None, state_changed_at=datetime.now(UTC), blocked_until=None
        )

    def by_hand(self):
        self.campaign.with_sender(state="blocked", state_reason="A mano.")

    def paused(self):
        self.campaign.with_sender(state="paused")

    def _sync(self, status, *, blocks):
        number = sender(self.campaign)["phone_number_id"]
        standing = {"phone_number_id": number, "meta_status": status, "blocks": blocks}
        self.campaign.as_service(
            "public.wa_apply_sync",
            p_waba_id=WABA,
            p_at=datetime.now(UTC),
            p_templates=Jsonb([]),
            p_senders=Jsonb([standing]),
        )


# What befalls a number in this order -> its state, and what blocks it.
HISTORIES = {
    "ban 10": "blocked DISABLED_UPDATE",
    "bar 10": f"blocked {NO_MESSAGES}",
    "gone 10": "blocked ACCOUNT_DELETED",
    "barred 10": "ok",
    # In the order of Meta's own time, in whole seconds: of one second, the one that stops.
    "ban 10, lift 20": "ok",
    "lift 20, ban 10": "ok",
    "ban 20, lift 10": "blocked DISABLED_UPDATE",
    "ban 10, lift 2023": "blocked DISABLED_UPDATE",
    "ban 10, lift 20, ban 30": "blocked DISABLED_UPDATE",
    "lift 20, ban 30, ban 10, lift 40": "ok",
    "ban 10, lift 10": "blocked DISABLED_UPDATE",
    "lift 10, ban 10": "blocked DISABLED_UPDATE",
    # Repetitions.
    "ban 10, lift 20, ban 10": "ok",
    "ban 10, ban 5, ban 10, lift 20": "ok",
    "ban 10, lift 20, ban 10, lift 20, ban 10, lift 20, ban 10": "ok",
    "ban 30, ban 10, lift 20, ban 10, lift 20": "blocked DISABLED_UPDATE",
    "ban 10, operator, ban 10": "ok",
    "operator, ban 10": "ok",
    "operator, bar 10": "ok",
    "ban 10, operator, lift 20, ban 15": "ok",
    "ban 10, probe, ban 10": "ok",
    "ban 10, probe, gone 5": "ok",
    "ban 2023": "ok",
    # Without a time of its own an event has no place among the others.
    "ban none": "ok",
    "ban 10, lift none": "blocked DISABLED_UPDATE",
    "ban 5138": "ok",
    "ban 10, lift 5138, ban 20": "blocked DISABLED_UPDATE",
    # Each ends only what it began.
    "answer, lift 20": "blocked answer",
    "outage, lift 20": "blocked outage",
    "token, lift 20": "blocked credentials",
    "flagged, lift 20": "blocked status",
    "bar 10, lift 20": f"blocked {NO_MESSAGES}",
    "gone 10, lift 20": "blocked ACCOUNT_DELETED",
    "by_hand, lift 20": "blocked operator",
    "by_hand, ban 10, lift 20": "blocked operator",
    "answer, ban 10, lift 20": "blocked answer",
    "ban 10, bar 10, lift 20": f"blocked {NO_MESSAGES}",
    "ban 10, gone 20, lift 30": "blocked ACCOUNT_DELETED",
    "ban 10, barred 20": "blocked DISABLED_UPDATE",
    "ban 10, refused_probe, lift 20": "blocked answer",
    "flagged, connected": "ok",
    "ban 10, connected": "blocked DISABLED_UPDATE",
    "bar 10, connected": f"blocked {NO_MESSAGES}",
    "answer, connected": "blocked answer",
    "outage, connected": "blocked outage",
    "by_hand, connected": "blocked operator",
    "flagged, bar 10, connected": f"blocked {NO_MESSAGES}",
    # What Meta accepts ends all.
    "ban 10, bar 10, refused_probe, probe": "ok",
    # An operator's pause is nobody else's.
    "paused, ban 10": "paused",
    "ban 10, paused, lift 20": "paused",
    "paused, ban 10, operator, ban 10": "ok",
}


@pytest.mark.parametrize("words", HISTORIES)
def test_history_leaves_the_number_like_this(campaign, webhook, words):
    history = History(campaign, webhook)
    for word in words.split(", "):
        history.happen(word)
    assert held(campaign) == HISTORIES[words]


def held(campaign):
    left = sender(campaign)
    return " ".join([left["state"], *sorted(left["blocked_by"])])


SAID_TOGETHER = [
    words
    for words in HISTORIES
    if ", " in words and all(" " in word for word in words.split(", ")) and "none" not in words
]


@pytest.mark.parametrize("words", SAID_TOGETHER)
@pytest.mark.parametrize("backwards", [False, True])
def test_events_of_one_body_end_alike_in_any_order(campaign, webhook, words, backwards):
    entries = [entry(word) for word in words.split(", ")]
    webhook.receive_body({"entry": entries[::-1] if backwards else entries})
    assert held(campaign) == HISTORIES[words]


def test_two_old_bodies_in_turns_do_not_lengthen_the_cool_down(campaign, webhook):
    history = History(campaign, webhook)
    for _ in range(10):
        history.happen("ban 10")
        history.happen("lift 20")
    assert (sender(campaign)["state"], sender(campaign)["cooldown_seconds"]) == ("ok", 900)


def test_ban_of_a_number_that_is_blocked_already_does_not_lengthen_its_cool_down(campaign, webhook):
    history = History(campaign, webhook)
    history.answer()
    before = sender(campaign)
    history.happen("ban 10")
    assert sender(campaign)["cooldown_seconds"] == before["cooldown_seconds"] == 900
    assert sender(campaign)["blocked_until"] == before["blocked_until"]


def test_end_of_a_ban_makes_a_refusal_that_followed_it_ask_again_at_once(campaign, webhook):
    """The refusal was of the ban itself, in all likelihood: one message finds out."""
    history = History(campaign, webhook)
    history.happen("ban 10")
    history.refused_probe()
    history.happen("lift 20")
    assert sender(campaign)["blocked_until"] <= datetime.now(UTC)
    assert sender(campaign)["state_reason"] is None  # the refusal gave none
    history.answer("accepted")
    assert sender(campaign)["state"] == "ok"


def test_end_of_a_ban_leaves_the_time_of_an_older_block(campaign, webhook):
    campaign.with_sender(
        state="blocked",
        blocked_by={"answer": {"since": "2026-01-01T00:00:00+00:00", "reason": "Spam."}},
        state_reason="Spam.",
        blocked_until=datetime.now(UTC) + timedelta(hours=5),
    )
    before = sender(campaign)
    history = History(campaign, webhook)
    history.happen("ban 10")
    assert "DISABLED_UPDATE" in sender(campaign)["state_reason"]
    history.happen("lift 20")
    assert sender(campaign) == before | {"account_words": sender(campaign)["account_words"]}


def test_refusal_of_a_shared_token_does_not_shorten_a_restriction(campaign, webhook):
    neighbour = Campaign.create(campaign.dsn).with_voters(1)
    webhook.receive_body({"entry": [entry("bar 10")]})
    until = sender(campaign)["blocked_until"]
    neighbour.with_sender(state="ok", waba_id="20002")
    refused = message_to(neighbour, neighbour.create_job()["job_id"], 0)
    deliver(neighbour, refused, "credentials")
    assert held(campaign) == f"blocked {NO_MESSAGES} credentials"
    assert sender(campaign)["blocked_until"] == until > datetime.now(UTC) + timedelta(days=2)


def test_event_stops_no_other_account(campaign, webhook):
    other = Campaign.create(campaign.dsn).with_sender(
        waba_id="20002", state_changed_at=sender(campaign)["state_changed_at"]
    )
    webhook.receive_body({"entry": [entry("ban 3590") | {"id": "20002"}]})
    assert (held(campaign), held(other)) == ("ok", "blocked DISABLED_UPDATE")


def test_events_of_the_restored_day_change_nothing(campaign, webhook):
    """docs/operations.md, "Restoring the database", has a day of events applied again."""
    history = History(campaign, webhook)
    told = ["ban 10", "lift 20", "gone 30"]
    for word in told:
        history.happen(word)
    history.operator()
    history.answer()
    before = sender(campaign)
    for word in told * 2:
        history.happen(word)
    assert sender(campaign) == before


# --- Receipts ---


def status(message_id, word="delivered", code=None, **more):
    errors = {"errors": [{"code": code, "title": "x"}]} if code else {}
    return {
        "id": f"wamid.{message_id}",
        "status": word,
        "timestamp": str(int(datetime.now(UTC).timestamp())),
        "biz_opaque_callback_data": str(message_id),
    } | (errors | more)


def receive(webhook, number, *statuses):
    value = {"metadata": {"phone_number_id": number}, "statuses": list(statuses)}
    return webhook.receive(("messages", value))["receipts"]


FOREIGN = {
    "a number of nobody's here": lambda _: "999",
    "another tenant's number": lambda c: sender(Campaign.create(c.dsn))["phone_number_id"],
}
WORDS = [("sent", None), ("read", None), ("failed", 131026), ("failed", 190), ("failed", 131050)]


@pytest.mark.parametrize("number", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("told", WORDS)
@pytest.mark.parametrize("claimed", [True, False])
def test_receipt_of_another_number_changes_nothing(campaign, webhook, number, told, claimed):
    named = message_to(campaign, campaign.create_job()["job_id"], 0)
    if claimed:
        deliver(campaign, named, meta_message_id=f"wamid.{named}")
    foreign = number(campaign)
    before = everything(campaign)
    by_our_id = status(named, *told, recipient_user_id="MX.1")
    by_metas_id = by_our_id | {"biz_opaque_callback_data": "theirs"}

    answer = receive(webhook, foreign, by_our_id, by_metas_id)

    assert (answer["matched"], answer["unmatched"]) == (0, 2)
    assert everything(campaign) == before


@pytest.mark.parametrize("told", WORDS)
def test_receipt_of_a_message_that_was_never_claimed_changes_nothing(campaign, webhook, job, told):
    before = everything(campaign)
    number = sender(campaign)["phone_number_id"]
    answer = receive(webhook, number, status(message_to(campaign, job, 0), *told))
    assert (answer["matched"], answer["unmatched"]) == (0, 1)
    assert everything(campaign) == before


def test_receipt_without_a_number_is_counted_and_changes_nothing(campaign, webhook, job):
    sent = message_to(campaign, job, 0)
    deliver(campaign, sent)
    before = everything(campaign)
    value = webhook.value(statuses=[status(sent)]) | {"metadata": {}}
    assert webhook.receive(("messages", value))["ignored"] == {"receipt:no_phone_number_id": 1}
    assert everything(campaign) == before


def test_receipt_about_a_token_blocks_its_own_number_alone(campaign, webhook, job):
    other = Campaign.create(campaign.dsn)
    sent = message_to(campaign, job, 0)
    deliver(campaign, sent)
    answer = receive(webhook, sender(campaign)["phone_number_id"], status(sent, "failed", 190))
    assert answer["changed"] == 1
    assert (held(campaign), held(other)) == ("blocked answer", "ok")


@pytest.mark.parametrize(("word", "ends"), [("delivered", "sent"), ("failed", "sending")])
def test_former_number_of_a_moved_job_still_tells_what_it_delivered(
    campaign, webhook, job, word, ends
):
    former = sender(campaign)["phone_number_id"]
    lost = message_to(campaign, job, 0)
    deliver(campaign, lost, "unknown")
    later = Campaign.create(campaign.dsn)
    campaign.with_settings(sender_id=later.sender_id)
    campaign.as_member("public.wa_move_job", p_job_id=job)
    age(campaign, "20 minutes")
    campaign.as_member("public.wa_resolve_unknown", p_job_id=job, p_resolution="resend")
    assert campaign.claim(lost)["decision"] == "send"
    assert message(campaign, lost)["sender_id"] == later.sender_id

    assert receive(webhook, former, status(lost, word, 131026))["matched"] == 1

    assert message(campaign, lost)["status"] == ends


def everything(campaign):
    """What a receipt could change, of everybody."""
    tables = ("wa_send_queue", "communications", "wa_opt_outs", "wa_recent_contacts")
    rows = {t: campaign.rows(f"select * from public.{t} order by 1, 2") for t in tables}
    return rows | {"senders": campaign.rows("select id, state, backoff_seconds from wa_senders")}


# --- Wishes ---


def write(webhook, words, at=None, **who):
    now = int(datetime.now(UTC).timestamp())
    said = {"id": "wamid.x", "timestamp": str(at or now), "type": "text", "text": {"body": words}}
    return webhook.hear(**said | who)


def silent(campaign):
    query = "select phone from public.wa_opt_outs where opted_out and sender_id = %s order by 1"
    return [row["phone"] for row in campaign.rows(query, campaign.sender_id)]


def test_quotation_in_another_tenants_chat_changes_nothing(campaign, job):
    """Otherwise that tenant would read the quoted person's number among its opt-outs."""
    sent = message_to(campaign, job, 0)
    deliver(campaign, sent, meta_message_id="wamid.victim")
    other = Campaign.create(campaign.dsn)
    theirs = Webhook(other, datetime.now(UTC))
    quoted = {"from_user_id": "MX.77", "context": {"id": "wamid.victim"}}
    assert write(theirs, "BAJA", **quoted)["opt_outs"] == {"changed": 0, "unresolved": 1}
    other.as_service("public.wa_resolve_opt_outs")
    assert (silent(campaign), silent(other)) == ([], [])


def test_quotation_of_a_later_known_message_in_another_tenants_chat_changes_nothing(campaign, job):
    sent = message_to(campaign, job, 0)
    deliver(campaign, sent, "unknown")
    other = Campaign.create(campaign.dsn)
    write(Webhook(other, datetime.now(UTC)), "BAJA", context={"id": "wamid.lost"})
    campaign.rows(
        "update public.wa_send_queue set meta_message_id = 'wamid.lost' where id = %s", sent
    )
    other.as_service("public.wa_resolve_opt_outs")
    assert (silent(campaign), silent(other)) == ([], [])


def test_stranger_who_quotes_somebody_never_opts_them_in(campaign, webhook, job):
    sent = message_to(campaign, job, 0)
    deliver(campaign, sent, meta_message_id="wamid.victim")
    campaign.with_opt_out(phone(0))
    campaign.rows("update public.wa_opt_outs set changed_at = now() - interval '1 day'")
    write(webhook, "ALTA", from_user_id="MX.77", context={"id": "wamid.victim"})
    write(webhook, "ALTA", context={"id": "wamid.victim"})
    campaign.as_service("public.wa_resolve_opt_outs")
    assert silent(campaign) == [phone(0)]


def test_alta_from_the_year_5138_makes_no_later_baja_void(campaign, webhook):
    write(webhook, "ALTA", at=FAR_AWAY, **{"from": phone(0)})
    webhook.now += timedelta(seconds=5)
    write(webhook, "BAJA", at=int(webhook.now.timestamp()), **{"from": phone(0)})
    assert silent(campaign) == [phone(0)]


@pytest.mark.parametrize("odd", ["\x00", "A" * 5000, "ñ", "\ud83d", 10**400, -1, {}, []])
def test_odd_id_loses_nobody_elses_baja(campaign, webhook, odd):
    told = str(int(datetime.now(UTC).timestamp()))
    baja = {"timestamp": told, "type": "text", "text": {"body": "BAJA"}, "from": phone(1)}
    odd_one = baja | {"from": odd, "from_user_id": odd, "id": odd, "context": {"id": odd}}
    messages = [odd_one, baja | {"id": "wamid.x"}]
    statuses = [status("x") | {"id": odd, "recipient_user_id": odd}]
    webhook.receive(("messages", webhook.value(messages=messages, statuses=statuses)))
    assert silent(campaign) == [phone(1)]


def test_preference_counts_only_for_the_number_it_came_to(campaign, webhook):
    other = Campaign.create(campaign.dsn)
    stop = {"wa_id": phone(0).lstrip("+"), "category": "marketing_messages", "value": "stop"}
    webhook.receive(("user_preferences", webhook.value(user_preferences=[stop])))
    assert (silent(campaign), silent(other)) == ([phone(0)], [])


def test_template_event_of_another_account_stops_nothing(campaign, webhook, job):
    told = {"event": "DISABLED", "message_template_id": 7, "message_template_name": "saludo"}
    told |= {"message_template_language": "es_MX"}
    change = {"field": "message_template_status_update", "value": told}
    now = int(datetime.now(UTC).timestamp())
    webhook.receive_body({"entry": [{"id": "foreign", "time": now, "changes": [change]}]})
    assert campaign.rows("select status from public.wa_templates") == [{"status": "approved"}]
    assert campaign.job(job)["status"] == "processing"
