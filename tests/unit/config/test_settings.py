"""A setting is understood, or stops the start with one sentence that names it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from application.ports.startup import BadSetting
from infrastructure.config.parsers import Copies
from infrastructure.config.settings import Settings, unknown_variables


def test_nothing_needs_to_be_set() -> None:
    assert Settings.from_environment({}) == Settings()


def test_every_kind_of_value_is_understood() -> None:
    settings = Settings.from_environment(
        {
            "ANNALS_DATABASE_URL": "postgresql://ada@db/annals",
            "ANNALS_DATA_DIR": "/var/annals",
            "ANNALS_PORT": "9000",
            "ANNALS_LOG_LEVEL": "debug",
            "ANNALS_CORS_ORIGINS": "https://one.example, https://two.example/",
            "ANNALS_TASK_LINK": "https://app.example/#/tasks/{id}?from=mail",
            "ANNALS_DEV_PROCESSES": "serve:3,project",
        }
    )
    assert settings == Settings.of(
        database_url="postgresql://ada@db/annals",
        data_dir=Path("/var/annals"),
        port=9000,
        log_level="debug",
        cors_origins=("https://one.example", "https://two.example"),
        task_link="https://app.example/#/tasks/{id}?from=mail",
        dev_processes=(Copies(verb="serve", count=3), Copies(verb="project")),
    )


@pytest.mark.parametrize(
    ("variable", "text", "sentence"),
    [
        ("PORT", "http", "ANNALS_PORT must be a whole number from 1 to 65535, not 'http'."),
        ("PORT", "0", "ANNALS_PORT must be a whole number from 1 to 65535, not '0'."),
        ("PORT", "-1", "ANNALS_PORT must be a whole number from 1 to 65535, not '-1'."),
        ("PORT", "8_000", "ANNALS_PORT must be a whole number from 1 to 65535, not '8_000'."),
        (
            "LOG_LEVEL",
            "loud",
            "ANNALS_LOG_LEVEL must be one of debug, info, warning, error, not 'loud'.",
        ),
        (
            "CORS_ORIGINS",
            "two.example",
            "ANNALS_CORS_ORIGINS must begin with http:// or https://, not 'two.example'.",
        ),
        *(
            (
                "TASK_LINK",
                text,
                f"ANNALS_TASK_LINK must be a URL such as https://app.example/{{id}}, not {text!r}.",
            )
            for text in (
                "https://app.example/",
                "https://app.example/{id}/{id}",
                "https://app.example/{id}/{what}",
                "https://app.example/a b/{id}",
                'javascript:alert("{id}")',
                "https://app.example/ä/{id}",
                "https://app.example/<{id}>",
            )
        ),
        (
            "DEV_PROCESSES",
            "serve:many",
            "ANNALS_DEV_PROCESSES must be verbs with copies (serve:2) or none, not 'serve:many'.",
        ),
    ],
)
def test_what_cannot_be_understood_is_named(variable: str, text: str, sentence: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        Settings.from_environment({f"ANNALS_{variable}": text})
    assert str(refusal.value) == sentence


def test_a_secret_that_cannot_be_understood_is_not_repeated() -> None:
    with pytest.raises(BadSetting) as refusal:
        Settings.from_environment({"ANNALS_DATABASE_URL": "mysql://ada:hush@db/annals"})
    assert "ANNALS_DATABASE_URL" in str(refusal.value)
    assert "hush" not in str(refusal.value)


def test_an_empty_variable_counts_as_not_given() -> None:
    assert Settings.from_environment({"ANNALS_PORT": " "}) == Settings()


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (lambda given: given.database.url_or_fail, "ANNALS_DATABASE_URL is not set: PostgreSQL"),
        (lambda given: given.redis.url_or_fail, "ANNALS_REDIS_URL is not set: Redis or Valkey"),
        (lambda given: given.tokens.keys_dir_or_fail, "ANNALS_KEYS_DIR is not set: Folder"),
        (
            lambda given: given.kafka.bootstrap_servers_or_fail,
            "ANNALS_KAFKA_BOOTSTRAP_SERVERS is not set: Kafka",
        ),
    ],
)
def test_what_a_process_cannot_do_without_is_named(
    missing: Callable[[Settings], object], sentence: str
) -> None:
    with pytest.raises(BadSetting, match=f"^{sentence}"):
        missing(Settings())


def test_a_setting_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="no setting prot"):
        Settings.of(prot=9000)


def test_no_secret_is_in_the_text_of_the_settings() -> None:
    assert "hush" not in repr(Settings.of(database_url="postgresql://ada:hush@db/annals"))


def test_a_slip_of_the_pen_is_noticed() -> None:
    environment = {"ANNALS_PROT": "9000", "ANNALS_PORT": "9000", "PATH": "/bin"}
    assert unknown_variables(environment) == ["ANNALS_PROT"]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("10.0.0.5", "http://10.0.0.5:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104
        ("::", "http://[::1]:8000"),
    ],
)
def test_an_address_is_one_a_client_can_use(host: str, address: str) -> None:
    assert Settings.of(host=host).http.address == address


def test_people_are_told_the_public_address() -> None:
    assert Settings.of(public_url="https://annals.example").http.address == "https://annals.example"
