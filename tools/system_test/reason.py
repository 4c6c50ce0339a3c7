"""Why a run can't go on, or a scenario failed, in words for the one who reads the report."""


class Unavailable(Exception):
    """Something this machine would have to have is missing: the test can't be made here."""


class Failed(Exception):
    """A scenario did not go as it must."""


def expect(condition, reason):
    """Fails the scenario with `reason` unless `condition` holds."""
    if not condition:
        raise Failed(reason)
