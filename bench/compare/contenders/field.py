"""The field: everybody who may take part, in the order of the table."""

from .bore import Bore
from .chisel import Chisel
from .direct import Direct
from .frp import Frp
from .nginx_chain import NginxChain
from .nginx_hop import NginxHop
from .openssh import OpenSsh
from .ours import Ours
from .rathole import Rathole

REFERENCE = NginxChain.name


def home():
    """Ourselves, and what we are measured against."""
    return [Direct(), NginxHop(), NginxChain(), Ours(inspect=True), Ours(inspect=False)]


def peers():
    """Other tunnels."""
    return [OpenSsh(), Rathole(), Bore(), Chisel(), Frp()]


def over_a_link():
    """Those that are measured through a wide-area link, in programs of their own."""
    return [Direct(), NginxChain(), Ours(inspect=True)]
