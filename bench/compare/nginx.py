"""An nginx of a run: one worker, no logs, nothing on disk."""

import os

from .children import await_true
from .ports import answers

PROGRAM = "/usr/sbin/nginx"
STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"

# Proxies: HTTP/1.1 and warm connections to the next hop, more than there are visitors; answers are
# passed on from memory, never from a file; uploads as they come.
PROXY = """
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_request_buffering off;
    proxy_max_temp_file_size 0;
    proxy_buffers 8 64k;
    proxy_busy_buffers_size 128k;
    client_max_body_size 0;
"""
STREAM = "tcp_nodelay on; proxy_buffer_size 64k; proxy_half_close on;"
KEEPALIVE = 1024
TLS_CLIENT = """
    proxy_ssl_protocols TLSv1.3;
    proxy_ssl_verify on;
    proxy_ssl_name localhost;
    proxy_ssl_server_name on;
"""


# A WebSocket: what the handshake asks for is passed on, and the bytes after it.
UPGRADE = """
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    proxy_set_header Host $host;
"""


def tls_server(certificate):
    return (f"ssl_certificate {certificate.chain}; ssl_certificate_key {certificate.key}; "
            "ssl_protocols TLSv1.3;")


def server(listen, service, scheme="http"):
    """A reverse proxy of a whole server to the upstream of that name; `listen`: a line each."""
    listens = " ".join(f"listen 127.0.0.1:{where} backlog=4096;" for where in listen)
    extra = UPGRADE if service == "websocket" else ""
    return f"  server {{ {listens} location / {{ {extra} proxy_pass {scheme}://{service}; }} }}\n"


def upstream(name, address):
    return (f"  upstream {name} {{ server {address}; keepalive {KEEPALIVE}; "
            "keepalive_requests 1000000000; keepalive_timeout 600s; }\n")


def start(world, name, http, ports, stream=""):
    """`http` and `stream` are what stands in those blocks; ready when all `ports` answer."""
    directory = world.directory / name
    directory.mkdir()
    user = "user root;" if os.getuid() == 0 else ""
    temporary = "".join(f"  {kind}_temp_path {directory}/{kind};\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    module = f"load_module {STREAM_MODULE};" if stream else ""
    (directory / "nginx.conf").write_text(f"""
{module}
{user}
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {directory}/pid;
error_log {directory}/error.log error;
events {{ worker_connections 8192; }}
http {{
{temporary}
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  tcp_nodelay on;
  sendfile on;
{http}
}}
{f"stream {{ {STREAM} {stream} }}" if stream else ""}
""")
    child = world.children.start(name, [PROGRAM, "-p", directory, "-c", directory / "nginx.conf",
                                        "-e", directory / "error.log"])
    for port in ports:
        await_true(lambda port=port: answers(port), 10, f"{name} on port {port}", child)
    return child
