from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.views.static import serve


def home(request):
    return render(request, "home.html", {})


def about(request):
    return render(request, "about/about.html", {})


def accessibility(request):
    return render(request, "about/accessibility.html", {})


def privacy(request):
    return render(request, "about/privacy.html", {})


def contact(request):
    return render(request, "about/contact.html", {})


def robots(request):
    return render(request, "robots.txt", {}, content_type="text/plain")


def sitemap_index(request):
    raise Http404


def sitemap_section(request, section):
    raise Http404


def media(request, path):
    return serve(request, path, document_root=settings.MEDIA_ROOT)
