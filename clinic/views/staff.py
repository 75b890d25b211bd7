"""Staff and care teams, for the admin."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from clinic import staff as people
from clinic.models import CareTeam, User
from clinic.views.record import staff
from compliance.access import Role, role_required


class AccountForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)
    teams = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Care teams"),
        queryset=CareTeam.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A clinician sees the patients of these teams, and nobody else’s."),
    )


class ChangeForm(AccountForm):
    phone = forms.CharField(
        label=gettext_lazy("Mobile phone"), max_length=40, required=False, help_text=gettext_lazy("For pages by SMS.")
    )
    is_active = forms.BooleanField(label=gettext_lazy("May sign in"), required=False)


class AddForm(AccountForm):
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=150)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=150)
    username = forms.CharField(label=gettext_lazy("Sign-in name"), max_length=150)
    email = forms.EmailField(label=gettext_lazy("E-mail"))
    phone = forms.CharField(
        label=gettext_lazy("Mobile phone"), max_length=40, required=False, help_text=gettext_lazy("For pages by SMS.")
    )
    password = forms.CharField(
        label=gettext_lazy("First password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("12 characters or more. They change it after their first sign-in."),
    )
    field_order = ["first_name", "last_name", "username", "email", "phone", "password", "role", "teams"]

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(_("Somebody has this sign-in name. Choose another."))
        return username

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class TeamForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the team"), max_length=80)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if CareTeam.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError(_("There is a team of this name."))
        return name


@role_required(Role.ADMIN)
@require_safe
def staff_list(request: HttpRequest) -> HttpResponse:
    everyone = (
        User.objects.filter(is_service=False)
        .prefetch_related("care_teams")
        .order_by("-is_active", "last_name", "username")
    )
    teams = CareTeam.objects.prefetch_related("members").order_by("name")
    return render(request, "clinic/staff.html", {"everyone": everyone, "teams": teams})


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_add(request: HttpRequest) -> HttpResponse:
    form = AddForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        people.add(**form.cleaned_data)
        messages.success(request, _("Added. They can sign in now."))
        return redirect("clinic:staff")
    return render(request, "clinic/staff_form.html", {"form": form, "person": None})


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_change(request: HttpRequest, user_id: UUID) -> HttpResponse:
    person = get_object_or_404(User, pk=user_id)
    initial = {
        "role": person.role,
        "teams": person.care_teams.all(),
        "is_active": person.is_active,
        "phone": person.phone,
    }
    form = ChangeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        if person == staff(request) and not (
            form.cleaned_data["is_active"] and form.cleaned_data["role"] == Role.ADMIN
        ):
            form.add_error(None, _("Another administrator has to do this: you would lock yourself out."))
        else:
            people.change(person, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("clinic:staff")
    return render(request, "clinic/staff_form.html", {"form": form, "person": person})


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def team_add(request: HttpRequest) -> HttpResponse:
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        people.add_team(form.cleaned_data["name"])
        return redirect("clinic:staff")
    return render(request, "clinic/team_form.html", {"form": form})
