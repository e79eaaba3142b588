"""Every address of the site."""

from __future__ import annotations

from django.urls import include, path

from oasst_web.pages import (
    about,
    account,
    agreement,
    ahead,
    badges,
    boards,
    contributions,
    dashboard,
    elsewhere,
    entrance,
    guidelines,
    health,
    interface,
    leaving,
    news,
    passkeys,
    points,
    practice,
    reliability,
    rules,
    sign_in_ways,
    statistics,
    takeout,
    trees,
    undoing,
    welcome,
    work,
    writing,
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
    # With an account of another site. allauth asks for the names of the ways back.
    path("sign-in/with/<slug:site>/", elsewhere.go, name="sign_in_with"),
    path("sign-in/with/google/back/", elsewhere.back, {"site": "google"}, name="google_callback"),
    path("sign-in/with/discord/back/", elsewhere.back, {"site": "discord"}, name="discord_callback"),
    path("sign-in/with/github/back/", elsewhere.back, {"site": "github"}, name="github_callback"),
    path("sign-in/passkey/", passkeys.sign_in, name="passkey_sign_in"),
    path("sign-in/passkey/question/", passkeys.question, name="passkey_question"),
    path("demo/sign-in/", entrance.demo_sign_in, name="demo_sign_in"),
    # My account.
    path("account/", account.profile, name="account"),
    path("account/use/", account.consent, name="account_consent"),
    path("account/sign-in/", sign_in_ways.ways, name="account_sign_in"),
    path("account/sign-in/address/", sign_in_ways.add_address, name="add_address"),
    path("account/sign-in/address/code/", sign_in_ways.prove_address, name="prove_address"),
    path("account/sign-in/address/main/", sign_in_ways.main_address, name="main_address"),
    path("account/sign-in/address/remove/", sign_in_ways.remove_address, name="remove_address"),
    path("account/sign-in/linked/<int:account_id>/unlink/", sign_in_ways.unlink, name="unlink_account"),
    path("account/sign-in/passkeys/", passkeys.add, name="add_passkey"),
    path("account/sign-in/passkeys/question/", passkeys.new_question, name="new_passkey_question"),
    path("account/sign-in/passkeys/<int:passkey_id>/remove/", passkeys.remove, name="remove_passkey"),
    path("account/sign-in/elsewhere/end/", sign_in_ways.end_other_sessions, name="end_other_sessions"),
    path("account/data/", takeout.data, name="account_data"),
    path("account/delete/", leaving.leave, name="account_delete"),
    path("account/mail-off/<str:token>/", account.mail_off, name="mail_off"),
    path("terms/", entrance.terms, name="terms"),
    # Work.
    path("work/", work.claim, name="claim"),
    path("work/<uuid:task_id>/", work.task, name="task"),
    path("work/<uuid:task_id>/done/", work.done, name="done"),
    path("work/<uuid:task_id>/after/", work.after, name="after"),
    path("work/<uuid:task_id>/ahead/", ahead.claim_ahead, name="ahead"),
    path("work/<uuid:task_id>/skip/", work.skip, name="skip"),
    path("work/<uuid:task_id>/release/", work.release, name="release"),
    # Taking a review or ranking back just after it was sent.
    path("work/<uuid:task_id>/undo/", undoing.undo, name="undo"),
    # Writing.
    path("work/<uuid:task_id>/preview/", writing.preview, name="preview"),
    path("work/<uuid:task_id>/hints/", writing.hints, name="hints"),
    path("work/<uuid:task_id>/draft/", writing.save_draft, name="save_draft"),
    path("work/<uuid:task_id>/move/", writing.move, name="move_prompt"),
    path("work/<uuid:task_id>/give-back/", writing.give_back, name="give_back"),
    path("mine/drafts/", writing.drafts, name="drafts"),
    path("mine/drafts/<int:draft_id>/delete/", writing.delete_draft, name="delete_draft"),
    path("mine/drafts/<int:draft_id>/use/", writing.use_draft, name="use_draft"),
    path("messages/<uuid:message_id>/correct/", writing.correct, name="correct"),
    # What came of it.
    path("mine/", contributions.messages, name="my_messages"),
    path("mine/reviews/", contributions.reviews, name="my_reviews"),
    path("mine/rankings/", contributions.rankings, name="my_rankings"),
    path("news/", news.news, name="news"),
    path("trees/<uuid:tree_id>/", trees.tree, name="tree"),
    path("messages/<uuid:message_id>/", trees.message, name="message"),
    path("messages/<uuid:message_id>/react/", trees.react, name="react"),
    path("messages/<uuid:message_id>/report/", trees.report, name="report"),
    path("rules/", rules.rules, name="rules"),
    # What people reached, alone and together.
    path("boards/", boards.boards, name="boards"),
    path("boards/choose/", boards.choose, name="choose_boards"),
    path("points/", points.points, name="points"),
    path("badges/", badges.badges, name="badges"),
    # For newcomers and everybody else who reads.
    path("welcome/", welcome.languages, name="welcome"),
    path("welcome/topics/", welcome.topics, name="welcome_topics"),
    path("welcome/practice/", welcome.practice, name="welcome_practice"),
    path("welcome/done/", welcome.done, name="welcome_done"),
    path("practice/", practice.practices, name="practices"),
    path("practice/<str:kind>/", practice.practice, name="practice"),
    path("practice/<str:kind>/<int:number>/", practice.practice, name="practice_number"),
    path("guidelines/", guidelines.guidelines, name="guidelines"),
    path("guidelines/labels/", guidelines.label_guidelines, name="label_guidelines"),
    path("guidelines/<str:kind>/", guidelines.guideline, name="guideline"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("about/", about.about, name="about"),
    path("privacy/", about.privacy, name="privacy"),
    path("robots.txt", about.robots, name="robots"),
    path("manifest.webmanifest", about.manifest, name="manifest"),
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
# allauth looks for it.
handler429 = "oasst_web.pages.errors.too_many_requests"
handler500 = "oasst_web.pages.errors.server_error"
