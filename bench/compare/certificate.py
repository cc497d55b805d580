"""A CA and a certificate for localhost: the same for everybody whose program can be given one."""

from .children import run_text


class Certificate:
    def __init__(self, directory):
        self.ca = directory / "ca.pem"
        self.chain = directory / "localhost.pem"
        self.key = directory / "localhost.key"
        self.pkcs12 = directory / "localhost.p12"
        ca_key, request = directory / "ca.key", directory / "localhost.csr"
        extensions = directory / "localhost.ext"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        p256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        _openssl("req", "-x509", *p256, "-keyout", ca_key, "-out", self.ca, "-days", 2,
                 "-subj", "/CN=bench CA")
        _openssl("req", *p256, "-keyout", self.key, "-out", request, "-subj", "/CN=localhost")
        _openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key, "-days", 2,
                 "-CAcreateserial", "-extfile", extensions, "-out", self.chain)
        _openssl("pkcs12", "-export", "-in", self.chain, "-inkey", self.key, "-out", self.pkcs12,
                 "-passout", "pass:bench")


def _openssl(*words):
    run_text(["openssl", *words], 20)
