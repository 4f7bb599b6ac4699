import os, time
import pytest
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]="1"
from playwright.sync_api import sync_playwright
import cairnloop
from cairnloop.models import Conversation
from tests.factories import LIN, make_conversation
from tests.widget import site
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
ADA = cairnloop.Actor.operator("7", name="Ada Brandt")
GRACE = cairnloop.Actor.operator("8", name="Grace Owusu")
OUT="/tmp/w/shots/widget-"

def test_shots(asgi_address, transactional_db, socket_door):
    base=f"http://{asgi_address}/"
    with sync_playwright() as pw:
        b=pw.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        def page(w=1440,h=900, **kw):
            ctx=b.new_context(viewport={"width":w,"height":h}, **kw)
            p=ctx.new_page()
            p.on("console", lambda m: print("CONSOLE", m.type, m.text))
            p.on("pageerror", lambda e: print("PAGEERROR", e))
            return p
        p=page()
        p.goto(base); p.wait_for_timeout(600)
        p.screenshot(path=OUT+"closed.png")
        p.get_by_role("button", name="Open chat").click(); p.wait_for_timeout(400)
        p.screenshot(path=OUT+"first.png")
        p.keyboard.type("Hi, there are two charges of $348.00 from 10 March for the Team plan, but only one invoice. Could you refund one of them?")
        p.keyboard.press("Enter"); p.wait_for_timeout(500)
        c=Conversation.objects.get()
        cairnloop.post_reply(conversation_id=c.pk, text="Thanks for the details, Lin. I see both charges, 41 seconds apart. I am checking which of them belongs to the **invoice**:\n\n- `INV-2031`\n- [Billing page](https://trailmark.example/billing)", by=ADA)
        p.wait_for_timeout(500)
        p.keyboard.type("Two of three repositories are green again, nav-core is still skipped."); p.keyboard.press("Enter")
        p.wait_for_timeout(200)
        p.keyboard.type("And is there news on the refund?"); p.keyboard.press("Enter")
        p.wait_for_timeout(500)
        from cairnloop.core import live
        live.send([{"type":"live.hint","topic":live.thread_topic(c.pk),"what":"typing","by":"operator"}])
        p.wait_for_timeout(400)
        p.screenshot(path=OUT+"thread.png")
        ph=page(390,844, has_touch=True, is_mobile=True, device_scale_factor=2)
        ph.goto(base); ph.wait_for_timeout(500); ph.screenshot(path=OUT+"phone-closed.png")
        ph.get_by_role("button", name="Open chat").click(); ph.wait_for_timeout(500)
        ph.screenshot(path=OUT+"phone.png")
        dk=page(color_scheme="dark"); dk.goto(base); dk.wait_for_timeout(400)
        dk.get_by_role("button", name="Open chat").click(); dk.wait_for_timeout(500)
        dk.screenshot(path=OUT+"dark.png")
        p.get_by_role("button", name="Close chat").click()
        cairnloop.post_reply(conversation_id=c.pk, text="The refund is on its way and nav-core has been building since 11:02.", by=GRACE)
        p.wait_for_timeout(500); p.screenshot(path=OUT+"unread.png")
        cairnloop.resolve_conversation(conversation_id=c.pk, by=GRACE)
        p.get_by_role("button", name="Open chat").click(); p.wait_for_timeout(400)
        p.get_by_role("button", name="Good", exact=True).click(); p.wait_for_timeout(400)
        p.screenshot(path=OUT+"rating.png")
        make_conversation(subject="Rotate an API key", text="How do I rotate a key?", customer_ref="cust-lin")
        p.get_by_role("button", name="All conversations").click(); p.wait_for_timeout(500)
        p.screenshot(path=OUT+"list.png")
        # offline
        p.get_by_role("button", name="Rotate an API key").click(); p.wait_for_timeout(400)
        p.context.set_offline(True)
        p.evaluate("1")
        p.keyboard.type("Is anyone there?"); 
        p.screenshot(path=OUT+"compose.png")
        b.close()
        print(site.violations)
