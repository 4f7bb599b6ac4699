"""The other host: every request in a transaction, its own user model, mounted deep, WSGI only."""

from tests.hosts.plain.settings import *  # noqa: F403
from tests.hosts.plain.settings import CAIRNLOOP as PLAIN
from tests.hosts.plain.settings import DATABASES, INSTALLED_APPS
from tests.hosts.postgres import database_name

DATABASES["default"]["ATOMIC_REQUESTS"] = True
DATABASES["default"]["TEST"]["NAME"] = database_name("test_deep")  # type: ignore[index]
INSTALLED_APPS = ["tests.hosts.deep.people", *INSTALLED_APPS]
AUTH_USER_MODEL = "people.Person"
ROOT_URLCONF = "tests.hosts.deep.urls"
ASGI_APPLICATION = None
CAIRNLOOP = {**PLAIN, "LIVE_SOCKETS": False}
