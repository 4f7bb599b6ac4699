"""Who gets in: keys, seats, sign-on, webhooks and limits."""
# ruff: noqa: E501  # prose is not broken like code

from __future__ import annotations

from trailmark.seeding.staging import (
    Approves,
    Defers,
    Notes,
    Proposes,
    Rates,
    Reads,
    Replies,
    Resolves,
    Says,
    Story,
    Takes,
)

ACCESS = (
    Story(
        key="key-in-fork",
        customer="priyanka",
        subject="API key visible in a public fork",
        priority="urgent",
        begins="26m",
        text=(
            "A contractor forked our tiles repository in public, with an API key in `deploy.sh`. The key starts with "
            "`tm_live_8f`. We revoked it twenty minutes ago, but calls still succeed from an address we do not know. "
            "What can we do right now?"
        ),
    ),
    Story(
        key="webhook-signatures",
        customer="mateus",
        subject="Webhook signatures fail after rotating the secret",
        priority="high",
        begins="1h 12m",
        text="We rotated the secret as described. Since then every delivery fails verification on our side.",
        steps=(
            Says(
                "6m",
                "What we compute, in case it helps:\n\n```python\n"
                'hmac.new(secret, body, sha256).hexdigest() == header.removeprefix("v1=")\n```\n\n'
                "The same code worked for eleven months.",
            ),
        ),
    ),
    Story(
        key="seats-for-monday",
        customer="hannah",
        subject="40 more seats before Monday’s onboarding",
        priority="high",
        channel="email",
        begins="3h 4m",
        text=(
            "Could you raise our limit by 40 seats today? Procurement signed the amendment this morning, its number "
            "is KH-2291. The new colleagues start on Monday at eight."
        ),
        steps=(
            Takes("12m", "ivo"),
            Reads("1m", "ivo"),
            Notes(
                "18m",
                "ivo",
                "Amendment is in the contract folder, countersignature from our side is missing.",
            ),
            Replies(
                "2m",
                "ivo",
                "The amendment has arrived. Our signature is the only thing missing, and I have asked for it. You "
                "will have the seats today.",
            ),
            Says("55m", "Thank you. It would calm me to see the number change before the weekend."),
            Proposes("20m", "ivo", "grant_seats", {"seats": 40}),
            Approves("6m", "grace"),
        ),
    ),
    Story(
        key="sso-sandbox",
        customer="dario",
        subject="SSO sends people to the wrong workspace",
        priority="high",
        begins="1d 2h",
        text="Anyone invited before February lands in our sandbox workspace after SSO. New people are fine.",
        steps=(
            Takes("18m", "grace"),
            Reads("1m", "grace"),
            Replies(
                "15m",
                "grace",
                "Could you send the `NameID` of one person it happens to, and of one it does not? Their "
                "names are not needed.",
            ),
            Says(
                "50m",
                "Wrong: `u-20417@meridian`. Right: `00u7h3k1x`. Looks as if you kept the old format for some.",
            ),
            Notes(
                "25m",
                "grace",
                "They changed the format of NameID in February. Old members keep two identities, and we pick the "
                "older one. 41 members, 23 of them affected. A merge needs their consent, see the runbook.",
            ),
            Replies(
                "20m",
                "grace",
                "You are right. When your provider changed the format, 23 people got a second identity, and we sign "
                "them in with the first. I can merge each pair: history and permissions are kept, and everyone signs "
                "in once more. May I do it tonight at 20:00 UTC?",
            ),
            Proposes("30m", "ivo", "grant_seats", {"seats": 20}),
            Defers("10m", "grace", "Not before the merge: 23 of them hold two seats until tonight."),
        ),
    ),
    Story(
        key="usage-limit",
        customer="marta",
        subject="Rate limit on the usage endpoint",
        begins="3h 5m",
        text="We poll `/v2/usage` once a minute per project and started to see 429 this morning.",
        steps=(
            Takes("21m", "ada"),
            Reads("1m", "ada"),
            Replies(
                "9m",
                "ada",
                "The limit is 10 requests a minute per key, and you have 12 projects. Either ask for all of them at "
                "once with `?project=*`, or use two keys. The first is kinder to both of us.",
            ),
            Says(
                "1h 30m",
                "`?project=*` works, but it leaves out archived projects, and finance wants those. Is there a flag?",
            ),
        ),
    ),
    Story(
        key="invite-expired",
        customer="lin",
        subject="Invite link expired for a contractor",
        begins="37d 2h",
        text="The link we sent to a contractor has expired before he used it. Can you make it live longer?",
        steps=(
            Takes("4m", "ada"),
            Replies(
                "5m",
                "ada",
                "Links live for 72 hours, and I cannot stretch one that has ended. A new one takes two clicks: "
                "*Members*, *Invited*, *Send again*. For contractors you can choose 14 days there.",
            ),
            Says("31m", "He is in. The 14 days are exactly what I was looking for."),
            Resolves("2m", "ada"),
            Rates("5m", "positive"),
        ),
    ),
    Story(
        key="lost-phone",
        customer="amara",
        subject="Lost my phone, locked out by two-factor",
        priority="high",
        channel="email",
        begins="19d 4h",
        text="My phone is at the bottom of the Regent’s Canal, and the recovery codes were on it. How do I get back in?",
        steps=(
            Takes("50m", "ivo"),
            Replies(
                "10m",
                "ivo",
                "I am sorry about the phone. To be sure it is you, we need a call at the number on your invoices, "
                "and then a wait of 24 hours in which you can object from your mail address.",
            ),
            Says("15m", "I understand the reasons. But a client waits for a build today."),
            Replies(
                "20m",
                "ivo",
                "The wait is fixed, I cannot shorten it for anyone, and that is what protects you. Your scheduled "
                "builds keep running meanwhile.",
            ),
            Says("1d 1h", "I am back in. It cost me a client, though."),
            Resolves("30m", "ivo"),
            Rates("20m", "negative"),
        ),
    ),
    Story(
        key="scopes",
        customer="jonas",
        subject="Read-only API key",
        priority="low",
        begins="58d 2h",
        text="Is there an API key that can only read? I want to put one on a wall display.",
        steps=(
            Takes("9m", "ada"),
            Replies("4m", "ada", "Yes: choose the scope *Read runs* when you make it. It sees results, not logs."),
            Resolves("2d", "ada", "No further question."),
            Rates("4h", "positive"),
        ),
    ),
    Story(
        key="webhook-replay",
        customer="marta",
        subject="Can a webhook be delivered again?",
        begins="2h 50m",
        text="Our receiver was down for ten minutes. Are the webhooks of that time lost?",
        steps=(
            Takes("2m", "grace"),
            Replies(
                "4m",
                "grace",
                "They are not. *Webhooks*, *Deliveries*, filter by *Failed*, then *Deliver again*. Each carries its "
                "old id, so your receiver can tell that it has seen one before.",
            ),
            Says("12m", "All 31 are in. We did not check ids until today, and now we do."),
            Resolves("1m", "grace"),
            Rates("3m", "positive"),
        ),
    ),
    Story(
        key="default-branch",
        customer="sam",
        subject="Default branch is called trunk",
        priority="low",
        begins="1h 35m",
        text="We renamed *main* to *trunk* everywhere. Where do I tell Trailmark?",
        steps=(
            Takes("3m", "ada"),
            Replies("2m", "ada", "Nowhere: it asks your host with every push. The next one is built as *trunk*."),
            Says("6m", "It was. I like settings that do not exist."),
            Resolves("1m", "ada"),
            Rates("1m", "positive"),
        ),
    ),
)
