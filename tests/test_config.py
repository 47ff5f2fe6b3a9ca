import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared import config
from shared.errors import ConfigError
from tests.machines import MAY_RUN, unsigned_token

ROOT = Path(__file__).parents[1]
COMPLETE = {
    "SUPABASE_URL": "https://proyecto.supabase.co/",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_1",
    "GOOGLE_CLOUD_PROJECT": "campaignpro",
    "TASKS_LOCATION": "us-central1",
    "TASKS_SERVICE_ACCOUNT": "tasks@campaignpro.iam.gserviceaccount.com",
    "DISPATCH_URL": "https://dispatch.example.run.app",
    "META_ACCESS_TOKEN": "EAA1",
    "META_APP_ID": "1234567890",
    "META_APP_SECRET": "nuevo, viejo,",
    "META_VERIFY_TOKEN": "v1",
}
MACHINES = sorted(role.removeprefix("wa_") for role in MAY_RUN)
NEEDED = {
    "send": {
        "SUPABASE_URL",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_TOKEN",
        "GOOGLE_CLOUD_PROJECT",
        "META_ACCESS_TOKEN",
    },
    "fan_out": {
        "SUPABASE_URL",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_TOKEN",
        "GOOGLE_CLOUD_PROJECT",
        "TASKS_LOCATION",
        "TASKS_SERVICE_ACCOUNT",
        "DISPATCH_URL",
    },
    "templates": {
        "SUPABASE_URL",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_TOKEN",
        "GOOGLE_CLOUD_PROJECT",
        "META_ACCESS_TOKEN",
        "META_APP_ID",
    },
    "sync": {
        "SUPABASE_URL",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_TOKEN",
        "META_ACCESS_TOKEN",
        "META_APP_ID",
    },
    "webhook": {"GOOGLE_CLOUD_PROJECT", "META_APP_SECRET", "META_VERIFY_TOKEN"},
    "apply_events": {
        "SUPABASE_URL",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_TOKEN",
        "GOOGLE_CLOUD_PROJECT",
    },
    "dispatch": {
        "SUPABASE_URL",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_TOKEN",
        "META_ACCESS_TOKEN",
    },
    "sweep": {
        "SUPABASE_URL",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_TOKEN",
        "GOOGLE_CLOUD_PROJECT",
    },
}

# Keys and phone numbers would leave this machine as they are, or for somebody else.
UNSAFE = [
    "http://proyecto.supabase.co",
    "HTTP://proyecto.supabase.co",
    "http://10.0.0.5:54321",
    "http://0.0.0.0:54321",
    "http://localhost.example.mx",
    "http://127.0.0.1.nip.io",
    "http://127.0.0.1@example.mx",
    "http://[::ffff:10.0.0.1]",
    "https://",
    "https://:8443",
    "https://clave@proyecto.supabase.co",
    "https://proyecto.supabase.co:puerto",
    "https://[proyecto",
    "ftp://127.0.0.1",
    "//127.0.0.1",
    "javascript:alert(1)",
]


def complete(target):
    """Return everything that any entry point reads, and the token of this one."""
    return COMPLETE | {"FUNCTION_TARGET": target, "SUPABASE_TOKEN": unsigned_token(f"wa_{target}")}


@pytest.fixture
def environment(monkeypatch):
    """Set exactly these variables of ours."""

    def only(variables):
        for name in variables_read():
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return only


def variables_read() -> set[str]:
    """Return every name that config.py asks the environment for."""
    source = (ROOT / "shared/config.py").read_text()
    return set(re.findall(r'"([A-Z][A-Z0-9_]{3,})"', source))


def test_every_entry_point_is_known_here():
    assert set(NEEDED) == set(config.READERS)


@pytest.mark.parametrize(("target", "needed"), NEEDED.items())
def test_missing_variables_are_named_all_at_once(environment, target, needed):
    environment({"FUNCTION_TARGET": target})
    with pytest.raises(ConfigError) as caught:
        config.check_target()
    assert {
        name for name in complete(target) if f"{name} is not set" in str(caught.value)
    } == needed


@pytest.mark.parametrize("target", NEEDED)
def test_complete_settings_let_the_process_start(environment, target):
    environment(complete(target))
    config.check_target()


