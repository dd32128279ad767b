"""Key sets: what is taken, how they stay fresh, and that everything doubtful ends in no keys."""

from __future__ import annotations

import json
import ssl
import time
from pathlib import Path

import pytest
from joserfc.jwk import OctKey, OKPKey, RSAKey

from seccfg_runtime.runtime.jwks import (
    KeyRefresher,
    KeySource,
    KeysUnavailable,
    file_reader,
    https_reader,
)
from seccfg_runtime.runtime.keyset import MAX_BYTES, MAX_KEYS, KeySetError, parse_key_set

ES = ("ES256",)


def test_public_signature_keys_are_found_by_kid(key_maker):
    """Each usable key is there under its kid, with the algorithms that fit it."""
    keys = parse_key_set(key_maker.document("a", "b"), ES)
    assert sorted(keys) == ["a", "b"]
    assert keys["a"].algorithms == {"ES256"}


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_private_member_refuses_the_whole_set(key_maker, member):
    """One leaked private member makes the set unusable, even beside good keys."""
    entries = key_maker.entries("a", "b")
    entries[1][member] = "AQAB"
    with pytest.raises(KeySetError, match="private"):
        parse_key_set(json.dumps({"keys": entries}).encode(), ES)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"use": "enc"}, "for encryption"),
        ({"use": 1}, "use is no text"),
        ({"key_ops": ["encrypt"]}, "no verify operation"),
        ({"key_ops": "verify"}, "operations are no list"),
        ({"alg": "ES384"}, "another algorithm"),
        ({"alg": None}, "null is no missing algorithm"),
        ({"alg": ["ES256"]}, "algorithm is no text"),
        ({"kid": ""}, "empty kid"),
        ({"kid": 7}, "kid is no text"),
        ({"crv": "P-384"}, "coordinates of another curve"),
        ({"x": "!!"}, "no coordinate"),
        ({"kty": "RSA"}, "no RSA members"),
        ({"kty": "AKP"}, "unknown type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_key_that_does_not_fit_is_left_out(key_maker, change, why):
    """Keys that are malformed or for something else do not spoil the good ones and are not used."""
    entries = key_maker.entries("good", "odd")
    entries[1].update({name: value for name, value in change.items() if value is not None})
    if "alg" in change and change["alg"] is None:
        entries[1]["alg"] = ""
    assert sorted(parse_key_set(json.dumps({"keys": entries}).encode(), ES)) == ["good"]


def test_short_rsa_keys_fit_no_algorithm(key_maker):
    """RSA below 2048 bits verifies nothing."""
    with pytest.warns(match=".*"):
        short = RSAKey.generate_key(1024, {"kid": "short"}).as_dict(private=False)
    document = json.dumps({"keys": [short, *key_maker.entries("a")]}).encode()
    assert sorted(parse_key_set(document, ("RS256", "ES256"))) == ["a"]


def test_rsa_and_edwards_keys_take_their_own_algorithms():
    """A key carries only algorithms of its type that the policy allows."""
    rsa = RSAKey.generate_key(2048, {"kid": "r"}).as_dict(private=False)
    edwards = OKPKey.generate_key("Ed25519", {"kid": "e"}).as_dict(private=False)
    exchange = OKPKey.generate_key("X25519", {"kid": "x"}).as_dict(private=False)
    keys = parse_key_set(json.dumps({"keys": [rsa, edwards, exchange]}).encode(), ("RS256", "PS512", "EdDSA"))
    assert {kid: key.algorithms for kid, key in keys.items()} == {"r": {"RS256", "PS512"}, "e": {"EdDSA"}}


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": [1]}', b'{"keys": []}', b"\xff", b"[" * 100_000, b'{"keys": null}'],
    ids=["empty", "list", "no keys", "object", "number", "none", "no text", "deep", "null"],
)
def test_what_is_no_key_set_is_refused(document):
    """Anything else ends in one error, never in an empty set."""
    with pytest.raises(KeySetError):
        parse_key_set(document, ES)


def test_a_kid_named_twice_is_refused(key_maker):
    """Which of two keys a token means must never depend on order."""
    entries = [*key_maker.entries("a"), {**key_maker.entries("b")[0], "kid": "a"}]
    with pytest.raises(KeySetError, match="share"):
        parse_key_set(json.dumps({"keys": entries}).encode(), ES)


def test_symmetric_keys_are_refused():
    """A published symmetric key is a leaked secret."""
    document = json.dumps({"keys": [OctKey.generate_key(256, {"kid": "o"}).as_dict(private=True)]}).encode()
    with pytest.raises(KeySetError, match="private"):
        parse_key_set(document, ("ES256",))


def test_sizes_are_limited(key_maker):
    """A set that is too long in bytes or keys is refused before it is used."""
    entry = key_maker.entries("a")[0]
    with pytest.raises(KeySetError, match="keys"):
        parse_key_set(json.dumps({"keys": [{**entry, "kid": str(n)} for n in range(MAX_KEYS + 1)]}).encode(), ES)
    with pytest.raises(KeySetError, match="bytes"):
        parse_key_set(b" " * (MAX_BYTES + 1), ES)


class Clock:
    """A monotonic clock that stands still until told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Shelf:
    """A place key sets are read from."""

    def __init__(self, document: bytes) -> None:
        self.document: bytes | OSError = document
        self.reads = 0

    def __call__(self) -> bytes:
        self.reads += 1
        if isinstance(self.document, OSError):
            raise self.document
        return self.document


def source(clock: Clock, read: Shelf | None, embedded: bytes = b"") -> KeySource:
    return KeySource(
        "staff", algorithms=ES, embedded=embedded, read=read, refresh_s=600, max_stale_s=3600, monotonic=clock
    )


def test_an_embedded_set_alone_never_goes_stale(key_maker):
    """Keys that were built in and are read from nowhere hold as long as the process."""
    clock = Clock()
    keys = source(clock, None, key_maker.document("a"))
    clock.now += 10**9
    assert keys.key("a") is not None
    assert keys.key("b") is None
    assert keys.due_in() is None


def test_neither_set_nor_place_is_an_error():
    """A source that can never have keys does not start."""
    with pytest.raises(KeySetError):
        source(Clock(), None)


def test_without_a_first_read_there_are_no_keys(key_maker):
    """Before the first read a token cannot be judged: unavailable, not refused."""
    keys = source(Clock(), Shelf(key_maker.document("a")))
    with pytest.raises(KeysUnavailable):
        keys.key("a")
    assert keys.refresh()
    assert keys.key("a") is not None


def test_keys_are_used_until_max_stale_and_not_longer(key_maker):
    """An unreachable issuer is bridged for `max_stale`, then nothing is trusted any more."""
    clock, shelf = Clock(), Shelf(key_maker.document("a"))
    keys = source(clock, shelf)
    keys.refresh()
    shelf.document = OSError("down")
    clock.now += 3599.9
    assert not keys.refresh()
    assert keys.key("a") is not None
    clock.now += 0.1
    with pytest.raises(KeysUnavailable):
        keys.key("a")
    shelf.document = key_maker.document("a")
    assert keys.refresh()
    assert keys.key("a") is not None


def test_an_embedded_set_bridges_the_start(key_maker):
    """With both, the built-in keys serve until the first read, at most `max_stale` long."""
    clock = Clock()
    keys = source(clock, Shelf(key_maker.document("b")), key_maker.document("a"))
    assert keys.key("a") is not None
    clock.now += 3600
    with pytest.raises(KeysUnavailable):
        keys.key("a")


def test_a_bad_set_leaves_the_good_one_in_place(key_maker):
    """An issuer that serves nonsense is treated like one that is down."""
    clock, shelf = Clock(), Shelf(key_maker.document("a"))
    keys = source(clock, shelf)
    keys.refresh()
    private = json.dumps({"keys": [key_maker.private("p").as_dict(private=True)]}).encode()
    for nonsense in (b"", b'{"keys": []}', b" " * (MAX_BYTES + 1), private):
        shelf.document = nonsense
        assert not keys.refresh()
        assert keys.key("a") is not None
        assert keys.key("p") is None


def test_a_key_that_stays_is_the_same_object_and_a_withdrawn_one_is_gone(key_maker):
    """Rotation adds and removes keys without touching those that stay."""
    clock, shelf = Clock(), Shelf(key_maker.document("a", "b"))
    keys = source(clock, shelf)
    keys.refresh()
    stays = keys.key("b")
    shelf.document = key_maker.document("b", "c")
    keys.refresh()
    assert keys.key("b") is stays
    assert keys.key("a") is None
    assert keys.key("c") is not None


def test_an_unknown_kid_asks_for_another_read_at_most_every_30_seconds(key_maker):
    """A rotated key is picked up early, and made-up kids cannot make us hammer the issuer."""
    clock, shelf = Clock(), Shelf(key_maker.document("a"))
    keys = source(clock, shelf)
    woken = []
    keys.notify(lambda: woken.append(clock.now))
    keys.refresh()
    keys.key("new")
    assert woken == []
    clock.now += 30
    for _ in range(100):
        assert keys.key("new") is None
    assert woken == [1030.0]
    assert keys.due_in() == 0.0
    shelf.document = key_maker.document("new")
    keys.refresh()
    assert keys.key("new") is not None


def test_the_next_read_is_planned(key_maker):
    """After a good read in `refresh`, after a failed one soon."""
    clock, shelf = Clock(), Shelf(key_maker.document("a"))
    keys = source(clock, shelf)
    assert keys.due_in() == 0.0
    keys.refresh()
    assert keys.due_in() == 600
    shelf.document = OSError("down")
    keys.refresh()
    assert keys.due_in() == 15


def until(holds, deadline_s: float = 10.0) -> bool:
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.005)
    return False


def test_the_refresher_reads_in_the_background_and_on_demand(key_maker):
    """The first read happens by itself; an unknown kid wakes the thread."""
    clock, shelf = Clock(), Shelf(key_maker.document("a"))
    keys = source(clock, shelf)
    refresher = KeyRefresher([keys])
    refresher.start()
    try:
        assert until(keys.fresh)
        shelf.document = key_maker.document("a", "new")
        clock.now += 31
        assert keys.key("new") is None
        assert until(lambda: keys.key("new") is not None)
    finally:
        refresher.stop()
    assert shelf.reads == 2


def test_a_refresher_without_anything_to_read_starts_no_thread(key_maker):
    """Built-in key sets cost no thread."""
    refresher = KeyRefresher([source(Clock(), None, key_maker.document("a"))])
    assert refresher.running
    assert refresher.load() == ()


def test_key_sets_come_over_https(key_server, trust, key_maker):
    """A set served over verified https is read."""
    key_server.body = key_maker.document("a")
    assert https_reader(key_server.url, trust)() == key_server.body


@pytest.mark.parametrize("status", [301, 302, 307, 404, 500, 204])
def test_only_a_plain_200_is_taken(key_server, trust, key_maker, status):
    """Redirects are not followed, to any scheme; errors are errors."""
    key_server.status, key_server.headers = status, (("Location", "http://127.0.0.1:1/jwks.json"),)
    key_server.body = b"" if status == 204 else key_maker.document("a")
    with pytest.raises(KeySetError, match=str(status)):
        https_reader(key_server.url, trust)()
    assert key_server.asked == 1


def test_an_oversized_answer_is_cut_off(key_server, trust):
    """However long it claims or turns out to be."""
    key_server.body = b" " * (MAX_BYTES + 10_000)
    with pytest.raises(KeySetError, match="larger"):
        https_reader(key_server.url, trust)()


def test_a_cut_off_answer_is_no_key_set(key_server, trust, key_maker):
    """A length that is not met is an error."""
    key_server.body = key_maker.document("a")
    key_server.headers = (("Content-Length", str(len(key_server.body) + 10)),)
    keys = KeySource("staff", algorithms=ES, read=https_reader(key_server.url, trust))
    assert not keys.refresh()


def test_compressed_answers_are_refused(key_server, trust, key_maker):
    """No decompression, so no decompression bombs."""
    key_server.body, key_server.headers = key_maker.document("a"), (("Content-Encoding", "gzip"),)
    with pytest.raises(KeySetError, match="encoding"):
        https_reader(key_server.url, trust)()


def test_an_issuer_nobody_trusts_gives_no_keys(key_server, key_maker):
    """The certificate is verified against the system's authorities unless others are named."""
    key_server.body = key_maker.document("a")
    keys = KeySource("staff", algorithms=ES, read=https_reader(key_server.url))
    assert not keys.refresh()
    with pytest.raises(KeysUnavailable):
        keys.key("a")


@pytest.mark.parametrize(
    "url",
    ["http://id.example.com/jwks", "file:///etc/passwd", "https://", "https://user:pw@id.example.com/", "ftp://x/", "jwks.json"],
)
def test_other_urls_are_refused(url):
    """https with a host, nothing else."""
    with pytest.raises(KeySetError):
        https_reader(url)


def test_an_unverifying_context_is_refused(key_server):
    """Not even code can switch certificate checks off."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with pytest.raises(KeySetError, match="verifies"):
        https_reader(key_server.url, context)


def test_key_set_files_are_limited_too(tmp_path: Path, key_maker):
    """A file is read up to the same bound."""
    file = tmp_path / "jwks.json"
    file.write_bytes(key_maker.document("a"))
    assert file_reader(str(file))() == key_maker.document("a")
    file.write_bytes(b" " * (MAX_BYTES + 1))
    with pytest.raises(KeySetError):
        file_reader(str(file))()
