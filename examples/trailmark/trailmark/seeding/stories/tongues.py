"""Conversations that run right to left, are full of signs, or need a careful font."""
# ruff: noqa: E501  # prose is not broken like code

from __future__ import annotations

from trailmark.seeding.staging import Reads, Replies, Says, Story, Takes

TONGUES = (
    Story(
        key="rotate-arabic",
        customer="noor",
        subject="تجديد مفتاح API دون إيقاف البناء",
        begins="52m",
        text=(
            "مرحبًا، نريد تجديد مفتاح API في مساحة العمل «زيتونة» من دون أن يتوقف بناء المستودع naskh.\n\n"
            "هل يمكن أن يعمل المفتاحان القديم والجديد معًا لمدة ساعة واحدة؟"
        ),
        steps=(
            Says(
                "7m",
                "English is fine for the answer as well. The repository is `naskh`, and the key starts with `tm_live_c2`.",
            ),
        ),
    ),
    Story(
        key="colour-names",
        customer="noor",
        subject="Branch names with Arabic letters",
        begins="9d 3h",
        text="الفرع اسمه «تجربة/خط-النسخ» ولا يظهر في قائمة التشغيل. With Latin letters it does. Is that intended?",
        steps=(
            Takes("12m", "grace"),
            Reads("1m", "grace"),
            Replies(
                "30m",
                "grace",
                "Not intended, thank you for finding it. The list sorted by a key that dropped every letter outside "
                "ASCII, so your branch had an empty one. «تجربة/خط-النسخ» shows up again, and there is a test with "
                "its name now.",
            ),
            Says("2h", "رائع، شكرًا جزيلًا! It is there, and in the right place. 🌿"),
            Replies("5m", "grace", "على الرحب والسعة. I leave this open until you have seen tonight’s run."),
        ),
    ),
    Story(
        key="commit-emoji",
        customer="ines",
        subject="Os emojis nas mensagens de commit aparecem partidos 🎙️",
        priority="low",
        begins="6h 20m",
        text=(
            "Olá! Usamos gitmoji, e nas vossas listas alguns aparecem partidos: 🎙️ fica com um quadrado atrás, "
            "👩🏽‍🔧 são duas pessoas, e 🏴󠁧󠁢󠁳󠁣󠁴󠁿 é só uma bandeira preta. Nota: “áéíõ” está tudo certo."
        ),
        steps=(
            Takes("19m", "ada"),
            Reads("1m", "ada"),
            Replies(
                "22m",
                "ada",
                "Obrigada, Inês! 🙌 The list cut messages after 50 *code points*, in the middle of such a sign. It "
                "counts what people see now: 👩🏽‍🔧 is one, 🏴󠁧󠁢󠁳󠁣󠁴󠁿 is one, and so is é however it was typed. Out tomorrow.",
            ),
        ),
    ),
)
