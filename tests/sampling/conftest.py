from hypothesis import settings

# No test depends on speed: a busy machine is no failure.
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")
