"""One long conversation: two people look for a build that fails one time in nine."""
# ruff: noqa: E501  # prose is not broken like code

from __future__ import annotations

from collections.abc import Iterator

from trailmark.seeding.staging import Notes, Reads, Replies, Says, Step, Story, Takes

VIKTOR, IVO, NOTE = "viktor", "ivo", "note"

# Who, how long after the line before, and what.
TALK = (
    (IVO, "12m", "Hello Viktor. One in nine is an interesting rate. Is it always the same test?"),
    (VIKTOR, "4m", "No. Always the same *step*: unpacking the cache. Then whatever comes next fails."),
    (IVO, "3m", "With which words?"),
    (VIKTOR, "2m", "`tar: Unexpected EOF in archive`. Or no words at all, and files of zero bytes."),
    (
        IVO,
        "9m",
        "So the archive is cut. Could you add `cache: verify` to the pipeline? It prints size and checksum.",
    ),
    (VIKTOR, "14m", "Added. First run: fine. 418,233,119 bytes."),
    (VIKTOR, "26m", "Second: fine. Same size."),
    (VIKTOR, "31m", "Fifth: **fails**. 402,653,184 bytes."),
    (IVO, "4m", "402,653,184 is 384 MiB to the byte. That is no accident."),
    (VIKTOR, "1m", "It is a very round accident."),
    (IVO, "6m", "Uploads go in parts of 64 MiB. You got six parts of seven."),
    (
        NOTE,
        "15m",
        "Parts are listed right after the last one is confirmed. If the list is one behind, we join six of seven.",
    ),
    (VIKTOR, "5m", "Who decides that there are seven?"),
    (IVO, "7m", "A good question. The one who joins them asks the storage for a list, and believes it."),
    (VIKTOR, "3m", "And the storage is honest?"),
    (IVO, "11m", "It promises a complete list. I am not sure it promises one *in time*."),
    (VIKTOR, "2m", "Then the size should be in the manifest, and compared."),
    (IVO, "3m", "It is in the manifest. Nobody compares it. I am looking at the line where one would."),
    (VIKTOR, "5m", "Can I see that line?"),
    (IVO, "8m", "```go\n// size is informational\n```"),
    (VIKTOR, "1m", "“Informational.”"),
    (IVO, "2m", "Yes."),
    (VIKTOR, "40m", "While you are at it: does it fail more often in the evening? I plotted 300 runs."),
    (IVO, "12m", "Please send the numbers, the picture cannot be attached here yet."),
    (
        VIKTOR,
        "6m",
        "| hour (UTC) | runs | cut |\n|---|---|---|\n| 06–12 | 110 | 3 |\n| 12–18 | 121 | 12 |\n| 18–24 | 69 | 17 |",
    ),
    (IVO, "9m", "3, 10 and 25 %. It follows the load of the storage, not of your repository."),
    (VIKTOR, "3m", "So I am not mad."),
    (IVO, "1m", "You are the first who counted."),
    (
        NOTE,
        "25m",
        "Three other workspaces in the same region have cut caches, none has written to us. Telling the runtime team.",
    ),
    (
        IVO,
        "14h 30m",
        "Good morning. The runtime team has reproduced it: under load the list is late by up to 800 ms.",
    ),
    (VIKTOR, "22m", "And we join after?"),
    (IVO, "4m", "After 50 ms."),
    (VIKTOR, "1m", "That explains the evenings."),
    (
        IVO,
        "16m",
        "There is a change ready: whoever joins has to have as many parts as were sent, or it waits.",
    ),
    (VIKTOR, "3m", "How long does it wait?"),
    (IVO, "2m", "Ten seconds, then the cache counts as absent. You would build without it: slow, but right."),
    (VIKTOR, "2m", "Slow but right is what I want on my gravestone."),
    (IVO, "5m", "May I switch it on for nav-core only, today?"),
    (VIKTOR, "7m", "Please do. I will start a run every ten minutes and go for a walk."),
    (IVO, "12m", "It is on. The line you look for is `cache: joined 7/7`."),
    (VIKTOR, "2h 10m", "Back. 13 runs, 13 times 7/7. One of them waited 640 ms."),
    (IVO, "4m", "So that one would have been cut before."),
    (VIKTOR, "3m", "Can you prove it?"),
    (IVO, "6m", "The line has the first answer too: `listed 6, expected 7, waited 640ms, listed 7`."),
    (VIKTOR, "2m", "I like this line very much."),
    (IVO, "30m", "To be careful: until when do you want to watch it before we say that it is over?"),
    (
        VIKTOR,
        "5m",
        "One in nine. To be 99 % sure I need 40 clean runs in a row, let us say 120 with an evening in between.",
    ),
    (IVO, "3m", "Then 120 it is. I leave this open."),
    (VIKTOR, "8h", "71 of 120. No cut one. Six waited."),
    (IVO, "11h 20m", "Good morning. How did the evening go?"),
    (VIKTOR, "14m", "118 of 120. The last two are running."),
    (VIKTOR, "20m", "119."),
    (VIKTOR, "9m", "120 of 120. Eleven of them waited, the longest 790 ms."),
    (IVO, "4m", "I have never been so glad about the number seven."),
    (
        VIKTOR,
        "2m",
        "One more thing, now that I trust the cache. arm-driver downloads the toolchain each time: 1.1 GB.",
    ),
    (IVO, "8m", "It has no cache key. May I suggest one?"),
    (VIKTOR, "1m", "Please."),
    (
        IVO,
        "6m",
        '```yaml\ncache:\n  key: toolchain-{{ hash "rust-toolchain.toml" }}\n  paths: [~/.rustup]\n```',
    ),
    (VIKTOR, "18m", "From 4:10 to 1:35."),
    (IVO, "3m", "Per run, and you have about thirty a day: an hour and a quarter of waiting less."),
    (VIKTOR, "4m", "I shall spend it on arm-driver’s tests. They are flaky, and that is *my* fault."),
    (
        NOTE,
        "12m",
        "The change goes to everyone on Tuesday. Keep Viktor’s table, it is the best evidence we have.",
    ),
    (IVO, "5m", "On Tuesday everyone gets it. Would you allow us to thank you by name in the release notes?"),
    (VIKTOR, "9m", "By name, yes. And write “one in nine”, not “rarely”. It was never rare."),
    (IVO, "7m", "“One in nine” it is. I write here once it is out, and close this only then."),
)


def _steps() -> Iterator[Step]:
    yield Takes("5m", "ivo")
    for who, after, text in TALK:
        if who == VIKTOR:
            yield Says(after, text)
            continue
        yield Reads("1s", "ivo")
        yield Notes(after, "ivo", text) if who == NOTE else Replies(after, "ivo", text)


FLAKY_CACHE = Story(
    key="flaky-cache",
    customer="viktor",
    subject="One build in nine fails while unpacking the cache",
    begins="2d 20h",
    text="The build of nav-core fails now and then, about one time in nine. Started again, it passes. Where do I begin?",
    steps=tuple(_steps()),
)
