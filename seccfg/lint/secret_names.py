"""Names that say that what they name is a secret."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["names_secret"]

_SECRET: Final = re.compile(
    r"(?:^|[-_.])(?:authorization|auth|cookie|password|passwd|pwd|secret|api-?_?key|access-?_?key|token|credentials?|session"
    r"|jwt|bearer|pin|otp)(?:$|[-_.])",
    re.IGNORECASE,
)
_HARMLESS: Final = re.compile(
    r"(?:page|next|prev|previous|continuation|cursor|idempotency|sync|csrf|xsrf)[-_.]?token|token[-_.]?type",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def names_secret(name: str) -> bool:
    """Whether a header, parameter or property is called after a credential: `X-Api-Key`, `accessToken`, `password`."""
    words = _CAMEL.sub("_", name)
    return _SECRET.search(words) is not None and _HARMLESS.search(words) is None
