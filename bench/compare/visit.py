"""One request, to know whether a tunnel is there."""

import http.client


def status_of(door, path):
    """0 when nobody answers."""
    connection = http.client.HTTPConnection(door.address, timeout=2)
    try:
        connection.request("GET", path, headers={"Host": door.host})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