@pytest.mark.parametrize(
    ("target", "wrong"),
    [
        ("send", {"SUPABASE_URL": "proyecto.supabase.co"}),
        *(("send", {"SUPABASE_URL": url}) for url in UNSAFE),
        ("dispatch", {"META_GRAPH_URL": "http://graph.facebook.com"}),
        ("send", {"PREFLIGHT_SECONDS": "0"}),
        ("templates", {"META_APP_ID": "mi-app"}),
        ("dispatch", {"META_GRAPH_VERSION": "v24.0/../v1.0"}),
        ("fan_out", {"DISPATCH_URL": "http://dispatch.example.run.app"}),
        ("fan_out", {"GOOGLE_CLOUD_PROJECT": "a/b", "TASKS_LOCATION": "us central"}),
        ("fan_out", {"TASKS_SERVICE_ACCOUNT": "tasks?alt=1"}),
        ("webhook", {"EVENTS_TOPIC": "../wa-events"}),
        ("send", {"SUPABASE_TIMEOUT_SECONDS": "mucho"}),
        ("fan_out", {"DISPATCH_URL": "dispatch", "SUPABASE_TIMEOUT_SECONDS": "0"}),
        ("webhook", {"META_APP_SECRET": "  "}),
        ("webhook", {"META_APP_SECRET": ","}),
        ("dispatch", {"META_READ_TIMEOUT_SECONDS": "-1", "THREADS": "nan"}),
        ("dispatch", {"META_CONNECT_TIMEOUT_SECONDS": "inf"}),
        ("dispatch", {"THREADS": "0.5"}),
        ("dispatch", {"META_ACCESS_TOKEN": "EAA 1"}),
        ("sweep", {"LOST_TASK_SECONDS": "", "STALE_CLAIM_SECONDS": "cinco"}),
        ("sweep", {"SUPABASE_TOKEN": "sb_secret_1"}),
        ("sweep", {"SUPABASE_TOKEN": "dos palabras"}),
        ("sweep", {"SUPABASE_TOKEN": unsigned_token("wa_sweep", exp=1)}),
    ],
)
def test_wrong_variables_are_named_and_their_values_are_not(environment, target, wrong):
    environment(complete(target) | wrong)
    with pytest.raises(ConfigError) as caught:
        config.check_target()
    for name, value in wrong.items():
        # An empty variable is one that is not set: its default holds.
        assert (name in str(caught.value)) == bool(value)
        assert not value.strip(" ,") or value not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://proyecto.supabase.co",
        "https://proyecto.supabase.co:8443/api",
        "https://192.168.1.4",
        "http://127.0.0.1:54321",
        "http://127.8.0.1",
        "http://localhost:54321",
        "http://[::1]:54321",
    ],
)
def test_address_that_keeps_secrets_secret_is_taken(environment, url):
    environment(COMPLETE | {"SUPABASE_URL": url})
    assert config.load(config.read_user_supabase).url == url


def test_tools_that_serve_nothing_need_no_settings(environment):
    environment({})
    config.check_target()


def test_several_app_secrets_hold_during_a_rotation(environment):
    environment(COMPLETE)
    assert config.load(config.read_webhook).app_secrets == ("nuevo", "viejo")


def test_emulator_needs_no_service_account(environment):
    variables = complete("fan_out") | {"CLOUD_TASKS_EMULATOR_HOST": "127.0.0.1:8123"}
    environment(variables | {"TASKS_SERVICE_ACCOUNT": ""})
    assert config.load(config.read_tasks).service_account == ""


def test_promoters_requests_carry_nothing_but_their_own_token(environment):
    environment(complete("dispatch"))
    assert config.load(config.read_user_supabase).token == ""


@pytest.mark.parametrize("target", MACHINES)
def test_machine_has_its_own_token_and_shows_it_to_nobody(environment, target):
    variables = complete(target)
    environment(variables)
    settings = config.load(config.supabase_of(target))
    assert settings.token == variables["SUPABASE_TOKEN"]
    assert settings.token not in repr(settings)


@pytest.mark.parametrize("target", MACHINES)
def test_token_of_anybody_else_is_refused_at_the_start(environment, target):
    others = {role for role in MAY_RUN if role != f"wa_{target}"}
    for role in (*others, "service_role", "authenticated", "anon", "postgres"):
        environment(complete(target) | {"SUPABASE_TOKEN": unsigned_token(role)})
        with pytest.raises(ConfigError, match=f"SUPABASE_TOKEN must name the role wa_{target}$"):
            config.check_target()


def soon(**later):
    return unsigned_token("wa_sweep", exp=(datetime.now(UTC) + timedelta(**later)).timestamp())


@pytest.mark.parametrize(
    ("token", "is_warned_of"),
    [(soon(days=29), True), (soon(minutes=1), True), (soon(days=31), False), ("", False)],
)
def test_end_of_a_token_is_warned_of_a_month_before(environment, token, is_warned_of):
    environment({"SUPABASE_TOKEN": token})
    assert config.token_ends_soon() is is_warned_of


def test_every_variable_is_documented():
    table = (ROOT / "docs/operations.md").read_text()
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row[1])}
    assert variables_read() <= documented
