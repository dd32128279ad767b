"""AUTH017."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import DeviceCode, Spec

RULE = Rule(
    id="AUTH017",
    name="device-with-secret",
    severity="warning",
    why=(
        "The device flow is for devices in strangers' hands, where a secret is read out sooner or later; a "
        "server that can keep one has a browser beside it and needs no device flow."
    ),
    fix="Use `authorization_code` with PKCE for a web application; drop the `secret` of a device.",
    refs=("RFC8628:5.6", "RFC9700:2.1"),
    needs=("clients.*.flow=device_code",),
    bad=(
        "clients: {kiosk: {flow: device_code, tokens: users, client_id: kiosk, device_authorization_url: "
        "https://id.example.com/device, token_url: https://id.example.com/token, secret: {env: KIOSK_SECRET}}}"
    ),
    good=(
        "clients: {kiosk: {flow: device_code, tokens: users, client_id: kiosk, device_authorization_url: "
        "https://id.example.com/device, token_url: https://id.example.com/token}}"
    ),
)


@RULE.check
def devices_keep_no_secrets(spec: Spec) -> Iterator[Hit]:
    for name, client in (spec.clients or {}).items():
        if isinstance(client, DeviceCode) and client.secret is not None:
            yield Hit(("clients", name, "secret"), f"`{name}` uses the device flow and is given a secret", key=True)
