"""Find the packages. All other metadata is in pyproject.toml.

`signtraker/models` is a symlink to `models/`. `find_packages` misses it in a checkout without symlinks
(Git on Windows writes a text file instead), so it is added by name; `package-dir` says where it is.
"""

from setuptools import find_packages, setup

setup(packages=sorted({*find_packages(include=["signtraker", "signtraker.*"]), "signtraker.models"}))
