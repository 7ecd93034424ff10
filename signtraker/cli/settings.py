"""Find the settings of a command: options, environment variables, a profile. Pure, but for `load`."""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from signtraker._core.secret import ApiKey
from signtraker.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES: Final[dict[str, tuple[str, ...]]] = {
    "api_key": ("SIGNTRAKER_API_KEY", "SIGNTRACKER_API_KEY"),
    "base_url": ("SIGNTRAKER_BASE_URL",),
    "subdomain": ("SIGNTRAKER_SUBDOMAIN",),
    "odata_version": ("SIGNTRAKER_ODATA_VERSION",),
    "timeout_seconds": ("SIGNTRAKER_TIMEOUT_SECONDS",),
    "deadline_seconds": ("SIGNTRAKER_DEADLINE_SECONDS",),
    "max_retries": ("SIGNTRAKER_MAX_RETRIES",),
    "retry_backoff_seconds": ("SIGNTRAKER_RETRY_BACKOFF_SECONDS",),
}
"""The settings that a profile may hold, and their environment variables."""
_NUMBERS: Final = frozenset({"timeout_seconds", "deadline_seconds", "max_retries", "retry_backoff_seconds"})
_TENANT: Final = ("base_url", "subdomain")
CONFIG_VARIABLE: Final = "SIGNTRAKER_CONFIG"
PROFILE_VARIABLE: Final = "SIGNTRAKER_PROFILE"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting with its source, such as `the environment variable SIGNTRAKER_SUBDOMAIN`."""

    # Not in the repr: it may be the key.
    value: Any = field(repr=False)
    source: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that were found; what is missing has the SDK's default."""

    profile: str | None
    """The name of the profile, if one was used."""
    path: Path
    """The file of the profiles, whether it exists or not."""
    found: Mapping[str, Setting]
    overridden: tuple[str, ...] = ()
    """The environment variables that won over the profile that was asked for by name."""

    def for_client(self) -> dict[str, Any]:
        """Return the arguments of `SignTrakerClient`; it reads the environment's variables by itself."""
        variables = {one for names in VARIABLES.values() for one in names}
        return {name: one.value for name, one in self.found.items() if one.source not in variables}


def config_path(environ: Mapping[str, str]) -> Path:
    """Return the path of the file of profiles: in the platform's folder, or `SIGNTRAKER_CONFIG`."""
    if environ.get(CONFIG_VARIABLE):
        return Path(environ[CONFIG_VARIABLE])
    home = Path(environ.get("HOME") or Path.home())
    if sys.platform == "win32":
        folder = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        folder = home / "Library" / "Application Support"
    else:
        folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return folder / "signtraker" / "config.toml"


def load(environ: Mapping[str, str], options: Mapping[str, str | None], profile: str | None) -> Settings:
    """Read the file of profiles, if there is one, and resolve the settings.

    Raises `UsageError` for a file that can't be read, and for a profile that is not in it.
    """
    path = config_path(environ)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"The file of profiles {path} can't be read: {reason}.") from None
    if _has_key(text) and _readable_to_others(path):
        raise UsageError(f"The file of profiles {path} holds a key, and others may read it: chmod 600 it.")
    return resolve(environ, options, profile, path, text)


def resolve(
    environ: Mapping[str, str], options: Mapping[str, str | None], profile: str | None, path: Path, text: str
) -> Settings:
    """Resolve the settings from the options, the environment and the text of the file, in this order."""
    profiles, default = read_profiles(text, path)
    asked = profile or environ.get(PROFILE_VARIABLE) or None
    name = asked or default
    if name is not None and name not in profiles:
        known = f"it has {', '.join(profiles)}" if profiles else "it has none"
        near = get_close_matches(name, profiles, n=1)
        known = f"did you mean {near[0]}?" if near else f"{known}."
        raise UsageError(f"There is no profile {name!r} in {path}; {known}")
    own = profiles.get(name or "", {})
    found: dict[str, Setting] = {}
    overridden: list[str] = []
    by_source = [
        {key: Setting(value, f"--{key.replace('_', '-')}") for key, value in options.items() if value},
        {
            key: Setting(environ[one], one)
            for key, names in VARIABLES.items()
            for one in [next((one for one in names if environ.get(one)), "")]
            if one
        },
        {key: Setting(value, f"profile {name}") for key, value in own.items()},
    ]
    for values in by_source:
        has_tenant = any(key in found for key in _TENANT)
        for key, setting in values.items():
            # The tenant comes from one place: a subdomain of the environment hides a profile's base_url.
            hidden = key in found or (key in _TENANT and has_tenant)
            if not hidden:
                found[key] = setting
            elif asked and values is by_source[2]:
                winner = found.get(key) or next(found[one] for one in _TENANT if one in found)
                overridden += [winner.source] if not winner.source.startswith("--") else []
    if "base_url" in found:
        found.pop("subdomain", None)
    return Settings(name, path, found, tuple(dict.fromkeys(overridden)))


def read_profiles(text: str, path: Path) -> tuple[dict[str, dict[str, Any]], str | None]:
    """Return the profiles of a file by their names, and the name of the one to use by default."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The file of profiles {path} is no TOML: {error}.") from None
    for key in document.keys() - {"default", "profiles"}:
        raise UsageError(
            f"{path}: {key!r} is not known; the file has `default` and a table `[profiles.NAME]` for each."
        )
    default, tables = document.get("default"), document.get("profiles", {})
    if default is not None and not isinstance(default, str):
        raise UsageError(f"{path}: default must be the name of a profile.")
    if not isinstance(tables, dict):
        raise UsageError(f"{path}: profiles must be tables, such as [profiles.acme].")
    profiles = cast("dict[str, Any]", tables)
    for name, values in profiles.items():
        _check_profile(f"{path}: profile {name}", values)
        if "api_key" in values:
            values["api_key"] = ApiKey(values["api_key"])
    return profiles, default


def _check_profile(place: str, values: object) -> None:
    if not isinstance(values, dict):
        raise UsageError(f"{place} must be a table of settings.")
    for key, value in cast("dict[str, object]", values).items():
        if key not in VARIABLES:
            near = get_close_matches(key, VARIABLES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(VARIABLES)}."
            raise UsageError(f"{place}: {key!r} is no setting; {hint}")
        kind, word = ((int, float), "a number") if key in _NUMBERS else ((str,), "text in quotes")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise UsageError(f"{place}: {key} must be {word}.")


def _has_key(text: str) -> bool:
    return "api_key" in text


def _readable_to_others(path: Path) -> bool:
    # Windows keeps a user's folder from other users by itself.
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
