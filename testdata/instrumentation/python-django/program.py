"""Orders, some of which cannot be had: a site of Django in one file."""

import sys

import django.http
import django.urls

DEBUG = False
SECRET_KEY = "of no use"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "program"
DATABASES = {}


def order(_, order):
    return django.http.JsonResponse({"order": order})


def raises(_):
    raise KeyError("order")


def unavailable(_):
    return django.http.HttpResponse("come back later", status=503)


urlpatterns = [
    django.urls.path("orders/<int:order>", order),
    django.urls.path("raises", raises),
    django.urls.path("unavailable", unavailable),
]

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
