"""Programs with Perspective's address built in reach us by the very steps of the document.

Each test runs on a machine of its own, whose network is its loopback: nothing can reach Google.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from moderation.service.api_keys import Scope
from tests.clients.documents import code_of
from tests.clients.machine import Machine, machine
from tests.clients.npm import install
from tests.clients.test_npm_perspective import OTHER_AXIOS
from tests.clients.test_npm_perspective import PACKAGE as NPM_PACKAGE
from tests.clients.test_python_packages import PACKAGES, folders  # noqa: F401  # a fixture
from tests.clients.test_python_packages import install as install_packages
from tests.conftest import ROOT, skip_or_fail
from tests.service.keys import create_key, url_in

DOCUMENT = "built-in-address.md"
HELM = (
    "crfm-helm==0.5.16", "colorlog==6.12.0", "dacite==1.9.2", "pyhocon==0.3.63", "retrying==1.4.2",
    "sqlitedict==2.1.0", "zstandard==0.25.0",
)  # fmt: skip
UPSTREAM = "https://commentanalyzer.googleapis.com"
CALLERS = Path(__file__).parent / "callers"
SYSTEM_LIST = "/etc/ssl/certs/ca-certificates.crt"
TEXTS = ["calm", "they say hostileword here"]
NGINX = """
user root;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/conf.d/*.conf;
}}
"""


class Caller(NamedTuple):
    """A program with the address built in."""

    command: tuple[str, ...]
    """Its words, before the texts; the last is a file of ours."""
    scores: tuple[str, ...]
    """The attributes that it reads."""
    variables: tuple[str, ...] = ()
    """Those that the document names for it."""
    demand: str = ""
    """A program that tells, by its exit status, whether what the caller needs is there."""


SIX = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")
PROGRAMS = {
    "curl": Caller(("sh", "curl.sh"), ("TOXICITY",), demand="curl --version"),
    "the system's Python": Caller(
        ("/usr/bin/python3", "plain.py"), ("TOXICITY",), demand="/usr/bin/python3 --version"
    ),
    "HELM": Caller(
        (sys.executable, "helm_batch.py"), ("TOXICITY", "ETHNIC_HOSTILITY"), ("HTTPLIB2_CA_CERTS",)
    ),
    "dify": Caller((sys.executable, "dify.py"), SIX, ("SSL_CERT_FILE",)),
    "Discourse": Caller(
        ("ruby", "discourse.rb"), ("TOXICITY",), demand="ruby -e 'require \"excon\"'"
    ),
    "PHP": Caller(("php", "plain.php"), ("TOXICITY",), demand="php -r 'curl_version();'"),
    "Java": Caller(("java", "Plain.java"), ("TOXICITY",), demand="javac -version"),
}


def scores_of(caller: Caller) -> list[dict[str, float]]:
    """Return the small judge's scores of the texts."""
    hostile = dict.fromkeys(caller.scores, 0.1)
    if "ETHNIC_HOSTILITY" in hostile:
        hostile["ETHNIC_HOSTILITY"] = 0.9
    return [dict.fromkeys(caller.scores, 0.1), hostile]


def need(caller: Caller) -> None:
    """Skip the test where what a caller needs is not there; `.ci/run` installs none of it."""
    found = subprocess.run(["sh", "-c", caller.demand], check=False, capture_output=True)
    if found.returncode != 0:
        pytest.skip(f"{caller.demand} fails")


class Home(NamedTuple):
    """A machine on which the steps of the document were carried out."""

    machine: Machine
    folder: Path
    certificates: Path
    key: str

    def ask(self, caller: Caller, *, check: bool = True) -> Any:
        """Return the scores of the texts that a caller, unchanged, reads."""
        need(caller)
        variables = dict.fromkeys(caller.variables, SYSTEM_LIST) | {"KEY": self.key}
        done = self.machine.run([*caller.command, *TEXTS], CALLERS, variables, check=check)
        return json.loads(done.stdout) if check else done

    def log(self) -> str:
        """Return the log of nginx."""
        return self.machine.run(["cat", "/var/log/nginx/perspective.log"], self.folder).stdout

    @property
    def config(self) -> Path:
        """The file that the document has readers save."""
        return self.folder / "conf.d" / "perspective.conf"

    def reload(self) -> None:
        """Let nginx read its configuration again."""
        main = str(self.folder / "nginx.conf")
        self.machine.run(["nginx", "-t", "-c", main], self.folder)
        self.machine.run(["nginx", "-s", "reload", "-c", main], self.folder)
        time.sleep(0.5)  # nginx tells nobody when its new process has taken over


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the commands of the document have made the certificates."""
    if not shutil.which("openssl"):
        skip_or_fail("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    sh(code_of(DOCUMENT, "sh", "openssl req"), folder)
    return folder


@pytest.fixture(scope="module")
def home(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Give a machine on which the steps of the document were carried out."""
    if not shutil.which("nginx"):
        skip_or_fail("nginx is not installed")
    if not shutil.which("update-ca-certificates"):
        pytest.skip("only Debian's commands are tried")
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "conf.d").mkdir()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder), "utf-8")
    for name in ("perspective.crt", "perspective.key"):
        shutil.copy(certificates / name, folder)
    url = url_in(folder)
    key, _ = create_key(url, "programs", [Scope.SCORE, Scope.SUGGEST])
    with machine(tmp_path_factory.mktemp("machine")) as own:
        line = code_of(DOCUMENT, "hosts", UPSTREAM.removeprefix("https://"))
        own.run(["sh", "-c", 'printf %s "$1" >> /etc/hosts', "sh", line], folder)
        own.run(["sh", "-ec", code_of(DOCUMENT, "sh", "update-ca-certificates")], certificates)
        home = Home(own, folder, certificates, key)
        home.config.write_text(code_of(DOCUMENT, "nginx", "listen 443"), "utf-8")
        serve = [sys.executable, "-m", "tests.clients.serving", url]
        nginx = ["nginx", "-c", str(folder / "nginx.conf")]
        with own.running(serve, ROOT), own.running(nginx, folder):
            wait_for(own, "http://127.0.0.1:8000/readyz", folder)
            wait_for(own, f"{UPSTREAM}/$discovery/rest?version=v1alpha1", folder)
            yield home


def wait_for(own: Machine, url: str, folder: Path) -> None:
    """Wait until an address is answered on a machine."""
    asking = "import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=5)"
    for _ in range(100):
        variables = {"SSL_CERT_FILE": SYSTEM_LIST}
        done = own.run([sys.executable, "-c", asking, url], folder, variables, check=False)
        if done.returncode == 0:
            return
        time.sleep(0.3)
    pytest.fail(f"nothing answers at {url}: {done.stderr}")


def sh(script: str, folder: Path, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-ec", script], cwd=folder, check=check, capture_output=True, text=True
    )


def test_the_certificate_is_good_by_the_strictest_rules(certificates: Path) -> None:
    """Those of Python from 3.13 on."""
    verify = "openssl verify -x509_strict -purpose sslserver -CAfile perspective-ca.crt"
    sh(f"{verify} -verify_hostname commentanalyzer.googleapis.com perspective.crt", certificates)
    other = sh(f"{verify} -verify_hostname www.googleapis.com perspective.crt", certificates,
               check=False)  # fmt: skip
    assert other.returncode != 0
    assert {path.name for path in certificates.iterdir()} == {
        "perspective-ca.crt", "perspective.cnf", "perspective.crt", "perspective.key",
    }  # fmt: skip
    assert (certificates / "perspective.key").stat().st_mode & 0o077 == 0


def test_the_authority_is_good_for_no_other_name(certificates: Path, tmp_path: Path) -> None:
    """Even whoever kept its key cannot make a certificate of another site."""
    script = code_of(DOCUMENT, "sh", "openssl req").replace("rm perspective-ca.key", ": #")
    sh(script, tmp_path)
    config = (tmp_path / "perspective.cnf").read_text("utf-8")
    head, tail = config.split("[server]")
    other = tail.replace("commentanalyzer.googleapis.com", "www.example.org")
    (tmp_path / "perspective.cnf").write_text(f"{head}[server]{other}", "utf-8")
    sh(
        "openssl x509 -req -in perspective.csr -CA perspective-ca.crt -CAkey perspective-ca.key "
        "-CAcreateserial -extfile perspective.cnf -extensions server -out other.crt",
        tmp_path,
    )
    verified = sh("openssl verify -CAfile perspective-ca.crt other.crt", tmp_path, check=False)
    assert "permitted subtree violation" in verified.stderr


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_reaches_us_as_it_is(home: Home, name: str) -> None:
    before = home.log().count("\n")
    assert home.ask(PROGRAMS[name]) == scores_of(PROGRAMS[name])
    assert home.log().count("\n") > before


def test_a_java_with_a_list_of_its_own_is_told_by_keytool(home: Home) -> None:
    java = PROGRAMS["Java"]
    need(java)
    (command,) = (
        found
        for found in re.findall(r"`(keytool [^`]+)`", (ROOT / "docs" / DOCUMENT).read_text("utf-8"))
    )
    delete = "keytool -delete -cacerts -storepass changeit -alias debian:perspective-ca.pem"
    forgotten = home.machine.run(delete.split(), home.certificates, check=False)
    if forgotten.returncode != 0:
        pytest.skip("this Java has no list that the system keeps")
    done = home.ask(java, check=False)
    assert "unable to find valid certification path" in done.stderr
    home.machine.run(command.split(), home.certificates)
    assert home.ask(java) == scores_of(java)


@pytest.mark.parametrize("name", ["HELM", "dify"])
def test_pythons_libraries_do_not_read_the_systems_list(home: Home, name: str) -> None:
    """Without its variable the program fails, and no comment is sent."""
    before = home.log()
    done = home.ask(PROGRAMS[name]._replace(variables=()), check=False)
    assert done.returncode != 0
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr
    assert home.log() == before


@pytest.mark.parametrize(
    ("package", "variables", "call", "expected"),
    [
        (
            "pyperspective",
            ["REQUESTS_CA_BUNDLE"],
            [["calm"], {}],
            {"TOXICITY": 0.1},
        ),
        ("perspective", ["SSL_CERT_FILE"], [["score", "calm"], {"tests": ["INSULT"]}],
         {"INSULT": 0.1}),
        ("perspectiveapi", ["SSL_CERT_FILE"], [["calm", "THREAT"], {}], {"THREAT": 0.1}),
        ("begentle", ["HTTPLIB2_CA_CERTS"], [["calm"], {}], 0.1),
    ],
)  # fmt: skip
def test_a_package_of_pythons_reaches_us_as_it_is(
    home: Home,
    folders: Path,  # noqa: F811
    package: str,
    variables: list[str],
    call: Any,
    expected: object,
) -> None:
    assert package in PACKAGES
    words = [sys.executable, str(CALLERS.parent / "ask.py"), package, UPSTREAM, json.dumps([call])]
    environment = dict.fromkeys(variables, SYSTEM_LIST) | {
        "KEY": home.key,
        "PYTHONPATH": str(folders / package),
    }
    (told,) = json.loads(home.machine.run(words, ROOT, environment).stdout)
    result = told["result"]
    assert (result["scores"] if package == "pyperspective" else result) == expected


def test_helms_own_client_reaches_us_as_it_is(home: Home, tmp_path: Path) -> None:
    install_packages(tmp_path, *HELM)
    caller = Caller((sys.executable, "helm_itself.py"), ("TOXICITY",))
    trust = {"HTTPLIB2_CA_CERTS": SYSTEM_LIST, "KEY": home.key, "PYTHONPATH": str(tmp_path)}
    done = home.machine.run([*caller.command, *TEXTS], CALLERS, trust)
    assert json.loads(done.stdout) == scores_of(caller)


@pytest.mark.parametrize("others", [[], [OTHER_AXIOS]], ids=["alone", "beside another axios"])
def test_npms_package_reaches_us_as_it_is(home: Home, tmp_path: Path, others: list[str]) -> None:
    folder = install(tmp_path, "ask.js", NPM_PACKAGE, *others)
    (folder / "recipe.js").write_text("", "utf-8")
    words = ["node", "ask.js", json.dumps([["they say hostileword here"]])]
    trust = {
        "NODE_EXTRA_CA_CERTS": "/usr/local/share/ca-certificates/perspective-ca.crt",
        "KEY": home.key,
    }
    (told,) = json.loads(home.machine.run(words, folder, trust).stdout)
    assert told["reply"]["attributeScores"]["TOXICITY"]["summaryScore"]["value"] == 0.1
    (refused,) = json.loads(home.machine.run(words, folder, {"KEY": home.key}).stdout)
    assert "certificate" in refused["message"]


def test_n8n_gets_a_key_from_nginx(home: Home) -> None:
    """Its node sends a token of Google's, which is no key of ours."""
    n8n = Caller(("node", "n8n.js"), ("TOXICITY",), demand="node --version")
    trust = {"NODE_EXTRA_CA_CERTS": "/usr/local/share/ca-certificates/perspective-ca.crt"}
    need(n8n)
    words = [*n8n.command, *TEXTS]
    refused = home.machine.run(words, CALLERS, trust, check=False)
    assert "unregistered callers" in refused.stderr
    plain = home.config.read_text("utf-8")
    lines = code_of(DOCUMENT, "nginx", "Authorization").replace("mod_...", home.key)
    place = "        proxy_http_version 1.1;\n"
    assert plain.count(place) == 1
    try:
        home.config.write_text(plain.replace(place, place + lines), "utf-8")
        home.reload()
        done = home.machine.run(words, CALLERS, trust)
    finally:
        home.config.write_text(plain, "utf-8")
        home.reload()
    assert json.loads(done.stdout) == scores_of(n8n)


def test_nginx_serves_perspectives_methods_only_and_logs_no_key(home: Home) -> None:
    def status(path: str) -> str:
        ask = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
        return home.machine.run([*ask, f"{UPSTREAM}{path}"], home.folder).stdout

    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    # The discovery document is for everybody.
    assert status("/$discovery/rest?version=v1alpha1") == "200"
    assert status(f"/v1alpha1/comments:other?key={home.key}") == "404"
    for path in ("/", "/v1/model", "/docs", "/batches", "/metrics", "/desk"):
        assert status(path) == "404", path
    assert "comments:other" in home.log()
    assert home.key not in home.log()
    assert "/v1/model" in home.log()


Patch = Callable[[str], Path]


@pytest.fixture
def patched(address: str, tmp_path: Path) -> Patch:
    """Give a function that changes a copy of a caller by the document's command."""

    def patch(name: str) -> Path:
        shutil.copy(CALLERS / name, tmp_path)
        command = code_of(DOCUMENT, "sh", "sed -i").replace("FILE", name)
        sh(command.replace("https://moderation.example.org", address.rstrip("/")), tmp_path)
        return tmp_path

    return patch


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_reaches_us_with_the_address_changed(patched: Patch, name: str) -> None:
    caller = PROGRAMS[name]
    need(caller)
    folder = patched(caller.command[-1])
    done = subprocess.run(
        [*caller.command, *TEXTS],
        cwd=folder,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "KEY": "any"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert json.loads(done.stdout) == scores_of(caller)


def test_wordpress_asks_us_instead(live: httpx.Client, tmp_path: Path) -> None:
    """The document's file, under the few functions of WordPress's that it uses."""
    wordpress = Caller(("php", "wordpress.php"), ("TOXICITY",), demand="php -r 'curl_version();'")
    need(wordpress)
    file = code_of(DOCUMENT, "php", "PERSPECTIVE_URL")
    address = str(live.base_url).rstrip("/")
    (tmp_path / "perspective.php").write_text(
        file.replace("https://moderation.example.org", address), "utf-8"
    )
    words = [*wordpress.command, str(tmp_path / "perspective.php"), *TEXTS]
    done = subprocess.run(
        words, cwd=CALLERS, check=True, capture_output=True, text=True, timeout=60
    )
    assert json.loads(done.stdout) == scores_of(wordpress)
