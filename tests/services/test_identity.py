"""How seldom Supabase is asked, and what happens while it does not answer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from devstack.gateway.tokens import DevKeys
from shared.errors import Refused, Unavailable
from shared.services import identity, signing_keys
from shared.services.identity import IdentityService
from shared.services.signing_keys import SigningKeys

KEYS = DevKeys.generate("http://127.0.0.1:1")


class Clock:
    """Seconds that pass when they are told to."""

    now = 1000.0

    def __call__(self):
        return self.now


class Listing:
    """A key set that somebody can change or take away, and that counts its readers."""

    def __init__(self):
        self.keys, self.asked, self.is_away = {"k1": "a"}, 0, False

    def __call__(self):
        self.asked += 1
        if self.is_away:
            raise Unavailable("identity_unavailable")
        return dict(self.keys)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def listing():
    return Listing()


@pytest.fixture
def keys(listing, clock):
    return SigningKeys(listing, clock)


def test_keys_are_fetched_once_for_many_tokens(keys, listing, clock):
    assert {keys.find("k1") for _ in range(100)} == {"a"}
    assert listing.asked == 1
    clock.now += signing_keys.FRESH
    keys.find("k1")
    assert listing.asked == 2


def test_new_key_is_found_without_waiting_for_the_old_ones_to_age(keys, listing, clock):
    keys.find("k1")
    listing.keys["k2"] = "b"
    clock.now += signing_keys.FLOOR
    assert keys.find("k2") == "b"
    assert listing.asked == 2


def test_unknown_ids_cost_one_fetch_between_floors(keys, listing, clock):
    keys.find("k1")
    for _ in range(3):
        clock.now += signing_keys.FLOOR
        assert {keys.find(str(n)) for n in range(50)} == {None}
    assert listing.asked == 1 + 3


def test_removed_key_opens_nothing_once_the_keys_are_fetched_again(keys, listing, clock):
    keys.find("k1")
    listing.keys = {"k2": "b"}
    clock.now += signing_keys.FRESH
    assert keys.find("k1") is None


def test_known_keys_serve_while_no_others_can_be_had_but_not_for_ever(keys, listing, clock):
    keys.find("k1")
    listing.is_away = True
    clock.now += signing_keys.USABLE - 1
    assert keys.find("k1") == "a"
    clock.now += signing_keys.FLOOR_AFTER_FAILURE
    with pytest.raises(Unavailable):
        keys.find("k1")
    listing.is_away = False
    clock.now += signing_keys.FLOOR_AFTER_FAILURE
    assert keys.find("k1") == "a"


def test_failing_supabase_is_not_asked_for_every_request(keys, listing):
    listing.is_away = True
    for _ in range(20):
        with pytest.raises(Unavailable):
            keys.find("k1")
    assert listing.asked == 1


def test_threads_that_come_together_fetch_once(listing, clock):
    held = threading.Event()

    def fetch():
        held.wait(10)
        return listing()

    keys = SigningKeys(fetch, clock)
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(keys.find, "k1") for _ in range(8)]
        held.set()
        assert {one.result() for one in found} == {"a"}
    assert listing.asked == 1


class Auth:
    """Supabase Auth's word on legacy tokens; counts who asked, and how many at once."""

    def __init__(self):
        self.refusal, self.asked, self.present, self.most = "", 0, 0, 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.lock = threading.Lock()

    def is_signed(self, _token, _key):
        raise AssertionError("no key pair is asked for here")

    def refusal_of(self, _token):
        with self.lock:
            self.asked += 1
            self.present += 1
            self.most = max(self.most, self.present)
        self.may_answer.wait(10)
        with self.lock:
            self.present -= 1
        return self.refusal


@pytest.fixture
def auth():
    return Auth()


@pytest.fixture
def service(auth, keys, clock):
    return IdentityService(auth, keys, KEYS.issuer, lambda: datetime.now(UTC), clock)


def legacy():
    return KEYS.mint_legacy_user_token(uuid4(), now=datetime.now(UTC))


def test_legacy_token_is_asked_about_once_a_minute(service, auth, clock):
    token = legacy()
    for _ in range(50):
        service.require_user(token)
    assert auth.asked == 1
    clock.now += identity.REMEMBERED_SECONDS
    auth.refusal = "token_session_ended"
    for _ in range(50):
        with pytest.raises(Refused) as caught:
            service.require_user(token)
        assert caught.value.code == "token_session_ended"
    assert auth.asked == 2


def test_what_is_remembered_is_bounded_and_of_one_token_alone(service, auth):
    for _ in range(identity.MOST_REMEMBERED + 5):
        service.require_user(legacy())
    assert auth.asked == identity.MOST_REMEMBERED + 5
    assert len(service._remembered) <= identity.MOST_REMEMBERED


def test_slow_auth_is_asked_few_things_at_once(service, auth):
    auth.may_answer.clear()

    def ask(_):
        try:
            service.require_user(legacy())
        except Unavailable as error:
            return error.code
        return ""

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, n) for n in range(8)]
        while sum(one.done() for one in asked) < 8 - identity.MOST_QUESTIONS:
            threading.Event().wait(0.02)
        auth.may_answer.set()
        answers = [one.result() for one in asked]
    assert auth.most == identity.MOST_QUESTIONS
    assert answers.count("identity_unavailable") == 8 - identity.MOST_QUESTIONS
