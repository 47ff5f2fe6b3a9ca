"""The whole screen in a real browser, on the whole stack (tests/app/browser/walk.mjs)."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from devstack.node import NODE, environment
from devstack.page import AppStack

HERE = Path(__file__).parent
BROWSER = HERE / "browser"
VOTERS = 1_200


class Stage:
    """What the walk asks to be done to the stack, or to be told of it."""

    def __init__(self, app):
        self._app = app
        self._campaign = app.user("coordinadora").campaign_id

    def sql(self, statement, *values):
        with psycopg.connect(self._app.stack.dsn, autocommit=True) as connection:
            return connection.execute(statement, values)

    def count_jobs(self):
        rows = self.sql("select count(*) from public.communications").fetchone()
        return rows[0]

    def latest_job(self):
        row = self.sql(
            "select target_count, sent_count,"
            " sent_count + failed_count + skipped_count + unknown_count"
            " from public.communications order by started_at desc limit 1"
        ).fetchone()
        return dict(zip(("target", "sent", "settled"), row, strict=True))

    def slow_down(self):
        self._pace(2)

    def speed_up(self):
        self._pace(70)

    def _pace(self, rate):
        self.sql(
            "update public.wa_senders s set rate_per_second = %s"
            " from public.wa_campaign_settings c"
            " where c.sender_id = s.id and c.campaign_id = %s",
            rate,
            self._campaign,
        )

    def begin_veda(self):
        # Polling day is the day after tomorrow: the three days before it have begun.
        self._dates(-40, -2, 2)

    def end_veda(self):
        self._dates(-30, 36, 40)

    def _dates(self, *days):
        today = datetime.now(UTC).date()
        self.sql(
            "update public.wa_campaign_settings set campaign_start = %s, campaign_end = %s,"
            " election_date = %s where campaign_id = %s",
            *(today + timedelta(each) for each in days),
            self._campaign,
        )


@pytest.fixture(scope="module")
def walk():
    told = {"steps": {}}
    with AppStack.open(voters=VOTERS) as app, browser_at(app.address) as process:
        stage = Stage(app)
        for line in process.stdout:
            said = json.loads(line)
            if "ask" in said:
                answer = getattr(stage, said["ask"])(*said["given"])
                process.stdin.write(json.dumps(answer) + "\n")
                process.stdin.flush()
            elif "step" in said:
                told["steps"][said["step"]] = said
            else:
                told |= said
    return told


def browser_at(address):
    return subprocess.Popen(
        [str(NODE), "walk.mjs", address],
        cwd=BROWSER,
        env=dict(environment()),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_whole_screen_can_be_used(walk):
    assert "failed" not in walk, (walk["failed"], list(walk["steps"]))
    assert len(walk["steps"]) == len(steps_written())


def test_list_is_sent_in_under_ten_clicks(walk):
    assert walk["steps"]["sends_a_list_in_under_ten_clicks"]["clicks"] < 10


def test_no_rule_of_accessibility_is_broken_in_any_state(walk):
    assert "failed" not in walk
    states = walk["states"]
    assert {name: broken for name, broken in states.items() if broken} == {}
    assert len(states) >= 25


def steps_written():
    files = sorted((BROWSER / "steps").glob("*.mjs"))
    return [
        line
        for file in files
        for line in file.read_text().splitlines()
        if line.startswith("export async function")
    ]
