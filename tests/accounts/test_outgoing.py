"""Requests go where a client says only if that is on the public internet, and never wait for long."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts import outgoing
from accounts.outgoing import AddressRefused, NotSent, address, post
from tests.accounts.receiving import receiver


def send(url: str, *, loopback: bool = True) -> int:
    return post(url, body=b"{}", headers={"Content-Type": "application/json"}, loopback=loopback)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "ftp://example.org/hook",
        "//example.org/hook",
        "https:///hook",
        "https://",
        "hook",
        "",
        "https://somebody:secret@example.org/",
        "https://example.org\\@example.com/",
        "https://example.org/#part",
        "https://bücher.example/",
        "https://example.org/a b",
        "https://exa\nmple.org/",
        "https://example.org/\x00",
        "https://example.org:port/",
        "https://example.org:0/",
        "https://example.org:70000/",
        "https://[::1/",
        "http://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
    ],
)
def test_what_is_no_public_address_is_refused_when_it_is_named(url: str) -> None:
    with pytest.raises(AddressRefused):
        address(url, loopback=False)


NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104  # refused, not listened on
    "10.1.2.3",
    "100.64.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.1.2.3",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2001::1",
    "2002:a9fe:a9fe::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("number", NOT_PUBLIC)
def test_addresses_of_private_networks_are_refused_however_they_are_written(number: str) -> None:
    host = f"[{number}]" if ip_address(number).version == 6 else number
    with pytest.raises(AddressRefused):
        address(f"https://{host}/hook", loopback=False)


@pytest.mark.parametrize("host", ["93.184.215.14", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", "example.org"])
def test_public_addresses_are_taken(host: str) -> None:
    there = address(f"https://{host}:8443/hook?a=b", loopback=False)
    assert (there.host, there.port, there.target) == (host.strip("[]"), 8443, "/hook?a=b")


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_names_of_this_machine_are_refused_when_they_are_resolved(host: str) -> None:
    with receiver() as there, pytest.raises(NotSent, match="not on the public internet"):
        send(there.url.replace("http:", "https:").replace("localhost", host), loopback=False)
    assert there.received == []


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """The name service says this, each time something else."""
    left = list(answers)

    def said(_host: str, port: int, **_rest: object) -> list[outgoing.Found]:
        found = left.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in found]

    monkeypatch.setattr(socket, "getaddrinfo", said)


@pytest.mark.parametrize("number", [number for number in NOT_PUBLIC if ":" not in number])
def test_a_public_name_for_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    resolving(monkeypatch, [number])
    with pytest.raises(NotSent, match="not on the public internet"):
        send("https://receiver.example/", loopback=False)


def test_a_name_that_stands_for_public_and_private_addresses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["93.184.215.14", "10.1.2.3"])
    with pytest.raises(NotSent, match="not on the public internet"):
        send("https://receiver.example/", loopback=False)


def test_without_encryption_only_this_machine_is_reached_even_where_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolving(monkeypatch, ["93.184.215.14"])
    with pytest.raises(NotSent, match="not on the public internet"):
        send("http://localhost/")


def test_the_address_that_was_looked_at_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name service that gives another answer the next time (DNS rebinding) is not asked a next time."""
    with receiver() as there:
        resolving(monkeypatch, ["127.0.0.1"], ["10.1.2.3"])
        assert send(there.url) == 204
    assert there.received[0].headers["host"] == there.url.split("/")[2]


def test_the_next_address_is_tried_when_one_takes_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as there:
        resolving(monkeypatch, ["127.99.99.99", "127.0.0.1"])
        assert send(there.url) == 204


def test_a_redirect_is_not_followed() -> None:
    with receiver() as there, receiver() as elsewhere:
        there.status, there.headers = 307, {"Location": elsewhere.url}
        assert send(there.url) == 307
    assert elsewhere.received == []


def test_nobody_there_is_said_in_words() -> None:
    with receiver() as gone:
        pass
    with pytest.raises(NotSent, match="refused"):
        send(gone.url)
    with pytest.raises(NotSent):
        send("https://no-such-name.invalid/")


@contextmanager
def slow(every: float, text: bytes) -> Iterator[str]:
    """A server that says one byte of this now and then."""
    stop = Event()

    def serve() -> None:
        caller, _where = server.accept()
        with caller:
            for number in text:
                if stop.wait(every):
                    break
                try:
                    caller.send(bytes([number]))
                except OSError:
                    break

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://localhost:{server.getsockname()[1]}/"
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize(("every", "text"), [(60, b""), (60, b"H"), (0.05, b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 90)])
def test_a_receiver_who_is_silent_or_slow_is_left_after_a_while(
    monkeypatch: pytest.MonkeyPatch, every: float, text: bytes
) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.3)
    with slow(every, text or b"H") as url:
        before = monotonic()
        with pytest.raises(NotSent, match=r"No answer within 0\.3 seconds"):
            send(url)
        assert monotonic() - before < 2


@pytest.mark.parametrize("answer", [b"What?\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b""])
def test_what_is_no_answer_counts_as_none(answer: bytes) -> None:
    with slow(0, answer) as url, pytest.raises(NotSent):
        send(url)


def certificate(directory: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's context for this name, and the file by which others trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public, private = directory / f"{name}.pem", directory / f"{name}.key"
    public.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


@pytest.fixture
def fresh_trust() -> Iterator[None]:
    outgoing._context.cache_clear()
    yield
    outgoing._context.cache_clear()


@pytest.mark.usefixtures("fresh_trust")
def test_a_receiver_is_asked_who_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine, trusted = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with receiver(mine) as there:
        assert send(there.url) == 204
        with pytest.raises(NotSent, match="certificate"):
            send(there.url.replace("localhost", "127.0.0.1"))
    assert len(there.received) == 1
    stranger, _unknown = certificate(tmp_path, "localhost")
    with receiver(stranger) as there, pytest.raises(NotSent, match="certificate"):
        send(there.url)
    assert there.received == []
