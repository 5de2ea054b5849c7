"""Where chains are asked: what is set is right, and is shown nowhere."""

import pytest

from app.settings import SettingsError, load_settings


def test_chains_are_set_by_their_ids_and_hide_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().chain_rpc_urls is None
    monkeypatch.setenv(
        "ONE_CHAIN_RPC_URLS", '{"1": "https://node.example/v3/s3cret", "31337": "http://127.0.0.1:8545"}'
    )
    settings = load_settings()
    assert settings.chain_rpc_urls is not None
    assert {chain: url.get_secret_value() for chain, url in settings.chain_rpc_urls.items()} == {
        1: "https://node.example/v3/s3cret",
        31_337: "http://127.0.0.1:8545",
    }
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        "[]",
        '{"one": "https://node.example/s3cret"}',
        '{"0": "https://node.example/s3cret"}',
        '{"\u0661": "https://node.example/s3cret"}',
        '{"1": "http://node.example/s3cret"}',
        '{"1": "file:///s3cret"}',
        '{"1": 7}',
    ],
)
def test_what_is_no_chain_is_refused_without_being_shown(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_CHAIN_RPC_URLS", wrong)
    with pytest.raises(SettingsError, match="ONE_CHAIN_RPC_URLS") as refused:
        load_settings()
    assert "s3cret" not in str(refused.value)


def test_no_provider_is_called_as_wallets_are(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = '[{"name": "ethereum", "issuer": "https://id.example", "client_id": "c"}]'
    monkeypatch.setenv("ONE_SIGN_IN_PROVIDERS", provider)
    with pytest.raises(SettingsError, match="ethereum"):
        load_settings()
