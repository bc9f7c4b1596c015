"""Settings that hold for every test."""

from hypothesis import settings

# A deadline measures the machine, not the code: no test asserts on wall time.
# The same examples every time: what passes here passes there. --hypothesis-profile=search looks on.
settings.register_profile("search", deadline=None, print_blob=True)
settings.register_profile("project", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("project")
