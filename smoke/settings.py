"""What is to be tried, and as whom. Secrets come from the environment alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

_RECEIPT_SECONDS = 120.0
_LOCAL = ("127.0.0.1", "localhost")


class SettingsError(Exception):
    """Settings are missing or wrong; each problem names one of them, and no value."""

    def __init__(self, problems: list[str]) -> None:
        """`problems`: everything that is wrong, a sentence each."""
        super().__init__("\n".join(problems))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A deployed system and a user of it; what is empty was not given."""

    url: str
    publishable_key: str = field(repr=False)
    email: str = field(repr=False)
    password: str = field(repr=False)
    access_token: str = field(repr=False)
    campaign: str
    foreign_campaign: str
    origin: str
    send_url: str
    templates_url: str
    send_to_myself: bool
    phone: str = field(repr=False)
    template: str
    receipt_seconds: float

    @property
    def edge(self) -> str:
        """The Edge Function's URL."""
        return f"{self.url}/functions/v1/messaging"


def read_settings(url: str, env: Mapping[str, str]) -> Settings:
    """Read and check everything.

    Raises:
        SettingsError: with everything that is wrong at once.
    """
    given = {name: value.strip() for name, value in env.items()}
    settings = Settings(
        url=url.rstrip("/"),
        publishable_key=given.get("PUBLISHABLE_KEY", ""),
        email=given.get("EMAIL", ""),
        password=env.get("PASSWORD", ""),  # may begin or end with a blank
        access_token=given.get("ACCESS_TOKEN", ""),
        campaign=given.get("CAMPAIGN", ""),
        foreign_campaign=given.get("FOREIGN_CAMPAIGN", ""),
        origin=given.get("ORIGIN", ""),
        send_url=given.get("SEND_URL", "").rstrip("/"),
        templates_url=given.get("TEMPLATES_URL", "").rstrip("/"),
        send_to_myself=given.get("SEND_TO_MYSELF", "") not in ("", "0"),
        phone=given.get("PHONE", ""),
        template=given.get("TEMPLATE", ""),
        receipt_seconds=_seconds(given.get("RECEIPT_SECONDS", "")),
    )
    problems = _problems(settings)
    if problems:
        raise SettingsError(problems)
    return settings


def _problems(settings: Settings) -> list[str]:
    urls = {"SEND_URL": settings.send_url, "TEMPLATES_URL": settings.templates_url}
    ids = {"FOREIGN_CAMPAIGN": settings.foreign_campaign, "TEMPLATE": settings.template}
    has_password = bool(settings.email and settings.password)
    wrong = {
        "URL must be the project's, as https://<ref>.supabase.co": not _is_url(settings.url),
        "PUBLISHABLE_KEY is missing": not settings.publishable_key,
        "EMAIL and PASSWORD are missing, or ACCESS_TOKEN": not (
            has_password or settings.access_token
        ),
        "CAMPAIGN must be the id of a campaign of this user": not _is_id(settings.campaign),
        "SEND_TO_MYSELF needs PHONE, a number of the campaign's test list": (
            settings.send_to_myself and not settings.phone
        ),
        "RECEIPT_SECONDS must be a positive number": not settings.receipt_seconds > 0,
    }
    problems = [sentence for sentence, is_wrong in wrong.items() if is_wrong]
    problems += [f"{n} must be an https:// URL" for n, v in urls.items() if v and not _is_url(v)]
    return problems + [f"{n} must be an id" for n, v in ids.items() if v and not _is_id(v)]


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    # A token that leaves over http is everybody's, but for this machine itself.
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
    return secure and bool(parts.hostname) and not parts.path and not parts.query


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _seconds(text: str) -> float:
    try:
        return float(text) if text else _RECEIPT_SECONDS
    except ValueError:
        return 0.0
