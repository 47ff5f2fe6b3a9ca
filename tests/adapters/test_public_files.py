"""Links of users: what an attacker may try, and what a campaign may use."""

import gzip
import socket
import ssl
import threading
from ipaddress import ip_address

import pytest

from shared.adapters.public_files import FetchSettings, fetch_public_file
from shared.errors import InvalidInput
from shared.rules.public_addresses import is_public, read_link
from tests.adapters.tls_server import HOST, make_certificate, tls_server
from tests.test_spanish import is_spanish

FIELD = "header_media.link"
LARGEST = 1024 * 1024
OK = "HTTP/1.1 200 OK\nContent-Type: image/png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(500)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(certificate):
    with tls_server(certificate) as serving:
        yield serving


@pytest.fixture
def fetch(server, certificate):
    """Fetch from the server, whose address passes for public and whose certificate is trusted."""

    def run(url=None, **settings):
        defaults = {
            "port": server.port,
            "look_up": lambda *_: ["127.0.0.1"],
            "may_call": lambda _: True,
            "tls": ssl.create_default_context(cafile=certificate),
            "seconds": 5.0,
        }
        address = url or f"https://{HOST}:{server.port}/fotos/plaza.png"
        return fetch_public_file(address, LARGEST, FIELD, FetchSettings(**defaults | settings))

    return run


def refusal(call, *args, **kwargs):
    """The code of a refusal, whose sentence is Spanish and names nothing of the network."""
    with pytest.raises(InvalidInput) as caught:
        call(*args, **kwargs)
    error = caught.value
    assert (error.status, error.field) == (422, FIELD)
    assert is_spanish(error.detail), error.detail
    assert HOST not in error.detail
    assert "127.0.0.1" not in error.detail
    return error.code


def never_looked_up(*_):
    raise AssertionError("a refused host was looked up")


# Hosts that are refused as they stand, and hosts whose addresses are.


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.mx/a.png", "link_not_https"),
        ("ftp://example.mx/a.png", "link_not_https"),
        ("file:///etc/passwd", "link_not_https"),
        ("//example.mx/a.png", "link_not_https"),
        ("example.mx/a.png", "link_not_https"),
        ("https:/example.mx", "link_not_public"),
        ("https://", "link_not_public"),
        ("", "link_not_https"),
        ("https://example.mx/a b.png", "link_not_https"),
        ("https://example.mx/a\r\nHost: x", "link_not_https"),
        ("https://example.mx\\@10.0.0.1/", "link_not_https"),
        ("https://[::1", "link_not_https"),
        ("https://example.mx:99999/", "link_not_https"),
        ("https://example.mx:x/", "link_not_https"),
        ("https://exa..mple.mx/", "link_not_https"),
        (f"https://example.mx/{'a' * 2000}", "link_not_https"),
        ("https://ana:secreto@example.mx/a.png", "link_not_public"),
        ("https://example.mx@10.0.0.1/", "link_not_public"),
        ("https://@example.mx/", "link_not_public"),
        ("https://example.mx:8443/a.png", "link_not_public"),
        ("https://example.mx:22/", "link_not_public"),
        ("https://localhost/", "link_not_public"),
        ("https://metadata/computeMetadata/v1/", "link_not_public"),
        ("https://10.0.0.1/", "link_not_public"),
        ("https://8.8.8.8/", "link_not_public"),
        ("https://127.1/", "link_not_public"),
        ("https://2130706433/", "link_not_public"),
        ("https://0x7f000001/", "link_not_public"),
        ("https://0x7f.0.0.1/", "link_not_public"),
        ("https://0177.0.0.1/", "link_not_public"),
        ("https://169.254.169.254/latest/meta-data/", "link_not_public"),
        ("https://169.254.169.254./", "link_not_public"),
        ("https://0.0.0.0/", "link_not_public"),
        ("https://example.0x7f/", "link_not_public"),
        ("https://\uff11\uff12\uff17.0.0.1/", "link_not_public"),  # full-width digits
        ("https://[::1]/", "link_not_public"),
        ("https://[::ffff:10.0.0.1]/", "link_not_public"),
        ("https://[2606:4700::1111]/", "link_not_public"),
    ],
)
def test_host_that_is_no_public_name_is_not_even_looked_up(url, code):
    settings = FetchSettings(look_up=never_looked_up)
    assert refusal(fetch_public_file, url, LARGEST, FIELD, settings) == code


PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:1::1",
    "2001:db8::1",
    "fe80::1",
    "fe80::1%lo",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "5f00::1",
]
PUBLIC = [
    "8.8.8.8",
    "187.141.1.1",
    "2606:4700::1111",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_address_is_private_however_it_is_wrapped(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["2606:4700::1111", "::1"],
        ["::ffff:127.0.0.1"],
        ["169.254.169.254"],
    ],
)
def test_one_private_address_refuses_the_host(fetch, server, answer):
    assert refusal(fetch, look_up=lambda *_: answer, may_call=is_public) == "link_not_public"
    assert server.connections == 0


@pytest.mark.parametrize("name", ["metadata.google.internal", "metadata.google.internal."])
def test_metadata_server_is_refused_by_its_address(name):
    asked = []
    settings = FetchSettings(look_up=lambda host, _: asked.append(host) or ["169.254.169.254"])
    url = f"https://{name}/computeMetadata/v1/"
    assert refusal(fetch_public_file, url, LARGEST, FIELD, settings) == "link_not_public"
    assert asked == ["metadata.google.internal"]


def test_host_is_looked_up_once_and_the_checked_address_is_called(fetch, server):
    """A name server that says something else the second time is not asked a second time."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    server.answers(OK, PNG)
    assert fetch(look_up=lambda *_: answers.pop(0)).content == PNG
    assert answers == [["10.0.0.1"]]


def test_certificate_proves_the_name_and_not_the_address(fetch, server, tmp_path):
    server.answers(OK, PNG)
    other = f"https://otro.example.mx:{server.port}/a.png"
    assert refusal(fetch, other) == "link_unreachable"
    strangers = ssl.create_default_context(cafile=make_certificate(tmp_path))
    assert refusal(fetch, tls=strangers) == "link_unreachable"
    assert server.requests == []


# What a host may answer.


def test_file_is_fetched_with_its_type_and_name(fetch, server):
    server.answers(f"{OK}; charset=binary\nContent-Length: {len(PNG)}", PNG)
    found = fetch(f"https://{HOST.upper()}.:{server.port}/fotos/Plaza%20ñ.png?v=1&x=á")
    assert (found.content, found.mime_type, found.filename) == (PNG, "image/png", "Plaza ñ.png")
    [request] = server.requests
    assert request.startswith(b"GET /fotos/Plaza%20%C3%B1.png?v=1&x=%C3%A1 HTTP/1.1\r\n")
    assert f"\r\nHost: {HOST}:{server.port}\r\n".encode() in request
    assert b"\r\nAccept-Encoding: identity\r\n" in request
    for header in (b"Authorization", b"Cookie", b"Referer"):
        assert header not in request


def test_file_in_chunks_is_put_together(fetch, server):
    server.answers(f"{OK}\nTransfer-Encoding: chunked", b"4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n")
    assert fetch().content == b"abcdef"


def test_usual_port_is_not_in_the_host_header():
    assert read_link("https://example.mx:443/a", FIELD).port == 443
    assert read_link("https://example.mx", FIELD).target == "/"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", None),
        ("", None),
        ("/a/..", None),
        ("/a/%2e%2e%2fpasswd", "passwd"),
        ("/a%00b.png", "ab.png"),
        ("/" + "x" * 200 + ".png", "x" * 96 + ".png"),
    ],
)
def test_name_of_a_file_is_one_that_files_can_have(path, name):
    assert read_link(f"https://example.mx{path}", FIELD).filename == name


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 300, 304])
@pytest.mark.parametrize("place", ["https://10.0.0.1/", "http://169.254.169.254/", "/otra.png"])
def test_redirect_is_not_followed(fetch, server, status, place):
    server.answers(f"HTTP/1.1 {status} X\nLocation: {place}\nContent-Length: 0")
    assert refusal(fetch) == "link_redirects"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("head", "body", "code"),
    [
        ("HTTP/1.1 404 Not Found\nContent-Length: 0", b"", "link_unreachable"),
        ("HTTP/1.1 500 X\nContent-Length: 0", b"", "link_unreachable"),
        ("HTTP/1.1 206 X\nContent-Length: 1", b"x", "link_unreachable"),
        ("HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8", b"<html>", "link_unreachable"),
        ("220 smtp.example.mx ESMTP", b"", "link_unreachable"),
        (f"{OK}\nContent-Length: 99", b"cut short", "link_unreachable"),
        (f"{OK}\nTransfer-Encoding: chunked", b"ff\r\nshort", "link_unreachable"),
        (f"{OK}\nTransfer-Encoding: chunked", b"zz\r\n", "link_unreachable"),
        (f"{OK}\nX: {'x' * 70_000}", b"", "link_unreachable"),
        ("HTTP/1.1 200 OK\n" + "\n".join(f"X{n}: 1" for n in range(200)), b"", "link_unreachable"),
        (f"{OK}\nContent-Length: {LARGEST + 1}", b"", "link_too_large"),
        (f"{OK}\nContent-Length: {10**15}", b"", "link_too_large"),
    ],
)
def test_answer_that_is_no_file_of_a_fair_size_is_refused(fetch, server, head, body, code):
    server.answers(head, body)
    assert refusal(fetch) == code


def test_sentences_help_with_links_of_drive_and_dropbox(fetch, server):
    for head in ("HTTP/1.1 302 Found\nLocation: /x", "HTTP/1.1 200 OK\nContent-Type: text/html"):
        server.answers(f"{head}\nContent-Length: 0")
        with pytest.raises(InvalidInput, match="link_") as caught:
            fetch()
        assert "Google Drive o Dropbox" in caught.value.detail


def test_largest_file_is_taken_and_a_byte_more_is_not(fetch, server):
    server.answers(OK, bytes(LARGEST))
    assert len(fetch().content) == LARGEST
    server.answers(OK, bytes(LARGEST + 1))
    assert refusal(fetch) == "link_too_large"


def test_packed_file_is_not_unpacked(fetch, server):
    bomb = gzip.compress(bytes(50 * LARGEST))
    server.answers(f"{OK}\nContent-Encoding: gzip\nContent-Length: {len(bomb)}", bomb)
    assert refusal(fetch) == "link_unreachable"
    server.answers(f"{OK}\nContent-Length: {len(bomb)}", bomb)
    assert fetch().content == bomb


def send_for_ever(connection, piece, pause):
    stop = threading.Event()
    while True:
        connection.sendall(piece)
        stop.wait(pause)


def test_endless_body_ends_at_the_largest_size(fetch, server):
    def pour(connection):
        connection.sendall(OK.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        send_for_ever(connection, bytes(65536), 0)

    server.behave = pour
    assert refusal(fetch) == "link_too_large"


def drip_body(connection):
    connection.sendall(OK.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    send_for_ever(connection, b"x", 0.05)


def drip_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    send_for_ever(connection, b"x", 0.05)


def drip_continue(connection):
    send_for_ever(connection, b"HTTP/1.1 100 Continue\r\n\r\n", 0.05)


def be_silent(connection):
    connection.recv(1)


@pytest.mark.parametrize("behave", [drip_body, drip_headers, drip_continue, be_silent])
def test_time_ends_however_little_comes_at_a_time(fetch, server, behave):
    server.behave = behave
    assert refusal(fetch, seconds=0.5) == "link_too_slow"


def test_silence_during_the_handshake_ends(fetch):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        url = f"https://{HOST}:{port}/a.png"
        assert refusal(fetch, url, port=port, seconds=0.3) == "link_too_slow"


def test_name_server_that_never_answers_ends():
    answered = threading.Event()
    settings = FetchSettings(look_up=lambda *_: answered.wait(10) and [], seconds=0.2)
    try:
        url = "https://example.mx/a.png"
        assert refusal(fetch_public_file, url, LARGEST, FIELD, settings) == "link_too_slow"
    finally:
        answered.set()


def test_clock_runs_over_all_addresses(fetch):
    """Time that the first addresses took is not there for the last."""
    seconds = [0.0]

    def clock():
        seconds[0] += 2
        return seconds[0]

    unreachable = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1"]
    assert refusal(fetch, look_up=lambda *_: unreachable, clock=clock) == "link_too_slow"


def test_next_address_is_called_where_the_first_does_not_answer(fetch, server):
    server.answers(OK, PNG)
    assert fetch(look_up=lambda *_: ["127.0.0.2", "127.0.0.1"]).content == PNG


def unknown_host(*_):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("look_up", [unknown_host, lambda *_: []])
def test_host_that_nobody_knows_is_unreachable(fetch, look_up):
    assert refusal(fetch, look_up=look_up) == "link_unreachable"


def test_nobody_listening_is_unreachable(fetch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert refusal(fetch, f"https://{HOST}:{port}/", port=port) == "link_unreachable"


def test_server_without_tls_is_unreachable(fetch):
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer():
            connection, _ = plain.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        port = plain.getsockname()[1]
        assert refusal(fetch, f"https://{HOST}:{port}/", port=port) == "link_unreachable"
        thread.join()


def test_proxies_of_the_environment_are_ignored(fetch, server, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.answers(OK, PNG)
    assert fetch().content == PNG
