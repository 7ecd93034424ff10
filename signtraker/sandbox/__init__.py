"""A server that behaves like SignTraker: real HTTP on loopback, a real database, no account.

    from signtraker.sandbox import Sandbox

    with Sandbox(seed=1) as sandbox:
        print(sandbox.client.orders.list_orders(top=3))

Needs the extra: `pip install "signtraker[sandbox]"`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Clock",
    "Fault",
    "Faults",
    "LedgerEntry",
    "ReceivedRequest",
    "Sandbox",
    "SandboxError",
]

if TYPE_CHECKING:
    from signtraker.sandbox.clock import Clock as Clock
    from signtraker.sandbox.data.ledger import LedgerEntry as LedgerEntry
    from signtraker.sandbox.faults.fault import Fault as Fault
    from signtraker.sandbox.faults.fault import Faults as Faults
    from signtraker.sandbox.sandbox import Sandbox as Sandbox
    from signtraker.sandbox.serving.gate import ReceivedRequest as ReceivedRequest
    from signtraker.sandbox.settings import SandboxError as SandboxError
else:
    from importlib import import_module

    from signtraker._common.extras import missing_extra
    from signtraker._core.collector import collector_paused

    _HOMES = {
        "Clock": "clock",
        "Fault": "faults.fault",
        "Faults": "faults.fault",
        "LedgerEntry": "data.ledger",
        "ReceivedRequest": "serving.gate",
        "Sandbox": "sandbox",
        "SandboxError": "settings",
    }
    _EXTRA = {"fastapi", "sqlalchemy", "starlette", "uvicorn"}

    def __getattr__(name: str) -> object:
        """Load a name on first use, so that the package itself costs nothing."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            # It makes a hundred thousand objects that stay; to visit them takes a tenth of the time.
            with collector_paused():
                module = import_module(f"{__name__}.{_HOMES[name]}")
        except ModuleNotFoundError as error:
            if error.name not in _EXTRA:
                raise
            raise ModuleNotFoundError(
                missing_extra("The sandbox", str(error.name), "sandbox"),
                name=error.name,
            ) from error
        return getattr(module, name)

    def __dir__() -> list[str]:
        return __all__
