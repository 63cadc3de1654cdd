"""The security headers: one list, from which the desk's pages differ where they must."""

from moderation.service.security import DESK_HEADERS, SECURITY_HEADERS, content_policy

OWN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)


def test_the_services_pages_load_nothing_from_elsewhere_and_are_framed_by_nobody() -> None:
    assert SECURITY_HEADERS["Content-Security-Policy"] == OWN


def test_the_desks_pages_have_forms_and_scripts_that_ask_nobody_else() -> None:
    policy = DESK_HEADERS["Content-Security-Policy"]
    assert policy == (
        OWN.replace("form-action 'none'", "form-action 'self'") + "; trusted-types 'none'"
    )
    assert DESK_HEADERS.keys() <= SECURITY_HEADERS.keys()


def test_a_change_of_the_policy_leaves_the_rest() -> None:
    assert content_policy(img_src="data:") == OWN.replace("img-src 'self'", "img-src data:")
