"""Names that say that what they name is a secret."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["names_secret"]

_CREDENTIAL: Final = (
    r"(?i)(?:^|[-_.])(?:authorization|auth|cookie|password|passwd|pwd|secret|api-?_?key|access-?_?key|token|credentials?|session"
    r"|jwt|bearer|pin|otp)(?:$|[-_.])"
)
_HARMLESS: Final = r"(?i)(?:page|next|prev|previous|continuation|cursor|idempotency|sync|csrf|xsrf)[-_.]?token|token[-_.]?type"
_CAMEL: Final = r"(?<=[a-z0-9])(?=[A-Z])"


def names_secret(name: str) -> bool:
    """Whether a header, parameter or property is called after a credential: `X-Api-Key`, `accessToken`, `password`."""
    words = re.sub(_CAMEL, "_", name)
    return re.search(_CREDENTIAL, words) is not None and re.search(_HARMLESS, words) is None
