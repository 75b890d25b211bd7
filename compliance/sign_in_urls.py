"""Addresses of signing in. allauth looks its pages up by these names, so they have no namespace.

Only what staff need is opened: no sign-up, no e-mail change, no sign-in by code.
"""

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path

from compliance.access import public, staff_only

_SECOND = "account/second-factor/"

urlpatterns = [
    path("sign-in/", public(account.login), name="account_login"),
    path("sign-in/code/", public(factors.authenticate), name="mfa_authenticate"),
    path("sign-in/passkey/", public(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("sign-in/disabled/", public(account.account_inactive), name="account_inactive"),
    path("sign-out/", public(account.logout), name="account_logout"),
    path("account/password/", staff_only(account.password_change), name="account_change_password"),
    path("account/confirm/", staff_only(account.reauthenticate), name="account_reauthenticate"),
    path("account/confirm/code/", staff_only(factors.reauthenticate), name="mfa_reauthenticate"),
    path("account/confirm/passkey/", staff_only(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path(_SECOND, staff_only(factors.index), name="mfa_index"),
    path(f"{_SECOND}app/add/", staff_only(totp.activate_totp), name="mfa_activate_totp"),
    path(f"{_SECOND}app/remove/", staff_only(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path(f"{_SECOND}codes/", staff_only(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        f"{_SECOND}codes/new/", staff_only(recovery_codes.generate_recovery_codes), name="mfa_generate_recovery_codes"
    ),
    path(
        f"{_SECOND}codes/download/",
        staff_only(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path(f"{_SECOND}passkeys/", staff_only(passkeys.list_webauthn), name="mfa_list_webauthn"),
    path(f"{_SECOND}passkeys/add/", staff_only(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path(f"{_SECOND}passkeys/<int:pk>/remove/", staff_only(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
    path(f"{_SECOND}passkeys/<int:pk>/edit/", staff_only(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
]
