import pytest

from lakedrill.inventory.discretion import HIDDEN, discreet, scrubbed


@pytest.mark.parametrize(
    "name",
    [
        "spark_conf.fs.azure.account.key.x.dfs.core.windows.net",
        "spark_env_vars.DB_PASSWORD",
        "spark_env_vars.API_TOKEN",
        "spark_conf.spark.hadoop.fs.s3a.access.key",
        "settings.tags.client_secret",
    ],
)
def test_a_value_under_a_secrets_name_is_hidden(name: str) -> None:
    assert discreet(name, "s3cr3t") == HIDDEN


def test_values_are_hidden_at_any_depth_and_others_stay() -> None:
    value = {"spark_conf": {"my.password": "x", "spark.speculation": "true"}, "tasks": [{"token": "y"}, 1, None]}

    assert discreet("", value) == {
        "spark_conf": {"my.password": HIDDEN, "spark.speculation": "true"},
        "tasks": [{"token": HIDDEN}, 1, None],
    }


def test_what_only_names_a_secret_is_shown() -> None:
    assert discreet("spark_conf.password", "{{secrets/scope/key}}") == "{{secrets/scope/key}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("token dapi0123456789abcdef is bad", f"token {HIDDEN} is bad"),
        ("jdbc:x;password=hunter2;ssl=true", f"jdbc:x;password={HIDDEN};ssl=true"),
        ("https://me:pw@host/x", f"https://{HIDDEN}@host/x"),
        ("Path (/Shared/x) already exists.", "Path (/Shared/x) already exists."),
        ("AKIAABCDEFGHIJKLMNOP", HIDDEN),
    ],
)
def test_texts_lose_what_looks_like_a_secret(text: str, expected: str) -> None:
    assert scrubbed(text) == expected
