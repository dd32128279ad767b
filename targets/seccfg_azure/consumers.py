"""Who holds a key, as products and subscriptions: one product for each method that takes keys, one subscription for each record.

They are the register an instance keeps of its consumers: who they are, whom to tell, what to hand over to. They decide
nothing, and open nothing: a product asks for a subscription, and the API's own subscription keys travel under names nobody
sends. Which key is good is decided by its record's hash, since a subscription key has no times, roles or addresses.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from seccfg.ir.policy import KeyRecord, KeyVerifier
from seccfg.record import Record
from seccfg_azure.plan import AzurePlan

__all__ = ["Product", "Subscription", "products"]

Json = Mapping[str, object]


class Subscription(Record):
    """One holder of a key."""

    id: str
    properties: Json


class Product(Record):
    """One method that takes keys, and who holds one."""

    id: str
    properties: Json
    subscriptions: tuple[Subscription, ...]


def products(plan: AzurePlan) -> Iterator[Product]:
    """A product for every method that some key could be good for."""
    for method in plan.program.methods:
        verifier = method.verifier
        if not isinstance(verifier, KeyVerifier) or not (method.records or verifier.store.env):
            continue
        ident = f"seccfg-{plan.name}-{method.name}"[:256]
        title = f"{plan.evidence.title or plan.name}: {method.name}"
        properties = {
            "displayName": title[:300], "description": f"Holders of keys of {method.name}. Decides nothing: see APPLY.md."[:1000],
            "subscriptionRequired": True, "approvalRequired": True, "state": "notPublished",
        }  # fmt: skip
        held = tuple(_subscription(ident, record) for record in method.records)
        yield Product(ident, properties, held)


def _subscription(product: str, record: KeyRecord) -> Subscription:
    digest = hashlib.sha256(record.id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", record.id).strip("-")[:48] or "key"
    name = f"{record.id} ({record.subject})" if record.subject else record.id
    properties = {
        "displayName": name[:100], "scope": f"/products/{product}", "state": "active", "allowTracing": False,
    }  # fmt: skip
    return Subscription(f"{product[:190]}-{plain}-{digest}", properties)
