"""HTTPS on the public side: who ends the visitors' TLS pays for handshakes and records."""

from .small import Closing, KeepAlive


class EndsTls:
    """Added to a scenario: the same small requests through the door with TLS."""
    service = "files_tls"

    def why_not(self, contender):
        if self.service in contender.doors:
            return None
        return "it passes bytes, so that TLS would be the origin's"


class KeepAliveTls(EndsTls, KeepAlive):
    def __init__(self, visitors):
        super().__init__(visitors)
        self.key = f"tls_{visitors}"
        self.title = f"HTTPS requests of 1 KB, {visitors} visitors, keep-alive"


class ClosingTls(EndsTls, Closing):
    key = "tls_32_closing"
    title = ("New connections with TLS 1.3, full handshakes: 32 visitors, each request of 1 KB on one "
             "of its own")
