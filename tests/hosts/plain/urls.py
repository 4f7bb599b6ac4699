from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def login(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Sign in")


urlpatterns = [path("login/", login, name="login"), path("support/", include("cairnloop.urls"))]
