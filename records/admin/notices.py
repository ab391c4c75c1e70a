"""“My notices”: each member of staff says what to be told of by e-mail."""

from django import forms
from django.contrib import admin, messages
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from records.languages import page_language
from records.models import Subscription
from records.models.notices import Kind
from records.notices import may_see


class SubscriptionForm(forms.ModelForm):
    """What one user asks for: only kinds that the user may see."""

    kinds = forms.MultipleChoiceField(
        label=_("Tell me by e-mail"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Subscription
        fields = ["kinds", "language"]
        widgets = {"language": forms.RadioSelect}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        user = self.instance.user
        self.fields["kinds"].choices = [
            (kind.value, kind.label) for kind in Kind if may_see(user, kind)
        ]


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin):
    """One page, of whoever has signed in; nobody sees that of another."""

    def get_urls(self):
        page = self.admin_site.admin_view(self.my_notices)
        return [path("", page, name="records_subscription_changelist")]

    def has_module_permission(self, request):
        return request.user.is_staff

    def has_view_permission(self, request, obj=None):
        return request.user.is_staff

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def my_notices(self, request):
        mine = Subscription.objects.filter(user=request.user).first()
        mine = mine or Subscription(user=request.user, language=page_language())
        form = SubscriptionForm(request.POST or None, instance=mine)
        if request.method == "POST" and form.is_valid():
            form.save()
            messages.success(request, gettext("Your notices are saved."))
            return redirect("admin:records_subscription_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("My notices"),
            "opts": self.opts,
            "form": form,
        }
        return render(request, "admin/records/notices.html", context)
