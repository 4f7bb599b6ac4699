"""The knowledge base in a real browser: nothing written is lost, nothing hostile runs, everyone can use it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

import cairnloop
from cairnloop.models import Article, Chunk
from tests.accessible import TOUCH, objections, too_small, violations
from tests.factories import actor_of, make_article, make_operator, revise
from tests.web.conversation.conftest import HOSTILE
from tests.web.knowledge_base.conftest import LONG_TEXT, newest, url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

ATTACKS = [
    # What no article can hold is refused before anybody sees it.
    *(re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", payload) for payload in HOSTILE),
    "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html,<script>alert(1)</script>)",
    "<javascript:alert(1)>", "![x](https://evil.example/i.png)", "<img src=x onerror=alert(1)>",
    "[x][r]\n\n[r]: javascript:alert(1)", '```"><script>alert(1)</script>\ncode\n```', "# <svg onload=alert(1)>",
    '[x](https://a.example "\\" onmouseover=alert(1) x=\\"")', "|<script>alert(1)</script>|\n|---|\n|<b onclick=x>|",
    "</textarea><script>alert(1)</script>", "</template><script>alert(1)</script>",
]  # fmt: skip
UNSAFE = """() => [...document.querySelectorAll('main *')].flatMap((each) => [...each.attributes]
    .filter(({ name, value }) => /^on/i.test(name) || /^\\s*(javascript|data|vbscript):/i.test(value))
    .map(({ name }) => `${each.tagName} ${name}`))
  .concat([...document.querySelectorAll('.cl-prose :is(script, img, svg:not(.cl-icon), iframe, form, style, object)')]
    .map((each) => each.outerHTML))"""


@pytest.fixture
def article(backstage: Any, ada: Any) -> Article:
    """Live in its second revision, with a third one being written."""

    def write() -> Article:
        article = make_article(text=LONG_TEXT, publish=True, tags=["billing"], by=actor_of(ada))
        revise(article, LONG_TEXT.replace("What part 3", "All that part 3"), publish=True, by=actor_of(ada))
        revise(article, LONG_TEXT.replace("What part 3", "Nothing that part 3"), by=actor_of(ada))
        return article

    made: Article = backstage(write)
    return made


def text_field(page: Page) -> Any:
    return page.get_by_role("textbox", name="Markdown")


def saved(page: Page) -> None:
    expect(page.locator("cl-editor")).to_have_attribute("data-state", "saved")


class Asked:
    """Answers the question whether to leave, and remembers that it was asked."""

    def __init__(self, page: Page) -> None:
        self.count = 0
        self.leaves = False
        page.on("dialog", self._answer)

    def _answer(self, dialog: Dialog) -> None:
        self.count += 1
        if self.leaves:
            dialog.accept()
        else:
            dialog.dismiss()


class TestWriting:
    def test_is_previewed_guarded_kept_and_saved(self, desk, article, backstage):
        page = desk().open(url("article-editor", article.pk), state="")
        asked = Asked(page)
        saved(page)
        text_field(page).fill("Some **bold** words.")
        expect(page.locator("#article-preview strong")).to_have_text("bold")
        expect(page.get_by_text("Unsaved changes", exact=True).first).to_be_visible()

        page.get_by_role("link", name="Articles", exact=True).click()
        page.wait_for_timeout(200)
        assert (asked.count, page.url.endswith("/edit/")) == (1, True)
        asked.leaves = True
        page.reload()
        assert asked.count == 2
        expect(page.get_by_text("What you had not saved is back in the fields.")).to_be_visible()
        expect(text_field(page)).to_have_value("Some **bold** words.")
        expect(page.locator("#article-preview strong")).to_have_text("bold")

        text_field(page).press("ControlOrMeta+s")
        saved(page)
        expect(page.get_by_text("What you had not saved")).to_have_count(0)
        assert backstage(lambda: newest(article).text) == "Some **bold** words."
        page.get_by_role("link", name="Articles", exact=True).click()
        page.wait_for_url("**/knowledge/")
        page.go_back()
        saved(page)
        assert asked.count == 2

    def test_goes_on_while_it_is_saved(self, desk, article, backstage):
        page = desk().open(url("article-editor", article.pk), state="")
        saved(page)
        held: list[Any] = []
        page.route("**/saving/", lambda route: held.append(route))
        text_field(page).fill("First.")
        page.get_by_role("button", name="Save draft").click()
        expect(page.get_by_text("Saving…")).to_be_visible()
        text_field(page).press_sequentially(" Second.")
        held[0].continue_()
        expect(page.locator("cl-editor")).to_have_attribute("data-state", "unsaved")
        expect(text_field(page)).to_have_value("First. Second.")
        expect(text_field(page)).to_be_focused()
        page.unroute("**/saving/")
        page.keyboard.press("ControlOrMeta+s")
        saved(page)
        assert backstage(lambda: newest(article).text) == "First. Second."

    def test_survives_a_server_that_does_not_answer(self, desk, article):
        page = desk().open(url("article-editor", article.pk), state="")
        saved(page)
        page.route("**/saving/", lambda route: route.abort())
        text_field(page).fill("Mine.")
        page.get_by_role("button", name="Save draft").click()
        expect(page.get_by_text("The server did not answer.")).to_be_visible()
        expect(text_field(page)).to_have_value("Mine.")
        expect(page.locator("cl-editor")).to_have_attribute("data-state", "unsaved")

    def test_survives_whatever_else_answers_in_its_place(self, desk, article):
        page = desk().open(url("article-editor", article.pk), state="")
        saved(page)
        page.route(
            "**/saving/", lambda route: route.fulfill(status=200, content_type="text/html", body="<p>Accept</p>")
        )
        text_field(page).fill("Mine.")
        page.keyboard.press("ControlOrMeta+s")
        expect(page.locator("cl-editor")).to_have_attribute("data-state", "unsaved")
        kept = page.evaluate("JSON.stringify({...localStorage})")
        assert "Mine." in kept

    def test_survives_a_session_that_ended(self, desk, article):
        page = desk().open(url("article-editor", article.pk), state="")
        asked = Asked(page)
        saved(page)
        cookies = page.context.cookies()
        page.context.clear_cookies()
        text_field(page).fill("Mine.")
        page.keyboard.press("ControlOrMeta+s")
        page.wait_for_url("**/login/**")
        assert asked.count == 0
        page.context.add_cookies(cookies)
        page.goto(page.url.split("/login/")[0] + url("article-editor", article.pk))
        expect(page.get_by_text("What you had not saved is back in the fields.")).to_be_visible()
        expect(text_field(page)).to_have_value("Mine.")

    def test_goes_on_where_the_page_comes_back_after_a_session_that_ended(self, desk, article):
        page = desk().open(url("article-editor", article.pk), state="")
        asked = Asked(page)
        saved(page)
        cookies = page.context.cookies()
        page.context.clear_cookies()
        # The way to the sign-in and back, by a browser that keeps pages as they were left.
        page.route("**/login/**", lambda route: route.fulfill(status=204))
        text_field(page).fill("Mine.")
        with page.expect_request("**/login/**"):
            page.keyboard.press("ControlOrMeta+s")
        page.context.add_cookies(cookies)
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        text_field(page).fill("Mine, and more.")
        asked.leaves = True
        page.reload()
        assert asked.count == 1
        expect(text_field(page)).to_have_value("Mine, and more.")

    def test_meets_someone_elses_version_and_goes_on(self, desk, article, backstage):
        page = desk().open(url("article-editor", article.pk), state="")
        saved(page)
        text_field(page).fill("Mine.")
        grace = backstage(lambda: make_operator("grace", first_name="Grace", last_name="Owusu"))
        backstage(lambda: revise(article, "Theirs.", by=actor_of(grace)))
        page.keyboard.press("ControlOrMeta+s")
        expect(page.get_by_role("alert")).to_contain_text("Not saved: Grace Owusu saved this article")
        expect(page.get_by_role("textbox", name="Their text")).to_have_value("Theirs.")
        expect(text_field(page)).to_have_value("Mine.")
        assert violations(page) == []
        text_field(page).fill("Mine and theirs.")
        page.get_by_role("button", name="Keep mine").click()
        saved(page)
        expect(page.get_by_role("alert")).to_have_count(0)
        assert backstage(lambda: newest(article).text) == "Mine and theirs."

    def test_is_refused_in_words_beside_the_field(self, desk, article):
        page = desk().open(url("article-editor", article.pk), state="")
        saved(page)
        page.get_by_role("textbox", name="Tags").fill("x" * 60)
        page.get_by_role("textbox", name="Title").fill("\u200b")
        page.keyboard.press("ControlOrMeta+s")
        expect(page.get_by_role("alert")).to_contain_text("An article needs a title.")
        expect(page.get_by_role("textbox", name="Title")).to_have_value("\u200b")


class TestPublishing:
    def test_is_summed_up_in_a_dialog_first(self, desk, article, backstage):
        page = desk().open(url("article-editor", article.pk), state="")
        saved(page)
        text_field(page).fill(f"{LONG_TEXT}\n\n## Part 9\n\nNew.")
        page.get_by_role("button", name="Publish revision 3…").click()
        dialog = page.get_by_role("dialog", name="Publish revision 3?")
        expect(dialog).to_contain_text("1 part added")
        expect(dialog).to_contain_text("1 changed")
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        page.get_by_role("button", name="Publish revision 3…").click()
        dialog.get_by_role("button", name="Publish revision 3").click()
        page.wait_for_url(f"**{url('article', article.pk)}")
        expect(page.get_by_text("Revision 3 is live.")).to_be_visible()
        expect(page.get_by_role("heading", name="Part 9")).to_be_visible()
        assert backstage(lambda: Article.objects.get(pk=article.pk).live_revision.number) == 3


class TestKeys:
    def test_lead_to_the_articles_and_into_them(self, desk, article):
        page = desk().open("/support/")
        page.keyboard.press("g")
        page.keyboard.press("k")
        page.wait_for_url("**/knowledge/")
        page.keyboard.press("/")
        page.keyboard.type("refunds")
        page.keyboard.press("Enter")
        page.wait_for_url("**/knowledge/?q=refunds")
        page.get_by_role("link", name="How refunds work").click()
        page.wait_for_url(f"**{url('article', article.pk)}")
        page.keyboard.press("e")
        page.wait_for_url("**/edit/")
        saved(page)
        page.goto(page.url.split("/knowledge/")[0] + "/knowledge/")
        page.keyboard.press("n")
        page.wait_for_url("**/new/")
        expect(page.get_by_role("textbox", name="Title")).to_be_focused()


class TestWithoutScripts:
    def test_an_article_is_written_previewed_and_published(self, desk, backstage):
        page = desk(java_script_enabled=False).open(url("article-new"), state="")
        page.get_by_role("textbox", name="Title").fill("Seats")
        text_field(page).fill("Who **counts**.")
        page.get_by_role("button", name="Renew the preview").click()
        expect(page.locator("#article-preview strong")).to_have_text("counts")
        expect(page.get_by_role("group", name="Show")).to_be_hidden()
        page.get_by_role("button", name="Publish revision 1…").click()
        page.get_by_role("button", name="Publish revision 1").click()
        expect(page.get_by_text("Revision 1 is live.")).to_be_visible()
        assert backstage(lambda: Article.objects.get().is_published)


class TestHostileText:
    def test_runs_nowhere(self, desk, backstage, ada):
        text = "\n\n".join(ATTACKS)
        title = '<img src=x onerror=alert(1)>"><svg onload=alert(2)>'

        def write() -> Article:
            article = make_article(title=title, text=text, tags=["<b onclick=x>"], publish=True, by=actor_of(ada))
            cairnloop.save_revision(
                article_id=article.pk, title=f"{title} 2", text=f"{text}\n\nMore.", summary=title, by=actor_of(ada)
            )
            return article

        article = backstage(write)
        page = desk().open(url("article-editor", article.pk), state="")
        ran: list[str] = []
        page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
        text_field(page).press("ControlOrMeta+a")
        page.keyboard.insert_text(f"{text}\n\nPreviewed.")
        expect(page.locator("#article-preview")).to_contain_text("Previewed.")
        page.evaluate(
            "document.querySelectorAll('main *').forEach((e) => e.dispatchEvent(new MouseEvent('mouseover')))"
        )
        assert page.evaluate(UNSAFE) == []
        page.get_by_role("button", name="Publish revision 2…").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert page.evaluate(UNSAFE) == []
        end = backstage(lambda: Chunk.objects.filter(revision__article=article).latest("index").end)
        for address in (
            f"{url('article', article.pk)}?start=0&end={end}",
            url("article-revision", article.pk, 2),
            url("article-comparison", article.pk),
            url("article-history", article.pk),
            url("articles"),
        ):
            page.goto(page.url.split("/support/")[0] + address)
            assert page.evaluate(UNSAFE) == []
        assert ran == []


@pytest.mark.slow
def test_no_screen_has_anything_to_object_to(desk, article, backstage):
    chunk = backstage(lambda: Chunk.objects.filter(revision__number=2, index=2).get())
    screens = {
        "list": url("articles"),
        "nothing found": f"{url('articles')}?q=zzz&tag=x",
        "article": f"{url('article', article.pk)}?start={chunk.start}&end={chunk.end}",
        "old revision": url("article-revision", article.pk, 1),
        "editor": url("article-editor", article.pk),
        "new": url("article-new"),
        "history": url("article-history", article.pk),
        "comparison": url("article-comparison", article.pk),
        "publication": url("article-publication", article.pk),
        "archive": url("article-archive", article.pk),
    }
    window, phone = desk(), desk(**TOUCH)
    wrong = {name: objections(window.open(address, state="")) for name, address in screens.items()}
    small = {name: too_small(phone.open(address, state="")) for name, address in screens.items()}
    assert wrong == {name: {} for name in screens}
    assert small == {name: [] for name in screens}
