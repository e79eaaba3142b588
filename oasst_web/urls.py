"""Every address of the site."""

from __future__ import annotations

from django.urls import include, path

from oasst_web.pages import (
    agreement,
    contributions,
    dashboard,
    entrance,
    health,
    interface,
    reliability,
    rules,
    trees,
    work,
)

urlpatterns = [
    path("", entrance.home, name="home"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/available/", dashboard.available, name="available"),
    path("language/", dashboard.choose_language, name="choose_language"),
    path("theme/", dashboard.choose_theme, name="choose_theme"),
    path("interface-language/", interface.choose_interface_language, name="choose_interface_language"),
    # Signing in. allauth asks for these names; its pages for passwords and sign-up have no address here.
    path("sign-in/", entrance.request_code, name="account_request_login_code"),
    path("sign-in/", entrance.request_code, name="account_login"),
    path("sign-in/code/", entrance.confirm_code, name="account_confirm_login_code"),
    path("sign-in/closed/", entrance.inactive, name="account_inactive"),
    path("sign-out/", entrance.sign_out, name="account_logout"),
    path("demo/sign-in/", entrance.demo_sign_in, name="demo_sign_in"),
    path("terms/", entrance.terms, name="terms"),
    # Work.
    path("work/", work.claim, name="claim"),
    path("work/<uuid:task_id>/", work.task, name="task"),
    path("work/<uuid:task_id>/done/", work.done, name="done"),
    path("work/<uuid:task_id>/skip/", work.skip, name="skip"),
    path("work/<uuid:task_id>/release/", work.release, name="release"),
    # What came of it.
    path("mine/", contributions.messages, name="my_messages"),
    path("mine/reviews/", contributions.reviews, name="my_reviews"),
    path("mine/rankings/", contributions.rankings, name="my_rankings"),
    path("trees/<uuid:tree_id>/", trees.tree, name="tree"),
    path("messages/<uuid:message_id>/", trees.message, name="message"),
    path("messages/<uuid:message_id>/react/", trees.react, name="react"),
    path("messages/<uuid:message_id>/report/", trees.report, name="report"),
    path("rules/", rules.rules, name="rules"),
    # For moderators.
    path("moderation/agreement/", agreement.agreement, name="agreement"),
    path("moderation/reliability/", reliability.reliability, name="reliability"),
    # For machines.
    path("api/", include("oasst_web.api.urls")),
    path("_allauth/app/v1/", include("oasst_web.api.sign_in")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = "oasst_web.pages.errors.bad_request"
handler403 = "oasst_web.pages.errors.permission_denied"
handler404 = "oasst_web.pages.errors.page_not_found"
handler500 = "oasst_web.pages.errors.server_error"
