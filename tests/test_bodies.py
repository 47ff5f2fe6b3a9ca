"""Bodies that come, come slowly, come broken or do not come, without a server around them."""

import io
import socket
import threading

import pytest

from shared.bodies import Body, Door
from shared.errors import InvalidInput
from shared.waits import Waits

LONG = 3600.0  # seconds; the tests hang rather than wait so long


class Received:
    """A body as gunicorn hands it on: it reads until it has all that it was asked for."""

    def __init__(self, receive, length):
        self.receive, self.left = receive, length

    def read(self, size):
        received, size = b"", min(size, self.left)
        while len(received) < size and (piece := self.receive(size - len(received))):
            received += piece
        self.left -= len(received)
        return received


@pytest.fixture
def line():
    """A caller's end and ours."""
    ends = socket.socketpair()
    yield ends
    for end in ends:
        end.close()


def body_on(connection, waits, length=10):
    environ = {"wsgi.input": Received(connection.recv, length), "gunicorn.socket": connection}
    return Body(environ | {"CONTENT_LENGTH": str(length)}, waits)


def body_of(data, **environ):
    return Body({"wsgi.input": io.BytesIO(data)} | environ, Waits(threads=1))


def refusal(body, largest=10):
    with pytest.raises(InvalidInput) as caught:
        body.take(largest)
    return caught.value.status, caught.value.code


@pytest.mark.parametrize("environ", [{"CONTENT_LENGTH": "10"}, {"HTTP_TRANSFER_ENCODING": "x"}])
def test_body_is_taken_whole_and_once(environ):
    body = body_of(b"x" * 10, **environ)
    assert body.take(largest=10) == b"x" * 10
    assert body.read() == b""
    body.finish()


def test_no_body_is_an_empty_one():
    assert body_of(b"").take(largest=10) == b""


def test_body_is_empty_for_everybody_else():
    assert body_of(b"secret", CONTENT_LENGTH="6").read() == b""


def test_length_that_is_too_large_is_refused_unread():
    source = io.BytesIO(b"x" * 11)
    body = Body({"wsgi.input": source, "CONTENT_LENGTH": "11"}, Waits(threads=1))
    assert refusal(body) == (413, "body_too_large")
    assert source.tell() == 0


def test_body_that_turns_out_too_large_is_refused():
    assert refusal(body_of(b"x" * 11, HTTP_TRANSFER_ENCODING="chunked")) == (413, "body_too_large")


def test_rest_of_a_refused_body_is_read_past():
    source = io.BytesIO(b"x" * 100_000 + b"next")
    environ = {"wsgi.input": Received(source.read, 100_000), "CONTENT_LENGTH": "100000"}
    body = Body(environ, Waits(threads=1))
    refusal(body)
    body.finish()
    assert source.read() == b"next"


class Broken:
    def read(self, _size):
        raise LookupError("Eufemia Zárate")


@pytest.mark.parametrize("source", [io.BytesIO(b"x" * 9), Broken()], ids=["short", "broken"])
def test_body_that_cannot_be_read_is_refused_and_ends_its_connection(source):
    body = Body({"wsgi.input": source, "CONTENT_LENGTH": "10"}, Waits(threads=1))
    assert refusal(body) == (400, "body_broken")
    with pytest.raises(BrokenPipeError):
        body.finish()


def test_caller_that_sends_nothing_is_told_so(line):
    caller, connection = line
    body = body_on(connection, Waits(threads=1, seconds=0.05, hurried_seconds=0.01))
    assert refusal(body) == (408, "body_too_slow")
    with pytest.raises(BrokenPipeError):
        body.finish()
    connection.sendall(b"408")  # the answer still gets through
    assert caller.recv(3) == b"408"


def test_caller_that_sends_a_byte_now_and_then_is_not_waited_for_longer(line):
    caller, connection = line
    over = threading.Event()

    def trickle():
        while not over.wait(0.01):
            caller.sendall(b"x")

    sender = threading.Thread(target=trickle)
    sender.start()
    body = body_on(connection, Waits(threads=1, seconds=0.1, hurried_seconds=0.01), length=10**6)
    assert refusal(body, 10**6) == (408, "body_too_slow")
    over.set()
    sender.join()


def test_longest_wait_gives_way_when_half_of_the_threads_wait(line):
    caller, connection = line
    waits = Waits(threads=2, seconds=LONG, hurried_seconds=0.05)
    results = []
    first = threading.Thread(target=lambda: results.append(refusal(body_on(connection, waits))))
    first.start()
    other_caller, other = socket.socketpair()
    with caller, other_caller, other:
        late = body_on(other, waits)
        second = threading.Thread(target=lambda: results.append(late.take(10)))
        second.start()
        first.join()
        assert results == [(408, "body_too_slow")]
        other_caller.sendall(b"x" * 10)
        second.join()
    assert results[1] == b"x" * 10


def test_whoever_has_sent_is_waited_for_however_late_its_thread_is(line):
    caller, connection = line
    caller.sendall(b"x")
    waits = Waits(threads=2, seconds=LONG, hurried_seconds=0.01)
    idle_caller, idle = socket.socketpair()
    with idle_caller, idle, waits.waiting(connection) as sent:
        refused = refusal(body_on(idle, waits))
        assert refused == (408, "body_too_slow")
        assert not sent.over


def test_wait_that_is_over_touches_no_connection(line):
    caller, connection = line
    waits = Waits(threads=1, seconds=0.05, hurried_seconds=0.01)
    with waits.waiting(connection):
        pass
    other_caller, other = socket.socketpair()
    with other_caller, other:
        assert refusal(body_on(other, waits)) == (408, "body_too_slow")
    caller.sendall(b"x")
    assert connection.recv(1) == b"x"


def test_door_reads_past_what_nobody_read():
    def application(environ, _):
        assert environ["wsgi.input"].read() == b""
        return [b"answer"]

    source = io.BytesIO(b"x" * 10)
    environ = {"wsgi.input": source, "CONTENT_LENGTH": "10"}
    answer = Door(application, Waits(threads=1))(environ, lambda *_: None)
    assert list(answer) == [b"answer"]
    assert source.tell() == 0
    answer.close()
    assert source.tell() == 10
