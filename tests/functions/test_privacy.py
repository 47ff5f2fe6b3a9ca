"""A person's rights, asked for through the API of the running stack."""

from tests.functions.campaigns import Campaign, voter
from tests.functions.polling import eventually
from tests.functions.problems import assert_problem
from tests.security.spellings import spellings

OURS = """
    select c.oid::regclass::text from pg_class c
    where c.relkind = 'r' and c.relnamespace in ('wa'::regnamespace, 'public'::regnamespace)
      and c.relname not in ('voters', 'campaigns', 'campaign_members')"""


def asked(campaign: Campaign, what: str, **who: object):
    body = {"campaign_id": str(campaign.ids.campaign_id)} | who
    return campaign.ask("POST", f"/privacy/{what}", json=body)


def tables_with(campaign: Campaign, phone: str) -> list[str]:
    number, sql = spellings(phone), campaign.stage.sql
    return [
        table
        for (table,) in sql(OURS)
        if any(number.search(line) for (line,) in sql(f"select t::text from {table} t"))
    ]


def test_erased_person_is_in_no_table_log_or_export_and_is_left_out_of_the_next_list(campaign):
    phone = campaign.with_voters(3).phones[0]
    campaign.start_job().ended()
    campaign.voter_writes(phone, "BAJA")
    eventually(lambda: campaign.has_opted_out(phone))
    before = asked(campaign, "export", phone=phone)
    assert before.status_code == 200, before.text
    assert [one["status"] for one in before.json()["messages"]] == ["sent"]
    assert before.json()["opt_outs"][0]["opted_out"]
    assert "wa_send_queue" in tables_with(campaign, phone)

    erased = asked(campaign, "erase", phone=phone)
    assert erased.status_code == 200, erased.text
    assert (erased.json()["messages"], erased.json()["words"]) == (1, 1)
    assert tables_with(campaign, phone) == []
    assert not spellings(phone).search(erased.text)
    after = asked(campaign, "export", phone=phone).json()
    assert (after["suppressed"], after["messages"], after["audit"]) == (True, [], [])

    campaign.stage.sql("delete from public.voters where campaign_id = %s", campaign.ids.campaign_id)
    campaign.stage.sql("update public.wa_recent_contacts set contacted_at = now() - interval '2 d'")
    campaign.add_voters([voter(number) for number in campaign.phones])
    job = campaign.start_job()
    assert job.summary["excluded"] == {"erased": 1}
    assert job.ended()["sent_count"] == 2
    assert tables_with(campaign, phone) == []
    logs = campaign.stage.stack.folder.glob("*.log")
    functions = {"send", "dispatch", "webhook", "apply_events", "fan_out", "sweep"}
    read = {log.stem: log.read_text() for log in logs if log.stem in functions}
    assert read.keys() == functions
    assert [name for name, text in read.items() if spellings(phone).search(text)] == []


def test_voter_is_erased_with_the_number_that_they_have(campaign):
    phone = campaign.with_voters(1).phones[0]
    [voter_id] = campaign.voter_ids()
    assert asked(campaign, "erase", voter_id=voter_id).status_code == 200
    assert asked(campaign, "export", phone=phone).json()["suppressed"]


def test_bad_requests_name_the_field_and_not_the_number(campaign):
    bad = {
        "field_missing": ({}, "phone"),
        "text_expected": ({"phone": 5512345678}, "phone"),
        "phone_invalid": ({"phone": "55 1234"}, "phone"),
        "id_invalid": ({"voter_id": "5512345678"}, "voter_id"),
        "value_invalid": ({"phone": "5512345678", "voter_id": "1"}, "voter_id"),
        "voter_not_found": ({"voter_id": "00000000-0000-4000-8000-000000000000"}, "voter_id"),
        "field_unknown": ({"phone": "5512345678", "5512345678": 1}, ""),
    }
    for code, (who, field) in bad.items():
        for what in ("export", "erase"):
            answer = asked(campaign, what, **who)
            assert_problem(answer, 422, code, field)
            assert "55 1234" not in answer.text
            assert "5512345678" not in answer.text
