from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

import cairnloop
from cairnloop.knowledge_base.front_matter import ArticleFile, read_article_file, write_article_file
from cairnloop.knowledge_base.importing import import_tree
from cairnloop.models import Article, AuditEntry, Chunk, Revision
from tests.factories import LIN, make_article, revise

pytestmark = pytest.mark.django_db

FEES = "---\ntitle: Fees abroad\nstatus: published\nvisibility: public\ntags: [money, travel]\n---\n\nNobody pays.\n"
SEATS = "# Seats and teams\n\nAdd a seat.\n"


def write(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    return root


def run(action: str, root: Path, **options: Any) -> list[str]:
    """What the command says of each file, and its last line; refusals are part of it."""
    out = StringIO()
    try:
        call_command("cairnloop_kb", action, str(root), stdout=out, **options)
    except CommandError as error:
        out.write(f"error: {error}\n")
    return [" ".join(line.split()[1:]) if "/" in line.split()[0] else line for line in out.getvalue().splitlines()]


def stored() -> list[Any]:
    tables = (Article, Revision, Chunk, AuditEntry)
    return [list(table.objects.order_by("pk").values()) for table in tables]  # type: ignore[attr-defined]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", billing__fees=FEES, seats=SEATS)


class TestImport:
    def test_makes_articles_of_files(self, tree):
        assert run("import", tree) == [
            "created billing/fees.md (published, public)",
            "created seats.md (draft, internal)",
            "2 created.",
        ]
        fees, seats = Article.objects.order_by("source_path")
        assert (fees.status, fees.visibility, fees.tags, fees.live_revision.text) == (
            "published", "public", ["money", "travel"], "Nobody pays.",
        )  # fmt: skip
        assert (seats.title, seats.status, seats.revisions.get().text) == ("Seats and teams", "draft", "Add a seat.")

    def test_writes_nothing_the_second_time(self, tree):
        run("import", tree)
        before = stored()
        with CaptureQueriesContext(connection) as captured:
            assert run("import", tree)[-1] == "2 unchanged."
        assert stored() == before
        written = [query["sql"] for query in captured if query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
        assert written == []

    def test_publishes_what_changed_and_leaves_what_an_operator_writes(self, tree):
        run("import", tree)
        write(tree, billing__fees=FEES.replace("Nobody", "Everybody"))
        assert run("import", tree)[0] == "published billing/fees.md (text)"
        fees = Article.objects.get(source_path="billing/fees.md")
        assert fees.live_revision.text == "Everybody pays."

        pending = revise(fees, "Ada is at it.", by=cairnloop.Actor.operator("1"))
        assert run("import", tree)[-1] == "2 unchanged."
        write(tree, billing__fees=FEES)
        before = stored()
        said = run("import", tree)
        assert said[0].startswith("refused billing/fees.md (Somebody is writing")
        assert said[-1].startswith("error: 1 files were refused")
        assert stored() == before
        assert Revision.objects.get(pk=pending.pk).text == "Ada is at it."

    def test_keeps_a_change_without_a_status_for_review(self, tree):
        run("import", tree, status="published")
        write(tree, seats=SEATS + "\nOr two.\n")
        assert run("import", tree)[1] == "updated seats.md (text)"
        seats = Article.objects.get(source_path="seats.md")
        assert seats.live_revision.text == "Add a seat."
        assert run("import", tree)[-1] == "2 unchanged."
        assert run("import", tree, status="published")[1] == "published seats.md"
        assert run("import", tree, status="published")[-1] == "2 unchanged."

    def test_changes_what_is_classified_and_keeps_what_a_file_is_silent_about(self, tree):
        run("import", tree)
        seats = Article.objects.get(source_path="seats.md")
        cairnloop.classify_article(article_id=seats.pk, visibility="public", tags=["by hand"], by=LIN_AS_OPERATOR)
        write(tree, billing__fees=FEES.replace("public", "internal").replace("travel", "trips"))
        assert run("import", tree) == ["updated billing/fees.md (visibility, tags)", "unchanged seats.md", SUM]
        seats.refresh_from_db()
        assert (seats.visibility, seats.tags) == ("public", ["by hand"])

    def test_archives_and_brings_back_what_files_say(self, tree):
        run("import", tree)
        write(tree, billing__fees=FEES.replace("status: published", "status: archived"))
        assert run("import", tree)[0] == "archived billing/fees.md"
        assert run("import", tree)[-1] == "2 unchanged."
        write(tree, billing__fees=FEES)
        assert run("import", tree)[0] == "published billing/fees.md (text)"
        assert run("import", tree)[-1] == "2 unchanged."

    def test_names_files_that_are_gone_and_archives_them_when_asked(self, tree):
        run("import", tree)
        make_article(title="Never in a file", publish=True)
        (tree / "billing/fees.md").unlink()
        assert run("import", tree)[1].startswith("missing billing/fees.md")
        assert Article.objects.get(source_path="billing/fees.md").is_published
        assert run("import", tree, archive_missing=True)[1].startswith("archived billing/fees.md")
        assert run("import", tree, archive_missing=True)[-1] == "1 unchanged."
        assert Article.objects.get(source_path=None).is_published

    def test_follows_an_article_that_moved_by_its_slug(self, tree):
        named = FEES.replace("---\ntitle", "---\nslug: fees\ntitle")
        write(tree, billing__fees=named)
        run("import", tree)
        (tree / "billing/fees.md").rename(tree / "costs.md")
        assert run("import", tree)[0] == "updated costs.md (path)"
        assert Article.objects.get(slug="fees").source_path == "costs.md"
        write(tree, again=named)
        assert run("import", tree)[0].startswith("refused again.md (Another article has this slug")

    def test_refuses_single_files_and_goes_on(self, tree, tmp_path):
        (tmp_path / "secret.md").write_text("# Secret\n\nKeys.")
        (tree / "a-link.md").symlink_to(tmp_path / "secret.md")
        (tree / "b-folder").symlink_to(tmp_path)
        (tree / "c-latin.md").write_bytes("# Gebühr".encode("latin-1"))
        (tree / "d-huge.md").write_bytes(b"x" * 2_100_001)
        os.mkfifo(tree / "e-pipe.md")
        bomb = "a: &a [x, x]\nb: &b [*a, *a]\ntitle: *b"
        write(
            tree,
            f_yaml="---\ntitle: [unclosed\n---\nText",
            g_bomb=f"---\n{bomb}\n---\nText",
            h_deep=f"---\ntitle: {'[' * 5000}\n---\nText",
            i_long=f"---\ntitle: {'x' * 20_000}\n---\nText",
            j_open="---\ntitle: x\n\nText",
            k_list="---\n- title\n---\nText",
            l_status="---\nstatus: live\n---\nText",
            m_bell="# Bell\n\nDing\x07",
            n_object="---\ntitle: !!python/object/apply:os.system [ls]\n---\nText",
            o_empty="---\nstatus: published\n---\n",
        )
        said = run("import", tree)
        refused = {line.split()[1] for line in said if line.startswith("refused")}
        assert {name.split("-")[0].split("_")[0] for name in refused} == set("abcdefghijklmno")
        assert Article.objects.count() == 2
        assert said[-2] == "2 created, 15 refused."
        assert not Article.objects.filter(title__icontains="secret").exists()

    def test_refuses_a_folder_without_articles(self, tree, tmp_path):
        run("import", tree)
        (tmp_path / "empty").mkdir()
        assert "no Markdown file" in run("import", tmp_path / "empty", archive_missing=True)[-1]
        assert "is no folder" in run("import", tmp_path / "nowhere")[-1]
        assert not Article.objects.in_status("archived").exists()

    def test_says_in_a_dry_run_exactly_what_happens_then(self, tree, tmp_path):
        run("import", tree)
        revise(Article.objects.get(source_path="seats.md"), "Mine.", by=cairnloop.Actor.operator("1"))
        make_article(slug="taken")
        write(
            tree,
            billing__fees=FEES.replace("Nobody", "Everybody").replace("money, ", ""),
            seats=SEATS + "\nMore.",
            a_new="---\nslug: fresh\n---\n\nNew.",
            b_again="---\nslug: fresh\n---\n\nNew too.",
            c_taken="---\nslug: taken\nstatus: published\n---\n\nx",
            d_hollow="---\nstatus: published\n---\n\n# Only headings\n\n## Here",
            e_first="# Same title\n\nx",
            f_second="---\nslug: same-title\n---\n\nx",
            g_old="---\nstatus: archived\n---\n\nx",
        )
        before = stored()
        with CaptureQueriesContext(connection) as captured:
            foreseen = run("import", tree, dry_run=True)
        assert stored() == before
        assert not [query for query in captured if query["sql"].startswith(("INSERT", "UPDATE", "SAVEPOINT"))]
        happened = run("import", tree)
        assert [line for line in foreseen if "dry run" not in line] == happened
        assert {line.split()[0] for line in happened} >= {"created", "published", "refused"}


LIN_AS_OPERATOR = cairnloop.Actor.operator("7", name="Lin")
SUM = "1 updated, 1 unchanged."


class TestExport:
    def test_comes_back_as_the_same_bytes(self, tree, tmp_path):
        run("import", tree)
        make_article(
            title='404: "quoted" — é 漢字', text="  indented code\n\n---\n\nText", tags=["no", "1.0"], publish=True
        )
        make_article(title="- dashes: [x]", text="", locale="pt-BR")
        old = make_article(title="Old", publish=True)
        cairnloop.archive_article(article_id=old.pk, by=LIN_AS_OPERATOR)
        one, two = tmp_path / "one", tmp_path / "two"
        assert run("export", one)[-1] == "5 written."
        assert "5 unchanged" in run("export", one)[-1]

        before = stored()
        assert run("import", one)[-1] == "5 unchanged."
        assert stored() == before

        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("TRUNCATE cairnloop_article CASCADE")
        assert run("import", one)[-1] == "5 created."
        run("export", two)
        assert contents(one) == contents(two)
        assert len(contents(one)) == 5

    def test_writes_what_is_live_and_nothing_outside(self, tmp_path):
        article = make_article(publish=True)
        revise(article, "Not yet.")
        outside = make_article(title="Outside", publish=True)
        Article.objects.filter(pk=outside.pk).update(source_path="../outside.md")
        said = run("export", tmp_path / "out")
        assert "1 written, 1 refused." in said
        assert "Not yet" not in (tmp_path / "out/how-refunds-work.md").read_text()
        assert not (tmp_path / "outside.md").exists()

    def test_writes_no_article_over_another(self, tmp_path):
        first, second, third, fourth = (make_article(title=f"Article {n}", publish=True) for n in range(4))
        # The second goes by its slug and key, which is the path of the third and the slug of the fourth.
        other = f"fees-{second.pk}"
        Article.objects.filter(pk=first.pk).update(source_path="fees.md")
        Article.objects.filter(pk=second.pk).update(slug="fees")
        Article.objects.filter(pk=third.pk).update(source_path=f"{other}.md")
        Article.objects.filter(pk=fourth.pk).update(slug=f"{other}-2")
        assert run("export", tmp_path / "out")[-1] == "4 written."
        assert len(contents(tmp_path / "out")) == 4
        assert "4 unchanged" in run("export", tmp_path / "out")[-1]

    def test_does_not_write_through_links(self, tmp_path):
        make_article(slug="fees", publish=True)
        (tmp_path / "out").mkdir()
        (tmp_path / "mine.txt").write_text("mine")
        (tmp_path / "out/fees.md").symlink_to(tmp_path / "mine.txt")
        assert "1 refused." in run("export", tmp_path / "out")
        assert (tmp_path / "mine.txt").read_text() == "mine"


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.md")}


PRINTED = {"exclude_categories": ["Cc", "Cs"]}
TEXTS = st.text(st.characters(**PRINTED, include_characters="\n\t"), max_size=200)
LINES = st.text(st.characters(**PRINTED), min_size=1, max_size=60)


class TestFrontMatter:
    @settings(deadline=None)
    @given(
        title=LINES,
        text=st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t"), max_size=200),
    )
    def test_reads_back_whatever_an_article_can_say(self, title, text):
        try:
            first = read_article_file(write_article_file(ArticleFile(title=title, text=text)), path="x.md")
        except cairnloop.InvalidInput:
            return
        assert read_article_file(write_article_file(first), path="x.md") == first

    def test_takes_a_title_from_the_name_when_nothing_says_one(self):
        assert read_article_file("Text\n\n# Late", path="a/setting_up-sso.md").title == "Setting up sso"
        assert read_article_file("Say `it` *well*\n===\n\nText", path="a.md").title == "Say it well"
        assert read_article_file("---\n---\n\nText", path="a.md").text == "Text"

    def test_takes_words_for_words(self):
        file = read_article_file("---\ntitle: 404\nlocale: no\ntags: b, a\nother: {x: 1}\n---\nx", path="a.md")
        assert (file.title, file.locale, file.tags) == ("404", "no", ["a", "b"])


class TestWhoMayImport:
    def test_is_no_customer(self, tree):
        with pytest.raises(cairnloop.OperatorNeeded):
            import_tree(tree, by=LIN)


def test_an_evaluation_set_becomes_a_tree_that_imports(tmp_path):
    article = {"id": "KB 1", "title": "Fees", "body_md": "Nobody pays.", "category": "Money", "audience": "customer"}
    (tmp_path / "set.jsonl").write_text(json.dumps(article) + "\n")
    command = [sys.executable, "-m", "rigs.article_tree", str(tmp_path / "set.jsonl"), str(tmp_path / "out")]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    told = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert told.stdout == "Wrote 1 files.\n", told.stderr
    assert run("import", tmp_path / "out")[-1] == "1 created."
    assert Article.objects.get().tags == ["money"]
