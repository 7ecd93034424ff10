"""Use an installed signtraker: import every module, order a sign in the sandbox, run the command.

Run by scripts/release in an environment that has only the package, with its extras or (`--plain`) with none.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import signtraker


def import_everything(missing: set[str]) -> int:
    """Import every module, and read every public name; return how many names there are.

    Names that need one of the packages in `missing` may be absent.
    """
    modules = ["signtraker"]
    modules += [found.name for found in pkgutil.walk_packages(signtraker.__path__, "signtraker.")]
    count = 0
    for name in modules:
        if name.endswith("__main__"):
            continue
        try:
            module = importlib.import_module(name)
            count += sum(getattr(module, public) is not None for public in getattr(module, "__all__", ()))
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in missing:
                raise
    return count


def order_a_sign() -> None:
    """Create an order in the sandbox over HTTP, and read it with both clients."""
    from signtraker import Q, SignTrakerClient  # noqa: PLC0415 - as an application does
    from signtraker.aio import AsyncSignTrakerClient  # noqa: PLC0415 - as above
    from signtraker.sandbox import Sandbox  # noqa: PLC0415 - as above

    async def read(url: str, key: str, order_id: int) -> object:
        async with AsyncSignTrakerClient(key, url) as client:
            return await client.orders.get_order(order_id)

    with Sandbox(orders=10) as sandbox, SignTrakerClient(sandbox.api_key, sandbox.url) as client:
        created = client.orders.create_order(agent_id=1, preset_id=1, street_name="Main St")
        if created.order_id is None:
            sys.exit(f"The sandbox gave no order: {created}")
        [order] = client.orders.list_orders(filter=Q.id == created.order_id)
        if asyncio.run(read(sandbox.url, sandbox.api_key, order.id)) != order:
            sys.exit("The async client read another order than the sync one.")


def run_commands(*commands: list[str]) -> None:
    """Run commands that must print something and succeed."""
    for command in commands:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode or not run.stdout.strip():
            sys.exit(f"{' '.join(command)} ended with {run.returncode}: {run.stdout}{run.stderr}")


def check_without_extras() -> None:
    """Make a request, and see that what needs an extra names it."""
    signtraker.CreateOrderRequest(agent_id=1, preset_id=1)
    signtraker.SignTrakerClient("key", "http://127.0.0.1:9").close()
    for code, extra in (
        ("from signtraker.sandbox import Sandbox", "signtraker[sandbox]"),
        (
            "import sys; from signtraker.cli import main; sys.exit(main(['orders', 'list']))",
            "signtraker[cli]",
        ),
    ):
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        if run.returncode == 0 or extra not in run.stderr:
            sys.exit(f"{code!r} doesn't say that it needs {extra}: {run.returncode} {run.stderr}")


def main() -> None:
    """Run the program, and print one line about it."""
    home = Path(signtraker.__file__).resolve().parent
    if not home.is_relative_to(Path(sys.prefix).resolve()):
        sys.exit(f"This is the signtraker of {home}, not an installed one.")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plain", action="store_true", help="no extra is installed")
    parser.add_argument("--missing", nargs="*", default=[], help="packages that are not installed")
    options = parser.parse_args()
    if options.plain:
        check_without_extras()
        names = "without extras"
    else:
        names = f"{import_everything(set(options.missing))} public names"
        order_a_sign()
        command = Path(sys.executable).with_name("signtraker.exe" if os.name == "nt" else "signtraker")
        run_commands(
            [str(command), "--help"],
            [sys.executable, "-m", "signtraker", "--version"],
            [sys.executable, "-m", "signtraker.sandbox", "--help"],
        )
    print(f"signtraker {signtraker.__version__} on {sys.version.split()[0]}: {names}")


if __name__ == "__main__":
    main()
