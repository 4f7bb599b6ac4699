"""The browser of somebody who may see the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests.web.conftest import browser_of


@pytest.fixture
def auditor(ada: Any) -> Client:
    """Ada's browser, with the permission to see the log."""
    ada.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    return browser_of(ada)
