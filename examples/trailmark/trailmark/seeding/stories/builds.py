"""Runs, runners, logs and artifacts."""
# prose is not broken like code

from __future__ import annotations

import random

from trailmark.seeding.staging import (
    Archives,
    Notes,
    Rates,
    Reads,
    Reopens,
    Replies,
    Resolves,
    Says,
    Story,
    Takes,
)


def _linker_log(*, lines: int) -> str:
    """A build log as people paste it: all of it, with the one line that matters near the end."""
    dice = random.Random(20931)
    parts = (
        "routes",
        "manifest",
        "tariff",
        "weights",
        "harbor",
        "driver",
        "geo",
        "stamps",
        "queue",
        "ledger",
    )
    log = [
        "+ cargo build --release --locked --timings",
        "   Compiling dispatch-core v4.11.2 (/build/dispatch/core)",
    ]
    for number in range(lines):
        unit = f"{dice.choice(parts)}_{dice.choice(parts)}"
        log.append(f"[{number + 118:>4}/{lines + 131}] {dice.uniform(0.08, 9.4):5.2f}s  {unit}.rs → {unit}.o")
    log += [
        "error: linking with `cc` failed: exit status: 1",
        "  = note: /usr/bin/ld: final link failed: No space left on device",
        'error: could not compile `dispatch` (bin "dispatch") due to 1 previous error',
    ]
    return "\n".join(log)


BUILDS = (
    Story(
        key="runner-stuck",
        customer="seun",
        subject="Runner stuck on “waiting for capacity”",
        priority="urgent",
        begins="1h 22m",
        text="Run 418 of press has been “waiting for capacity” for an hour. Nothing else is running in our workspace.",
        steps=(
            Says(
                "24m",
                "Cancelled and started again: the same. We print tonight, and the cover PDFs come out of this build.",
            ),
        ),
    ),
    Story(
        key="whole-log",
        customer="mateus",
        subject="Release build fails while linking",
        begins="47m",
        text=(
            "The release build of dispatch fails since last night, always at the very end. Debug builds are fine. "
            "Here is the whole log, I hope you see more in it than I do:\n\n```\n" + _linker_log(lines=172) + "\n```"
        ),
    ),
    Story(
        key="badge-unknown",
        customer="jonas",
        subject="Status badge shows “unknown” for private repositories",
        begins="4h",
        text="The badge token is set, the run is green, and the image in our README still says *unknown*.",
        steps=(
            Takes("14m", "ivo"),
            Reads("1m", "ivo"),
            Replies(
                "10m",
                "ivo",
                "Does the address of the image end in `?token=…` with the **badge** token (it starts with `tmb_`), "
                "not with an API key? An API key is refused there on purpose, since READMEs are public quickly.",
            ),
            Says("1h 5m", "It is the badge token. I made a new one to be sure, and it is *unknown* with both."),
            Notes(
                "8m",
                "ivo",
                "Reproduced: the badge service keeps “unknown” for six hours once it has said it. "
                "Asked the runtime team to drop it from the cache when a token changes.",
            ),
        ),
    ),
    Story(
        key="log-region",
        customer="sam",
        subject="Is there an EU region for build logs?",
        priority="low",
        channel="email",
        begins="1d 2h",
        text=(
            "Our data protection officer asks two things about build logs: where they are kept, and for how long. "
            "For our European subsidiary both would have to be inside the EU."
        ),
        steps=(
            Takes("1h", "ivo"),
            Reads("1m", "ivo"),
            Replies(
                "32m",
                "ivo",
                "Logs are kept in the region of the workspace. Yours is *us-west*, so they are in Oregon, for 90 "
                "days.\n\nA second workspace for the subsidiary can be created in *eu-central* (Frankfurt): logs, "
                "artifacts and caches then never leave it. Members can belong to both with one login. Shall I "
                "prepare that?",
            ),
        ),
    ),
    Story(
        key="log-search",
        customer="sam",
        subject="Searching in logs got slow",
        priority="low",
        begins="8h",
        text="Searching the logs of ingest took two seconds last week and takes forty now. Nothing changed here.",
        steps=(
            Takes("35m", "ivo"),
            Reads("1m", "ivo"),
            Notes(
                "20m",
                "ivo",
                "The index of their region is being rebuilt until tonight. Off shift now, giving it back.",
            ),
            Takes("1m", "ivo", to=""),
        ),
    ),
    Story(
        key="artifact-days",
        customer="hannah",
        subject="How long are artifacts kept?",
        channel="email",
        begins="16d 5h",
        text="For our certification we need the artifacts of every release for ten years. What is your limit?",
        steps=(
            Takes("25m", "grace"),
            Replies(
                "18m",
                "grace",
                "Ninety days here. For ten years, let the release pipeline copy them to a bucket of your own; the "
                "step is called `keep-artifacts`, and an auditor can verify its signatures without us.",
            ),
            Resolves("3d", "grace", "No further question in three days."),
        ),
    ),
    Story(
        key="twice-at-night",
        customer="ines",
        subject="A scheduled build ran twice in one night",
        begins="25d 6h",
        text="The nightly build of playout ran at 01:30 and again at 01:30. Is that what happens when clocks change?",
        steps=(
            Takes("16m", "grace"),
            Replies(
                "22m",
                "grace",
                "Exactly that: schedules are read in Europe/Lisbon, and that night had 01:30 twice. Writing the "
                "schedule in UTC makes every night have each hour once.",
            ),
            Says("9m", "Switched to UTC. I like that the explanation is an hour that happens twice."),
            Resolves("2m", "grace"),
            Rates("1m", "positive"),
            Reopens(
                "24d",
                "grace",
                "Two more customers had the same: we should skip the second time ourselves.",
            ),
            Notes(
                "4m",
                "grace",
                "Keeping this open until the scheduler handles it. Inês offered to test the change.",
            ),
        ),
    ),
    Story(
        key="arm-runners",
        customer="viktor",
        subject="Are there arm64 runners?",
        begins="40d 3h",
        text="Cross-compiling arm-driver takes 31 minutes. Do you have native arm64 runners?",
        steps=(
            Takes("5m", "ada"),
            Replies(
                "7m",
                "ada",
                "Since last week: put `machine: arm64-4` into the pipeline. Same price per minute.",
            ),
            Says("48m", "Four minutes instead of thirty-one. I owe you a coffee."),
            Resolves("1m", "ada"),
            Rates("2m", "positive"),
        ),
    ),
    Story(
        key="out-of-office",
        customer="jonas",
        subject="Automatic reply: Your weekly build summary",
        channel="email",
        begins="6d 1h",
        text="I am away until Monday without access to mail. For gauges and alerts, write to the team list.",
        steps=(Archives("12m", "ivo", "An automatic reply, nobody waits for an answer."),),
    ),
    Story(
        key="whole-log-again",
        customer="mateus",
        subject="Release build fails while linking (second try)",
        channel="email",
        begins="33m",
        text="I could not see my message in the chat, so by mail as well: the release build of dispatch fails.",
        steps=(
            Notes("9m", "ivo", "The chat did arrive, see “Release build fails while linking”. Going on there."),
            Archives("1m", "ivo", "Duplicate of the conversation in the widget."),
        ),
    ),
)
