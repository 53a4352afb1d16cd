"""Messages between ranks: what every one gets, and that none waits for one that does not come."""

import socket
import threading

import pytest

pytest.importorskip("paddle")

from ppocr_lite.engine.channel import Channel, DistributedError, Listener, join, receive, send

pytestmark = pytest.mark.train


def together(*jobs):
    """What functions give that run at the same time; a DistributedError as its text."""
    results = [None] * len(jobs)

    def run(number):
        try:
            results[number] = jobs[number]()
        except DistributedError as error:
            results[number] = str(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return results


@pytest.fixture
def three():
    """Channels of three ranks."""
    channels = connected(3, limit_s=20)
    yield channels
    for channel in channels:
        channel.close()


def connected(count, *, limit_s):
    listener = Listener("127.0.0.1", "secret")
    jobs = [lambda: listener.accept(count, limit_s=limit_s)]
    for rank in range(1, count):
        jobs.append(lambda rank=rank: join(listener.address, "secret", rank, limit_s=limit_s))
    return together(*jobs)


def test_all_get_the_values_of_all_in_their_order(three):
    values = [{"a": [1, 2]}, float("inf"), "text"]
    got = together(*[lambda c=c, v=v: c.exchange(v) for c, v in zip(three, values)])
    assert got == [values] * 3


def test_a_large_value_comes_whole(three):
    large = "x" * 3_000_000
    got = together(*[lambda c=c: c.exchange(large if c.rank == 1 else "") for c in three])
    assert got == [["", large, ""]] * 3


def test_a_failure_reaches_all_with_its_reason(three):
    three[1].tell_failure("rank 1: DataError: no such file")
    got = together(lambda: three[0].exchange(1), lambda: three[2].exchange(1))
    assert all("ended it: rank 1: DataError: no such file" in text for text in got)


def test_a_rank_that_is_killed_ends_the_others(three):
    three[2].close()
    got = together(lambda: three[0].exchange(1), lambda: three[1].exchange(1))
    assert all("rank 2 has ended without a word" in text for text in got)


def test_rank_0_that_is_killed_ends_the_others(three):
    three[0].close()
    got = together(lambda: three[1].exchange(1), lambda: three[2].exchange(1))
    assert all("rank 0 has ended without a word" in text for text in got)


def test_waiting_has_an_end_and_names_the_missing():
    first, second, _third = channels = connected(3, limit_s=0.2)
    got = together(lambda: first.exchange(1), lambda: second.exchange(1))
    assert "rank 0 waited 0 s for rank 2." in got[0]
    assert "waited" in got[1]
    for channel in channels:
        channel.close()


def test_strangers_are_not_let_in():
    listener = Listener("127.0.0.1", "secret")
    host, port = listener.address.split(":")

    def stranger():
        for hello in ({"token": "guess", "rank": 1}, ["no dictionary"]):
            with socket.create_connection((host, int(port))) as connection:
                send(connection, hello)
        return join(listener.address, "secret", 1, limit_s=20)

    main, other = together(lambda: listener.accept(2, limit_s=20), stranger)
    assert together(lambda: main.exchange("a"), lambda: other.exchange("b")) == [["a", "b"]] * 2
    main.close()
    other.close()


def test_nobody_comes():
    with pytest.raises(DistributedError, match=r"No word of rank \[1\] within 0 s"):
        Listener("127.0.0.1", "secret").accept(2, limit_s=0.1)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(DistributedError, match=f"Rank 1 cannot reach rank 0 at {address}"):
            join(address, "", 1, limit_s=0.1)


def test_message_by_hand():
    left, right = socket.socketpair()
    send(left, {"a": 1})
    assert right.recv(100) == b"\0\0\0\0\0\0\0\x08" + b'{"a": 1}'
    left.close()
    with pytest.raises(ConnectionError, match="closed"):
        receive(right)
    right.close()


def test_one_rank_alone_has_nobody_to_wait_for():
    assert Channel(0, {}, limit_s=1).exchange(5) == [5]
