"""The public surface: its names, and that every version's face has the same objects."""

from importlib import import_module

import pytest

import dhis2w_client
from dhis2w_client import errors

FIXED = [
    "Profile",
    "NoProfileError",
    "UnknownProfileError",
    "InvalidProfileNameError",
    "profile_from_env_raw",
    "validate_profile_name",
    "build_auth_for_basic",
    "AuthProvider",
    "BasicAuth",
    "PatAuth",
    "open_client",
    "Dhis2Client",
    "RetryPolicy",
    "Dhis2",
]
FACES = ("v41", "v42", "v43", "v44")


@pytest.mark.parametrize("face", FACES)
def test_a_face_has_every_name_and_the_same_objects(face: str) -> None:
    module = import_module(f"dhis2w_client.{face}")
    for name in dhis2w_client.__all__:
        same = getattr(module, name) is getattr(dhis2w_client, name)
        assert same is (name not in ("open_client", "Dhis2Client")), name
    assert issubclass(module.Dhis2Client, dhis2w_client.Dhis2Client)
    assert face == module.Dhis2Client.EXPECT
    assert set(FIXED) <= set(dir(module))


def test_the_fixed_names() -> None:
    assert set(FIXED) <= set(dhis2w_client.__all__)
    assert set(dhis2w_client.__all__) == set(dhis2w_client.HOMES)
    public_errors = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert public_errors <= set(dhis2w_client.__all__)
    assert all(getattr(dhis2w_client, name).__doc__ for name in FIXED)


@pytest.mark.parametrize("place", ["", *(f".{face}" for face in FACES)])
def test_import_paths(place: str) -> None:
    profile = import_module(f"dhis2w_client{place}.profile")
    context = import_module(f"dhis2w_client{place}.client_context")
    assert profile.Profile is dhis2w_client.Profile
    assert profile.NoProfileError is dhis2w_client.NoProfileError
    assert context.open_client is import_module(f"dhis2w_client{place}").open_client


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = dhis2w_client.nonsense  # pyright: ignore[reportAttributeAccessIssue] # that is the point
    with pytest.raises(ImportError):
        exec("from dhis2w_client.v42 import nonsense")  # noqa: S102 # an import that fails


def test_open_client_mirrors_the_constructor() -> None:
    import inspect

    constructor = inspect.signature(dhis2w_client.Dhis2Client).parameters
    for face in (dhis2w_client, *(import_module(f"dhis2w_client.{name}") for name in FACES)):
        opener = inspect.signature(face.open_client).parameters
        shared = set(opener) & set(constructor)
        assert shared >= {"allow_version_fallback", "retry_policy", "http_limits", "system_cache_ttl", "expect"}
        assert all(opener[name].default == constructor[name].default for name in shared)
        assert face.open_client.__doc__ == dhis2w_client.open_client.__doc__
