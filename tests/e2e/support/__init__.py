"""What the tests with real processes share: programs, origins, relays, raw HTTP."""
