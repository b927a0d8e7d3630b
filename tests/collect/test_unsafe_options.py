"""What gives up a protection is told, and what does not is not."""

import pytest

from ssoaudit.collect.collection import unsafe_options
from ssoaudit.inventory import Inventory, Server, WinrmSettings
from ssoaudit.vocabulary import Role


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (WinrmSettings(), []),
        (WinrmSettings(auth="ntlm"), []),
        (WinrmSettings(auth="certificate", scheme="https", client_cert="c.pem"), []),
        (WinrmSettings(scheme="https", insecure_skip_verify=True), ["the certificate is not verified"]),
        (WinrmSettings(scheme="https", auth="basic"), ["the password is sent to the server (basic)"]),
        (
            WinrmSettings(auth="credssp"),
            ["the password itself is sent to the server, which can use it elsewhere (credssp)"],
        ),
    ],
)
def test_one_sentence_for_each_protection_given_up(settings: WinrmSettings, told: list[str]) -> None:
    nodes = tuple(Server(host=host, roles=(Role.CLUSTER,)) for host in ("node1", "node2"))
    estate = Inventory(name="x", winrm=settings, servers=nodes)
    assert unsafe_options(estate, estate.servers) == tuple(
        f"{name}: {sentence}" for name in ("NODE1", "NODE2") for sentence in told
    )
