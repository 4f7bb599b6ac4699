from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "tests.hosts.deep.people"
    label = "people"
