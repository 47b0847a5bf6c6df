"""Writes what Flusso is made of as CycloneDX 1.6, from the lock files: `python -m deploy.sbom FOLDER`.

One document is of everything, and one of each service: what an image of it is made of, beside its base. The same lock
files give the same bytes: no time, and a serial number that derives from the components.
"""

import json
import re
import sys
import tomllib
from base64 import b64decode
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from contracts.base import JsonObject
from deploy.local.services import SERVICES
from deploy.sbom_parts import normal, packages_of

ROOT = Path(__file__).resolve().parents[1]
PYTHON_LOCK = ROOT / "requirements.lock"
WEB_LOCK = ROOT / "services" / "gateway" / "web" / "package-lock.json"
WEB_SERVICE = "gateway"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_MODULES = "node_modules/"


def document(service: str | None = None) -> JsonObject:
    """Return the bill of materials of a service, or of everything that runs: services, local stack, web app."""
    found = [*python_components(PYTHON_LOCK.read_text()), *web_components(WEB_LOCK.read_text())]
    if service is not None:
        needed = packages_of(service)
        found = [each for each in found if _is_of(each, service, needed)]
    components = sorted(found, key=lambda component: str(component["bom-ref"]))
    name = "flusso" if service is None else f"flusso-{service}"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    serial = uuid5(NAMESPACE_URL, json.dumps(components, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": name,
                "name": name,
                "version": project["version"],
            }
        },
        "components": components,
        "dependencies": [{"ref": name, "dependsOn": [each["bom-ref"] for each in components]}],
    }


def _is_of(component: JsonObject, service: str, needed: Collection[str]) -> bool:
    """Tell whether a service needs it: the web app is the gateway's."""
    if str(component["purl"]).startswith("pkg:npm/"):
        return service == WEB_SERVICE
    return normal(str(component["name"])) in needed


def write_all(folder: Path) -> None:
    """Write the document of everything, `sbom.cdx.json`, and `sbom-SERVICE.cdx.json` of each service."""
    for service in (None, *SERVICES):
        name = "sbom.cdx.json" if service is None else f"sbom-{service}.cdx.json"
        (folder / name).write_text(json.dumps(document(service), indent=2) + "\n", "utf-8")


def python_components(lock: str) -> Iterator[JsonObject]:
    """Yield the pinned packages of a requirements file, with the hashes that are taken for them."""
    lines = lock.splitlines()
    for number, line in enumerate(lines):
        found = _PINNED.match(line)
        if found is None:
            continue
        name, version, marker = found.groups()
        purl = f"pkg:pypi/{normal(name)}@{version}"
        properties = [
            {"name": "flusso:sha256", "value": each} for each in _hashes(lines, number + 1)
        ]
        if marker:
            properties.append({"name": "flusso:marker", "value": marker.strip()})
        yield {**_library(name, version, purl), "properties": properties}


def _hashes(lines: list[str], start: int) -> Iterator[str]:
    for line in lines[start:]:
        found = _HASH.search(line)
        if found is None:
            return
        yield found[1]


def web_components(lock: str) -> Iterator[JsonObject]:
    """Yield the packages of a package-lock that end up in the web app; what only builds it is left out."""
    for path, package in json.loads(lock)["packages"].items():
        if not path or package.get("dev") or package.get("link"):
            continue
        name = path.rpartition(_MODULES)[2]
        purl = f"pkg:npm/{quote(name, safe='/')}@{package['version']}"
        component = _library(name, package["version"], purl)
        algorithm, _, digest = str(package.get("integrity", "")).partition("-")
        if algorithm == "sha512":
            component["hashes"] = [{"alg": "SHA-512", "content": b64decode(digest).hex()}]
        if "license" in package:
            component["licenses"] = [{"license": {"name": package["license"]}}]
        yield component


def _library(name: str, version: str, purl: str) -> JsonObject:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
