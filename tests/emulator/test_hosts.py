"""One port serves every workspace by its host name, to clients that take it for their HTTP proxy."""

import http.client

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config

from fixtures.emulator.server import DOMAIN, Running


def _asked(running: Running, port_of: str, target: str, host: str) -> tuple[int, str]:
    address = running.emulator.hosts[port_of].removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", target, headers={"Host": host})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


@pytest.mark.parametrize("port_of", ["primary", "secondary"])
@pytest.mark.parametrize("absolute", [True, False])
def test_the_host_header_names_the_workspace(emulator: Running, port_of: str, absolute: bool) -> None:
    path = "/.well-known/databricks-config"
    for number, name in enumerate(("primary", "secondary"), 1):
        host = f"{name}.{DOMAIN}"
        status, body = _asked(emulator, port_of, f"http://{host}{path}" if absolute else path, host)
        assert status == 200
        assert f'"workspace_id":"{7 * 10**15 + number}"' in body
        assert f'"oidc_endpoint":"http://{host}/oidc"' in body


def test_any_other_name_is_the_ports_own_and_an_unknown_workspace_is_nobodys(emulator: Running) -> None:
    path = "/.well-known/databricks-config"
    for host in ("localhost", "workspace.example.com"):
        assert f'"{7 * 10**15 + 2}"' in _asked(emulator, "secondary", path, host)[1]
    assert _asked(emulator, "secondary", path, f"tertiary.{DOMAIN}") == (502, "no workspace tertiary is served here")


def test_the_sdk_reaches_both_through_one_port(emulator: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", emulator.emulator.hosts["primary"])
    for name in ("no_proxy", "NO_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, app in emulator.emulator.apps.items():
        token = next(iter(app.workspace.tokens))
        config = Config(host=f"http://{name}.{DOMAIN}", token=token, retry_timeout_seconds=5)
        w = WorkspaceClient(config=config)
        assert w.get_workspace_id() == app.workspace.workspace_id
        assert w.current_user.me().user_name == "drill@example.com"
        assert [entry.path for entry in app.log][-1] == "/api/2.0/preview/scim/v2/Me"


def test_a_connection_that_was_routed_can_be_cut(emulator: Running) -> None:
    emulator.control("secondary/faults", [{"path": "/api/2.0/clusters/list", "drop": True}])
    with pytest.raises(http.client.RemoteDisconnected):
        _asked(emulator, "primary", f"http://secondary.{DOMAIN}/api/2.0/clusters/list", f"secondary.{DOMAIN}")


def test_profiles_by_name(emulator: Running) -> None:
    text = emulator.emulator.profiles(by_name=True)
    assert [line for line in text.splitlines() if line.startswith("host")] == [
        "host = http://primary.databricks.test",
        "host = http://secondary.databricks.test",
    ]


def test_every_answer_names_its_server_once_and_its_request(emulator: Running) -> None:
    connection = http.client.HTTPConnection(emulator.emulator.hosts["primary"].removeprefix("http://"), timeout=10)
    for path in ("/api/2.0/clusters/list", "/oidc/.well-known/oauth-authorization-server"):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.headers.get_all("server") == ["databricks"]
        assert len(answer.headers.get_all("x-request-id") or []) == 1
    connection.close()
