"""Links of the admin to what is edited there."""

from django import template

from records.admin.naming import link_to

register = template.Library()
register.filter("admin_link", link_to)
