"""Includes the urls.py of every code."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [path(f"{code}/", include(each["module"])) for code, each in settings.CODES.items()]
