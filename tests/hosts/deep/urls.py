from django.urls import include, path

from tests.hosts.plain.urls import login

urlpatterns = [
    path("sign-in/", login, name="login"),
    path("acme/eu/internal/tools/help/", include("cairnloop.urls")),
]
