"""What every test may ask for."""

pytest_plugins = ["pytester", "tests.infrastructure.components", "tests.infrastructure.requirements"]
