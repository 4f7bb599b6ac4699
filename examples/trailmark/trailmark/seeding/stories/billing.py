"""Money: charges, invoices, cards and plans."""
# prose is not broken like code

from __future__ import annotations

from trailmark.seeding.staging import (
    Archives,
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

DUPLICATE = "ch_3qk7lm2e"
"""The reference of Northbeam's second charge."""

CHARGED_TWICE = Story(
    key="charged-twice",
    customer="lin",
    subject="Charged twice this month, and CI is skipping runs",
    priority="high",
    begins="17h 10m",
    text=(
        "Hi, there are two charges of $348.00 for the Team plan on our card, 41 seconds apart, but only one invoice "
        "under Billing. Could you refund one of them?"
    ),
    steps=(
        Takes("3m", "ada"),
        Reads("1m", "ada"),
        Replies(
            "2m",
            "ada",
            "Thanks for the details, Lin. I see both charges. I am checking with our payments team which of them "
            "belongs to the invoice.",
        ),
        Says(
            "22m",
            "Thank you. One more thing: since this morning every CI run on main of nav-core is marked skipped with "
            "“seat limit reached”. We pay for 14 seats and we are 14 people.",
        ),
        Notes(
            "6m",
            "ivo",
            "The processor shows both captures. The second one has no invoice, so it is a true duplicate. On the "
            "seats: two bots deactivated last month were still counted, that is the known recount bug.",
        ),
        Reads("5m", "ada"),
        Replies(
            "3m",
            "ada",
            "The seat count is right again: 14 of 14, the two deactivated bots no longer count. I will have the "
            "skipped pipelines started for you in the morning.",
        ),
        Reads("1m", "ivo"),
        Says(
            "16h 16m",
            "Two of three repositories are green again, nav-core is still skipped. And is there news on the refund? "
            "Finance closes the month tomorrow.",
        ),
        Proposes("2m", "ivo", "refund_charge", {"charge": DUPLICATE}),
    ),
)

BILLING = (
    CHARGED_TWICE,
    Story(
        key="card-on-file",
        customer="lin",
        subject="Change the card on file",
        begins="113d 4h",
        text="Our old card runs out at the end of the month. Where do I put the new one, and when is it charged first?",
        steps=(
            Takes("9m", "grace"),
            Replies(
                "6m",
                "grace",
                "Under *Billing*, *Payment method*. The new card is charged on your next renewal; saving it takes "
                "nothing from it. The old one stays on record until then and is deleted afterwards.",
            ),
            Says("25m", "Found it, saved. Thanks."),
            Resolves("4m", "grace"),
        ),
    ),
    Story(
        key="cfo-left",
        customer="freya",
        subject="Change the billing e-mail, our CFO has left",
        channel="email",
        begins="1h 48m",
        text=(
            "Hello,\n\nour invoices still go to Agneta, who left us in spring. I am the owner of the workspace, but "
            "the field under Billing is grey and says “managed by agneta@alder-ash.example”.\n\n"
            "Could you move it to finance@alder-ash.example?\n\nFreya Lindholm\nAlder & Ash"
        ),
        steps=(Takes("30m", "ada"), Reads("1m", "ada")),
    ),
    Story(
        key="moved-offices",
        customer="freya",
        subject="New postal address on invoices",
        channel="email",
        begins="76d 2h",
        text="We have moved. From the next invoice on, please print Hornsgatan 44, 118 21 Stockholm.",
        steps=(
            Takes("35m", "ivo"),
            Replies("4m", "ivo", "Done. It stands on every invoice from today; earlier ones keep the old address."),
            Resolves("1m", "ivo"),
            Rates("2h", "positive"),
            Archives("30d", "grace", "Older than a month, nothing open."),
            Says(
                "45d 18h",
                "It seems the new address did not survive the plan change: the latest invoice has the old one again. "
                "Could you look once more?",
            ),
        ),
    ),
    Story(
        key="invoices-of-a-year",
        customer="yuki",
        subject="Export every invoice of a year at once",
        channel="email",
        begins="2h 31m",
        text=(
            "お世話になっております。Sorrel の田邊です。\n\n"
            "Our auditor wants all invoices of last year as one file. The billing page offers them one by one, and "
            "there are 61. Is there a way to export them together, ideally as PDF and as CSV?\n\n"
            "よろしくお願いいたします。\n田邊 由紀"
        ),
    ),
    Story(
        key="payment-failed",
        customer="seun",
        subject="Payment for Solo, monthly has failed",
        channel="host",
        priority="high",
        begins="1d 6h",
        text=None,
        steps=(
            Replies(
                "1s",
                "billing",
                "Your card was declined when we renewed your plan ($12.00). Nothing changes for seven days: builds "
                "keep running, and we try again the day after tomorrow. You can answer right here.",
            ),
            Says(
                "3h 12m",
                "My bank replaced the card, the new one arrives on Friday. Can I keep building until then?",
            ),
            Takes("11m", "ada"),
            Reads("1m", "ada"),
            Proposes("3m", "ada", "extend_trial", {"days": 7}),
            Replies(
                "2m",
                "ada",
                "Yes. I moved the next try to Monday, so you have the whole weekend. Nothing is switched off before "
                "that, and nothing is charged twice.",
            ),
        ),
    ),
    Story(
        key="trial-ends",
        customer="petra",
        subject="The trial ends before our review does",
        begins="4h 20m",
        text=(
            "We like what we see, but our security review takes until the end of next week, and the trial ends the day "
            "after tomorrow. Could we have two weeks more? We would rather not build on something we must switch off."
        ),
        steps=(
            Takes("25m", "ada"),
            Reads("1m", "ada"),
            Proposes("4m", "ada", "extend_trial", {"days": 14}),
            Replies(
                "2m",
                "ada",
                "Two weeks more are no problem from my side. I have asked for it, and write once it is done.",
            ),
            Notes("3m", "ada", "Their reviewers are three, and two seats are left. I asked for those too."),
            Proposes("1m", "ada", "grant_seats", {"seats": 3}),
        ),
    ),
    Story(
        key="vat-number",
        customer="ines",
        subject="VAT number is refused as invalid",
        begins="5d 3h",
        text="Your form says PT 509 442 13 is invalid. It stands on all our letters. What is wrong with it?",
        steps=(
            Takes("7m", "ivo"),
            Replies(
                "9m",
                "ivo",
                "It is one digit short: Portuguese numbers have nine digits after PT, yours has eight. Often the "
                "last one hides behind a line break in the letterhead.",
            ),
            Says("14m", "Oh. It does, exactly there. Nine digits now, and accepted. How embarrassing."),
            Replies("3m", "ivo", "It happened to our own accountants too. The corrected invoice is on its way."),
            Resolves("1m", "ivo"),
            Rates("6m", "positive"),
        ),
    ),
    Story(
        key="downgrade",
        customer="amara",
        subject="Downgrade at the end of the term",
        priority="low",
        begins="2d 5h",
        text="I am a studio of one now. Can I go from Team to Solo when this term ends, without losing old logs?",
        steps=(
            Takes("20m", "grace"),
            Replies(
                "12m",
                "grace",
                "You can: *Billing*, *Change plan*, *At the end of the term*. Logs younger than 30 days stay. Older "
                "ones can be downloaded until the change, in one archive.",
            ),
            Resolves("1h", "grace", "Answered, nothing to do on our side."),
            Says(
                "1d 20h",
                "Thank you, that answers it. One more question: is the audit log part of Solo, or does it end too?",
            ),
        ),
    ),
    Story(
        key="yearly-price",
        customer="marta",
        subject="Yearly price differs from the one on the website",
        begins="11d 2h",
        text=(
            "The pricing page says 20 % off for paying by the year. The offer in our workspace is 12 % off. Which of "
            "them is right?"
        ),
        steps=(
            Takes("2h 40m", "ivo"),
            Notes("10m", "ivo", "The page still shows the spring campaign. Asked marketing to take it down."),
            Replies(
                "5h",
                "ivo",
                "The 12 % is right. The 20 % was a campaign that has ended, and the page was not updated in time. "
                "That is our mistake, and I am sorry for the confusion.",
            ),
            Says("40m", "Then your page promised me something for a week that you will not keep."),
            Replies("1d 1h", "ivo", "I understand. I cannot change the price, but I have passed this on."),
            Resolves("2m", "ivo"),
            Rates("8m", "negative"),
        ),
    ),
)
