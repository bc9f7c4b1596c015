"""Settings that hold for every test."""

from hypothesis import settings

# A deadline measures the machine, not the code: no test asserts on wall time.
settings.register_profile("project", deadline=None, print_blob=True)
settings.load_profile("project")
