"""Bodies of Kong's own errors, as its templates write them: the form the client accepts."""

from __future__ import annotations

from typing import Final

__all__ = ["REQUEST_ID", "MESSAGES", "error_body", "server_page"]

REQUEST_ID: Final = "<request_id>"
MESSAGES: Final = {
    400: "Bad request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found", 405: "Method not allowed", 408: "Request timeout",
    411: "Length required", 412: "Precondition failed", 413: "Payload too large", 414: "URI too long",
    417: "Expectation failed", 426: "Upgrade required", 429: "Too many requests", 431: "Request header or cookie too large",
    494: "Request header or cookie too large", 500: "An unexpected error occurred",
    502: "An invalid response was received from the upstream server",
    503: "The upstream server is currently unavailable", 504: "The upstream server is timing out",
}  # fmt: skip
_JSON: Final = '{{\n  "message":"{message}",\n  "request_id":"{ident}"\n}}'


_TITLES: Final = {
    301: "Moved Permanently", 302: "Found", 307: "Temporary Redirect", 308: "Permanent Redirect", 403: "Forbidden",
}  # fmt: skip


def server_page(status: int) -> bytes:
    """What nginx writes where nobody gives a body."""
    title = f"{status} {_TITLES.get(status, '')}".strip()
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx"
        "</center>\r\n</body>\r\n</html>\r\n"
    ).encode()


def error_body(status: int, message: str | None, accept: bytes) -> tuple[bytes, str]:
    """Body and content type."""
    text = message if message is not None else MESSAGES.get(status, "The upstream server responded with " + str(status))
    kind = _wanted(accept.decode("latin-1"))
    if kind == "html":
        body = (
            f"<!doctype html>\n<html>\n  <head>\n    <meta charset=\"utf-8\">\n    <title>Error</title>\n  </head>\n  <body>\n"
            f"    <h1>Error</h1>\n    <p>{text}.</p>\n    <p>request_id: {REQUEST_ID}</p>\n  </body>\n</html>\n"
        )
        return body.encode(), "text/html; charset=utf-8"
    if kind == "xml":
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<error>\n  <message>{text}</message>\n  <requestid>{REQUEST_ID}'
            "</requestid>\n</error>"
        )
        return body.encode(), "application/xml; charset=utf-8"
    if kind == "plain":
        return f"{text}\nrequest_id: {REQUEST_ID}\n".encode(), "text/plain; charset=utf-8"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return _JSON.format(message=escaped, ident=REQUEST_ID).encode(), "application/json; charset=utf-8"


def _wanted(accept: str) -> str:
    best, weight = "json", -1.0
    for part in accept.split(","):
        name, _, rest = part.strip().partition(";")
        kind = {
            "application/json": "json", "text/html": "html", "application/xml": "xml", "text/plain": "plain",
            "application/*": "json", "text/*": "html", "*/*": "json",
        }.get(name.strip().lower())  # fmt: skip
        quality = 1.0
        for parameter in rest.split(";"):
            key, _, value = parameter.strip().partition("=")
            if key == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        if kind and quality > weight:
            best, weight = kind, quality
    return best
