"""The block that tells a person where everything is."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Login:
    role: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo made: logins of every role and a ready API key (empty when there is none)."""

    logins: tuple[Login, ...]
    api_key: str


def banner(address: str, demo: Demo | None, *, seconds: float) -> str:
    """Addresses, logins and a call to copy. `seconds` is how long the start took."""
    lines = ["", f"  Tadwin is ready ({seconds:.1f} s)", ""]
    lines += _table([("Open", f"{address}/"), ("Admin", f"{address}/admin/"), ("API", f"{address}/api/docs")])
    if demo is not None:
        lines += ["", "  Demo logins", *_logins(demo.logins)]
        if demo.api_key:
            call = f'curl -H "Authorization: Bearer {demo.api_key}" {address}/api/v1/jobs'
            lines += ["", "  API key", f"    {demo.api_key}", f"    {call}"]
    return "\n".join([*lines, "", "  Stop with Ctrl-C; everything stays in var/.", ""])


def _logins(logins: Sequence[Login]) -> list[str]:
    """A password that all share is shown once."""
    passwords = {login.password for login in logins}
    if len(passwords) == 1:
        return _table([*((login.role, login.email) for login in logins), ("password", logins[0].password)])
    return _table([(login.role, f"{login.email}  {login.password}") for login in logins])


def _table(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in rows), default=0)
    return [f"    {name:<{width}}  {value}" for name, value in rows]
