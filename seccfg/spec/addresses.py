"""Addresses and networks as text. No zones, no brackets, no leading zeros: one spelling, one meaning."""

from __future__ import annotations


def parse_ip(text: str) -> tuple[int, int]:
    """`"10.0.0.1"` -> (4, 167772161). The bare textual forms only: no zone, no brackets, no leading zeros."""
    if ":" not in text:
        parts = text.split(".")
        if len(parts) != 4 or not all(_is_octet(part) for part in parts):
            raise ValueError("is not an IP address")
        return 4, int.from_bytes(bytes(int(part) for part in parts), "big")
    return 6, _ipv6(text)


def parse_cidr(text: str) -> tuple[int, int, int]:
    """`"10.0.0.0/8"` -> (4, 167772160, 8). ValueError also when bits are set after the prefix."""
    address, slash, length = text.partition("/")
    if (
        not slash
        or not length.isascii()
        or not length.isdigit()
        or len(length) > 3
        or (length[0] == "0" and length != "0")
    ):
        raise ValueError("is not a network: write an address, `/` and a prefix length, such as `10.0.0.0/8`")
    family, number = parse_ip(address)
    width, bits = (32 if family == 4 else 128), int(length)
    if bits > width:
        raise ValueError(f"has a prefix length above {width}")
    if number & ((1 << (width - bits)) - 1):
        raise ValueError("has bits set after its prefix")
    return family, number, bits


def _is_octet(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) <= 3 and int(part) <= 255 and (part == "0" or part[0] != "0")


def _ipv6(text: str) -> int:
    head, gap, tail = text.partition("::")
    if gap and "::" in tail:
        raise ValueError("is not an IP address")
    left = _groups(head, last=not gap)
    right = _groups(tail, last=True) if gap else []
    missing = 8 - len(left) - len(right)
    if missing < (1 if gap else 0) or (not gap and missing):
        raise ValueError("is not an IP address")
    number = 0
    for group in [*left, *[0] * missing, *right]:
        number = number << 16 | group
    return number


def _groups(text: str, *, last: bool) -> list[int]:
    """The 16-bit groups of one side of `::`; a dotted IPv4 tail counts as two, only at the end of the address."""
    if not text:
        return []
    groups: list[int] = []
    parts = text.split(":")
    for index, part in enumerate(parts):
        if last and index == len(parts) - 1 and "." in part:
            number = parse_ip(part)[1]
            groups += [number >> 16, number & 0xFFFF]
        elif 1 <= len(part) <= 4 and part.isascii() and all(digit in "0123456789abcdefABCDEF" for digit in part):
            groups.append(int(part, 16))
        else:
            raise ValueError("is not an IP address")
    return groups
