"""Only what Coral signed is judged."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from moderation.service.security import BadSignature, check_signature, sign

secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=16, max_size=40)


def good(raw: bytes, header: str, *known: str) -> bool:
    try:
        check_signature(raw, header, [SecretStr(each) for each in known])
    except BadSignature:
        return False
    return True


def test_a_signature_is_the_hmac_that_coral_computes() -> None:
    # From RFC 4231, test case 2.
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign(b"what do ya want for nothing?", "Jefe") == f"sha256={digest}"


@settings(deadline=None)
@given(st.binary(), secrets)
def test_what_is_signed_passes(raw: bytes, secret: str) -> None:
    assert good(raw, sign(raw, secret), secret)


@settings(deadline=None)
@given(st.binary(), secrets, secrets)
def test_while_a_secret_is_replaced_either_is_good(raw: bytes, old: str, new: str) -> None:
    both = f"{sign(raw, old)},{sign(raw, new)}"
    for known in ((old,), (new,), (old, new), (new, old)):
        assert good(raw, both, *known)
    assert good(raw, sign(raw, old), new, old)
    assert good(raw, f"{sign(raw, old)} , {sign(raw, new)}", new)


@settings(deadline=None)
@given(st.binary(), secrets, secrets)
def test_another_secret_does_not_pass(raw: bytes, secret: str, other: str) -> None:
    assert good(raw, sign(raw, other), secret) is (secret == other)


@settings(deadline=None)
@given(st.binary(min_size=1), secrets, st.data())
def test_a_body_changed_in_one_bit_does_not_pass(
    raw: bytes, secret: str, data: st.DataObject
) -> None:
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    changed = bytearray(raw)
    changed[bit // 8] ^= 1 << bit % 8
    assert not good(bytes(changed), sign(raw, secret), secret)


@settings(deadline=None)
@given(st.binary(), secrets, st.data())
def test_a_signature_changed_in_one_digit_does_not_pass(
    raw: bytes, secret: str, data: st.DataObject
) -> None:
    header = sign(raw, secret)
    at = data.draw(st.integers(len("sha256="), len(header) - 1))
    digit = data.draw(st.sampled_from("0123456789abcdef").filter(lambda d: d != header[at]))
    assert not good(raw, header[:at] + digit + header[at + 1 :], secret)


@settings(deadline=None)
@given(st.binary(), st.text())
def test_no_header_whatever_passes_or_breaks(raw: bytes, header: str) -> None:
    assert not good(raw, header, "a secret that signed nothing")


@settings(deadline=None)
@given(st.binary())
def test_without_a_secret_nothing_passes(raw: bytes) -> None:
    assert not good(raw, sign(raw, ""))
    assert not good(raw, "")


@pytest.mark.parametrize(
    "form",
    ["{0}", "sha1={0}", "sha256:{0}", "sha256={0}0", "sha256= {0}", "SHA256={0}", "sha256={0};"],
)
def test_only_the_form_that_coral_sends_passes(form: str) -> None:
    digest = sign(b"body", "a secret of ours").removeprefix("sha256=")
    assert good(b"body", f"sha256={digest}", "a secret of ours")
    assert good(b"body", f"sha256={digest.upper()}", "a secret of ours")
    assert not good(b"body", form.format(digest), "a secret of ours")


def test_of_very_many_signatures_only_the_first_few_are_looked_at() -> None:
    header = ",".join([f"sha256={'0' * 64}"] * 100 + [sign(b"body", "a secret of ours")])
    assert not good(b"body", header, "a secret of ours")
