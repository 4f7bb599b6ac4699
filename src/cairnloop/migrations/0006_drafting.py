import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cairnloop", "0005_chunk_sentences"),
    ]

    operations = [
        migrations.CreateModel(
            name="AutomationSwitch",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("is_stopped", models.BooleanField(default=False)),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                ("changed_by_kind", models.CharField(blank=True, max_length=10)),
                ("changed_by_ref", models.CharField(blank=True, max_length=200)),
                ("changed_by_name", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="cl_automation_one_switch")],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("reply", "Draft reply"),
                            ("clarification", "Question back"),
                            ("escalation", "No draft"),
                        ],
                        max_length=15,
                    ),
                ),
                ("reason", models.CharField(max_length=30)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("approved", "Approved"),
                            ("edited", "Approved with edits"),
                            ("discarded", "Discarded"),
                            ("stale", "Stale"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("answers_sequence", models.PositiveIntegerField()),
                ("score", models.FloatField(default=0)),
                ("threshold", models.FloatField(default=0)),
                ("generator", models.CharField(blank=True, max_length=200)),
                ("fell_back", models.BooleanField(default=False)),
                (
                    "fallback_cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", ""),
                            ("timeout", "It took too long"),
                            ("rate_limited", "Its provider had too many requests"),
                            ("unavailable", "Its provider did not answer"),
                            ("rejected", "Its provider did not accept the request"),
                            ("refused", "The model refused to answer"),
                            ("truncated", "The answer was cut off"),
                            ("malformed", "The answer was not in the form asked for"),
                            ("failed", "It failed"),
                        ],
                        max_length=15,
                    ),
                ),
                ("model", models.CharField(blank=True, max_length=100)),
                ("input_tokens", models.PositiveIntegerField(default=0)),
                ("output_tokens", models.PositiveIntegerField(default=0)),
                ("verdict", models.CharField(max_length=20)),
                (
                    "held_back",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", ""),
                            ("stopped", "Automatic replies are stopped"),
                            ("not_verified", "A sentence has no source"),
                            ("asks_several", "The customer may have asked several things"),
                            ("written_meanwhile", "Somebody wrote after the customer"),
                            ("waited_before", "The draft it replaces waited for a person"),
                        ],
                        max_length=20,
                    ),
                ),
                ("prepared_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_by_kind", models.CharField(blank=True, max_length=10)),
                ("decided_by_ref", models.CharField(blank=True, max_length=200)),
                ("decided_by_name", models.CharField(blank=True, max_length=200)),
                (
                    "discard_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", ""),
                            ("wrong", "It is not right"),
                            ("incomplete", "Something is missing"),
                            ("off_topic", "It answers something else"),
                            ("not_needed", "No such reply is needed"),
                            ("policy", "The policy denied it"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "stale_cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", ""),
                            ("new_message", "The customer wrote again"),
                            ("answered", "The customer was answered"),
                            ("closed", "The conversation was resolved or archived"),
                            ("source_changed", "A source was changed or withdrawn"),
                            ("replaced", "Another draft took its place"),
                        ],
                        max_length=15,
                    ),
                ),
                ("edited_chars", models.PositiveIntegerField(default=0)),
                (
                    "taken_over",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                ("instruction", models.CharField(blank=True, max_length=300)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="drafts", to="cairnloop.conversation"
                    ),
                ),
                (
                    "reply",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="draft",
                        to="cairnloop.message",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DraftSentence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("index", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("begins_paragraph", models.BooleanField(default=False)),
                (
                    "standing",
                    models.CharField(
                        choices=[("courtesy", "Courtesy"), ("quoted", "Quoted"), ("unverified", "Not verified")],
                        max_length=12,
                    ),
                ),
                ("doubt", models.CharField(blank=True, max_length=15)),
                ("start", models.PositiveIntegerField(default=0)),
                ("end", models.PositiveIntegerField(default=0)),
                ("fingerprint", models.CharField(blank=True, max_length=64)),
                (
                    "article",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="cairnloop.article",
                    ),
                ),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sentences", to="cairnloop.draft"
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="cairnloop.revision",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="draft",
            index=models.Index(
                models.F("conversation"), models.OrderBy(models.F("id"), descending=True), name="cl_draft_conversation"
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["pending", "failed"])),
                fields=("conversation",),
                name="cl_draft_one_open_per_conversation",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["reply", "clarification", "escalation"])), name="cl_draft_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "approved", "edited", "discarded", "stale", "failed"])),
                name="cl_draft_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("reply__isnull", True), ("status__in", ["approved", "edited"]), _connector="OR"),
                name="cl_draft_reply_only_once_sent",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["approved", "edited"]), _negated=True),
                    ("decided_by_kind", "operator"),
                    models.Q(
                        ("decided_by_kind", "system"), ("held_back", ""), ("status", "approved"), ("verdict", "allow")
                    ),
                    _connector="OR",
                ),
                name="cl_draft_sent_by_an_operator_or_allowed",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "draft_only"), _negated=True),
                    models.Q(("status", "approved"), _negated=True),
                    _connector="OR",
                ),
                name="cl_draft_only_is_never_sent_as_it_is",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("held_back", ""), ("verdict", "allow"), _connector="OR"),
                name="cl_draft_held_back_if_allowed",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "escalation"), _negated=True),
                    models.Q(("status__in", ["approved", "edited"]), _negated=True),
                    _connector="OR",
                ),
                name="cl_draft_escalation_is_never_sent",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "discarded"), ("discard_reason", ""), _connector="XOR"),
                name="cl_draft_discarded_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "stale"), ("stale_cause", ""), _connector="XOR"),
                name="cl_draft_stale_has_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["pending", "failed"]), ("decided_at__isnull", False), _connector="XOR"
                ),
                name="cl_draft_decided_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("fell_back", True), ("fallback_cause", ""), _connector="XOR"),
                name="cl_draft_fell_back_has_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("answers_sequence__gte", 1)), name="cl_draft_answers_a_message"
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("taken_over", []),
                    models.Q(("decided_by_kind", "operator"), ("status__in", ["approved", "edited"])),
                    _connector="OR",
                ),
                name="cl_draft_taken_over_by_an_operator",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("instruction", ""),
                    models.Q(("decided_by_kind", "operator"), ("stale_cause", "replaced")),
                    _connector="OR",
                ),
                name="cl_draft_instruction_by_an_operator",
            ),
        ),
        migrations.AddIndex(
            model_name="draftsentence",
            index=models.Index(models.F("article"), models.F("draft"), name="cl_draft_sentence_article"),
        ),
        migrations.AddConstraint(
            model_name="draftsentence",
            constraint=models.UniqueConstraint(fields=("draft", "index"), name="cl_draft_sentence_once_per_index"),
        ),
        migrations.AddConstraint(
            model_name="draftsentence",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="cl_draft_sentence_has_text"
            ),
        ),
        migrations.AddConstraint(
            model_name="draftsentence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("article__isnull", False),
                        ("end__gt", models.F("start")),
                        ("revision__isnull", False),
                        ("standing", "quoted"),
                    ),
                    models.Q(
                        ("article__isnull", True),
                        ("revision__isnull", True),
                        ("standing__in", ["courtesy", "unverified"]),
                    ),
                    _connector="OR",
                ),
                name="cl_draft_sentence_quoted_has_quote",
            ),
        ),
        migrations.AddConstraint(
            model_name="draftsentence",
            constraint=models.CheckConstraint(
                condition=models.Q(("standing", "unverified"), ("doubt", ""), _connector="XOR"),
                name="cl_draft_sentence_unverified_has_doubt",
            ),
        ),
    ]
