"""The security headers of every answer, and those in which the desk's pages differ."""

CONTENT_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
}


def content_policy(**changes: str) -> str:
    """Return a Content-Security-Policy: the service's own, with changes.

    Parameters
    ----------
    **changes
        By directive, with underscores for hyphens: ``form_action="'self'"``.
    """
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in (CONTENT_POLICY | changed).items())


SECURITY_HEADERS = {
    "Content-Security-Policy": content_policy(),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
DESK_HEADERS = {
    # Pages with forms, and with scripts that ask nobody.
    "Content-Security-Policy": content_policy(
        connect_src="'none'", form_action="'self'", trusted_types="'none'"
    ),
    # Addresses carry what somebody searched for.
    "Referrer-Policy": "same-origin",
}
"""Those in which the desk's pages differ; they have the others too."""
