"""AUTH018."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import DeviceCode, Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="AUTH018",
    name="loose-device-flow",
    severity="warning",
    why=(
        "A user code is short enough to be typed, so it can be guessed: what protects it is a short life, few "
        "attempts and slow polling."
    ),
    fix="Set `interval` to at least `5s`, `code_lifetime` to at most `30m` and `user_code_attempts` to at most 10.",
    refs=("RFC8628:3.5", "RFC8628:5.1", "CWE-307"),
    needs=("clients.*.device",),
    bad=(
        "clients: {kiosk: {flow: device_code, tokens: users, client_id: kiosk, device_authorization_url: "
        "https://id.example.com/device, token_url: https://id.example.com/token, device: {code_lifetime: 2h}}}"
    ),
    good=(
        "clients: {kiosk: {flow: device_code, tokens: users, client_id: kiosk, device_authorization_url: "
        "https://id.example.com/device, token_url: https://id.example.com/token, device: {code_lifetime: 15m}}}"
    ),
)

_LEAST_INTERVAL_S = 5
_MOST_LIFETIME_S = 30 * 60
_MOST_ATTEMPTS = 10


@RULE.check
def user_codes_cannot_be_guessed(spec: Spec) -> Iterator[Hit]:
    for name, client in (spec.clients or {}).items():
        if not isinstance(client, DeviceCode) or client.device is None:
            continue
        at, device = ("clients", name, "device"), client.device
        if duration_s(device.interval) < _LEAST_INTERVAL_S:
            yield Hit((*at, "interval"), f"`{name}` polls every `{device.interval}`, more often than every `5s`")
        if duration_s(device.code_lifetime) > _MOST_LIFETIME_S:
            yield Hit((*at, "code_lifetime"), f"a code of `{name}` can be guessed at for `{device.code_lifetime}`")
        if device.user_code_attempts > _MOST_ATTEMPTS:
            yield Hit(
                (*at, "user_code_attempts"), f"a code of `{name}` may be guessed at {device.user_code_attempts} times"
            )
