"""Tests keep their fits to themselves."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_fits(tmp_path_factory):
    """Fits made by tests neither come from this user's folder nor go there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORECASTING_FITS", str(tmp_path_factory.mktemp("fits")))
        yield
