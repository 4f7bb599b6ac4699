"""Trailmark without sockets: dashboard and widget then ask for news every few seconds."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trailmark.settings")
application = get_wsgi_application()
