"""Every way of mounting the program that the tests know, by name."""

from apache import Apache, Htaccess, HtaccessCgi
from lighttpd import Lighttpd, LighttpdCgi
from nginx import Nginx

SERVERS = {server.name: server
           for server in (Lighttpd, LighttpdCgi, Apache, Htaccess, HtaccessCgi, Nginx)}
