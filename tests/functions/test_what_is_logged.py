"""No log line of a function names a person, quotes a message or holds a key."""

import json
import re
from pathlib import Path

from devstack.stack.campaign import BODY
from devstack.stack.deployment import DEPLOYABLES
from tests.functions.campaigns import Campaign, voter
from tests.functions.polling import eventually
from tests.functions.stage import Stage

PHONE = re.compile(r"(?<![0-9a-f-])(\+?52\d{10}|55\d{8})(?![0-9a-f-])")  # ids are no phones
REPLY = "Baja, soy Eufemia Zárate"


def test_logs_of_a_run_hold_no_personal_data_and_no_secrets(campaign: Campaign):
    """This run adds what is likeliest to leak; the logs are those of every test before it."""
    run_with_everything_that_might_leak(campaign)
    stage = campaign.stage
    secrets = stage.stack.secrets
    keys = secrets.keys
    forbidden = {
        "Eufemia",
        "Peña",
        BODY[:20],
        campaign.token.rpartition(".")[0],
        "eyJ",
        "Bearer",
        *secrets.access_tokens.values(),
        secrets.app_secret,
        secrets.verify_token,
        keys.secret,
        keys.publishable,
        keys.private_pem[40:80],
        *campaign.phones,
    }
    for log in logs_of_functions(stage):
        text = log.read_text()
        assert not PHONE.search(text), (log.name, PHONE.search(text))
        assert {word for word in forbidden if word in text} == set(), log.name


def test_every_log_line_is_a_json_object_with_a_severity(campaign: Campaign):
    run_with_everything_that_might_leak(campaign)
    logs = logs_of_functions(campaign.stage)
    lines = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    messages = {line["message"] for line in lines if line["severity"]}
    assert {"job", "shard", "message", "events", "refused", "sweep", "sync"} <= messages


def run_with_everything_that_might_leak(campaign: Campaign) -> None:
    phone = campaign.with_voters(3).phones[0]
    campaign.add_voters([voter("5512-34", full_name="Eufemia Zárate")])
    rules = {campaign.phones[1][-8:]: "100"}
    campaign.stage.simulate("config", {"faults": {"by_last_digits": rules}})
    job = campaign.start_job()
    job.ended()
    campaign.stage.simulate("config", {"faults": {"by_last_digits": {}}})
    campaign.voter_writes(phone, REPLY)
    eventually(lambda: campaign.has_opted_out(phone))
    campaign.post_send(campaign.body(**{phone: phone}))
    campaign.post_send(campaign.body(personalization={phone: phone, "Eufemia": "{{x}}"}))
    campaign.post_send(campaign.body(filters={"tags": [phone]}))
    campaign.ask("GET", f"/jobs/{phone}?token={campaign.token}")
    campaign.stage.notify(f'{{"from": "{phone}"'.encode())
    campaign.stage.notify(REPLY.encode(), "sha256=" + campaign.stage.stack.secrets.app_secret)
    campaign.stage.deliver_task(phone)
    campaign.stage.push("apply_events", phone)
    campaign.stage.sweep()
    campaign.stage.call("sync", "POST")


def logs_of_functions(stage: Stage) -> list[Path]:
    logs = [stage.stack.folder / f"{deployable.target}.log" for deployable in DEPLOYABLES]
    assert all(log.stat().st_size for log in logs)
    return logs
