"""What a person can do, in both languages; the numbers are those of the issue that asked for it."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile

from fizzlab import Experiment
from fizzlab.configuration import setting_names

from .walker import QUICK, Walker


def test_1_train_pause_step_epoch_reset(walker: Walker):
    from playwright.sync_api import expect

    walker.afresh("preset=classic")
    expect(walker.part("start")).to_have_text(walker.texts["train"])
    walker.click("start")
    walker.status("running")
    expect(walker.part("epoch-number")).not_to_have_text("0")
    walker.click("pause")
    walker.status("paused")
    before = walker.epoch()
    walker.click("epoch")
    expect(walker.part("epoch-number")).to_have_attribute("data-epoch", str(before + 1))
    walker.click("step")
    expect(walker.part("numbers")).to_contain_text(walker.pattern("stepOf"))
    seed = walker.page.get_by_label(re.compile("^(seed|graine)"))
    expect(seed).to_have_value("0")
    walker.click("reset-new")
    expect(walker.part("epoch-number")).to_have_text("0")
    expect(seed).to_have_value("1")
    walker.click("reset-same")
    expect(seed).to_have_value("1")


def test_1_curves_with_text_and_table(walker: Walker):
    from playwright.sync_api import expect

    walker.trained()
    for name in ("chart-accuracy", "chart-loss"):
        chart = walker.part(name)
        expect(chart.get_by_text(walker.pattern("curveSummary"))).to_have_count(1)
        chart.get_by_text(walker.texts["asTable"]).click()
        expect(chart.get_by_role("row")).not_to_have_count(1)
        expect(chart.get_by_role("rowheader").last).to_have_text("40")
        chart.get_by_text(walker.texts["asTable"]).click()
    expect(walker.part("validation-accuracy")).to_contain_text("%")
    expect(walker.page.get_by_text(walker.pattern("interval"))).to_be_visible()
    expect(walker.page.get_by_text(walker.texts["majorityBaseline"])).to_be_visible()


def test_1_test_results_are_covered_until_asked_for(walker: Walker):
    from playwright.sync_api import expect

    walker.trained()
    tiles = walker.part("tiles").locator("[data-tile]")
    expect(tiles).to_have_count(100)
    expect(walker.part("tiles-summary")).to_contain_text(walker.texts["whyCovered"])
    expect(walker.part("tiles").locator("[data-kind=covered]")).to_have_count(100)
    expect(walker.part("test-accuracy")).to_have_text(walker.texts["covered"])
    expect(walker.part("map-summary")).to_have_text(re.compile(r"\D100\D"))
    walker.click("reveal")
    expect(walker.part("tiles").locator("[data-kind=covered]")).to_have_count(0)
    wrong = walker.part("tiles").locator("[data-kind=wrong]").first
    expect(wrong).to_contain_text("✗")
    expect(wrong).to_have_attribute("aria-label", re.compile(walker.texts["wrong"]))
    expect(walker.part("tiles").locator("[data-kind=right]").first).to_contain_text("✓")
    expect(walker.part("test-accuracy")).to_contain_text("%")
    walker.click("reveal")
    expect(walker.part("tiles").locator("[data-kind=covered]")).to_have_count(100)


def test_2_look_inside(walker: Walker):
    from playwright.sync_api import expect

    walker.trained()
    neurons = walker.page.locator("[data-neuron]")
    expect(neurons).to_have_count(16)
    expect(neurons.first).to_have_attribute("aria-label", walker.pattern("neuronAbout"))
    neurons.first.focus()
    expect(walker.page.get_by_text(walker.pattern("neuronDetail"))).to_be_visible()
    walker.page.keyboard.press("ArrowDown")
    expect(neurons.nth(1)).to_be_focused()
    walker.click("all-neurons")
    expect(neurons).to_have_count(100)
    walker.click("all-neurons")
    expect(neurons).to_have_count(16)
    expect(walker.page.get_by_role("img", name=walker.pattern("answerAbout"))).to_have_count(4)
    table = walker.part("confusion").get_by_role("table")
    expect(table.get_by_role("rowheader")).to_have_text(
        [walker.texts["number"], "fizz", "buzz", "fizzbuzz"]
    )


def test_2_an_integer_by_keyboard_and_by_pointer(walker: Walker):
    from playwright.sync_api import expect

    walker.trained()
    integer = walker.part("explain-integer")
    integer.fill("200")
    slider = walker.part("map-slider")
    slider.focus()
    walker.page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", "201")
    walker.page.keyboard.press("ArrowDown")
    expect(slider).to_have_attribute("aria-valuenow", "233")
    expect(integer).to_have_value("233")
    expect(walker.part("explain-digits")).to_have_text("0 0 1 1 1 0 1 0 0 1")
    expect(walker.part("explain-word")).to_contain_text(re.compile("[✓✗]"))
    expect(walker.part("why")).to_contain_text(re.compile("233|fizz|buzz|trained|s’entraîne"))
    expect(walker.part("explain").get_by_role("rowheader")).to_have_count(4)
    walker.part("tiles").locator("[data-tile='15']").hover()
    expect(integer).to_have_value("15")
    expect(walker.part("why")).to_contain_text(walker.texts["whyTileCovered"])
    walker.part("tiles").locator("[data-tile='15']").focus()
    walker.page.keyboard.press("ArrowDown")
    expect(integer).to_have_value("25")


def test_3_the_form_is_the_schema(walker: Walker):
    walker.afresh()
    shown = walker.page.locator("[data-setting]").evaluate_all(
        "fields => fields.map(field => field.dataset.setting)"
    )
    assert sorted(shown) == sorted(setting_names(Experiment))


def test_3_problems_stand_beside_their_field(walker: Walker):
    from playwright.sync_api import expect

    walker.afresh()
    rate = walker.page.locator("#setting-recipe-learning_rate")
    rate.fill("-1")
    rate.press("Enter")
    expect(walker.part("problem-recipe.learning_rate")).to_contain_text(
        walker.texts["problem_invalid"]
    )
    expect(rate).to_have_attribute("aria-invalid", "true")
    rate.fill("0.1")
    rate.press("Enter")
    expect(walker.part("problem-recipe.learning_rate")).to_have_count(0)
    rate.fill("x")
    rate.press("Enter")
    expect(rate).to_have_attribute("aria-invalid", "true")
    walker.page.get_by_role("button", name=walker.texts["putBack"]).click()
    expect(rate).to_have_value("0.1")


def test_3_what_acts_at_once_and_what_needs_a_reset(walker: Walker):
    from playwright.sync_api import expect

    walker.afresh("preset=classic&recipe.epochs=5000")
    walker.click("epoch")
    walker.status("paused")
    rate = walker.page.locator("#setting-recipe-learning_rate")
    rate.fill("0.2")
    rate.press("Enter")
    expect(walker.part("link")).to_have_value(re.compile(r"learning_rate=0\.2"))
    expect(walker.part("needs-reset")).to_have_count(0)
    hidden = walker.page.locator("#setting-net-hidden")
    hidden.fill("30, 20")
    hidden.press("Enter")
    expect(walker.part("needs-reset")).to_be_visible()
    expect(walker.part("waits-net.hidden")).to_have_text(walker.texts["needsReset"])
    walker.part("needs-reset").get_by_role("button").click()
    expect(walker.part("needs-reset")).to_have_count(0)
    expect(walker.part("net").get_by_role("heading", level=2)).to_contain_text("10 – 30 – 20 – 4")
    walker.photograph("two-layers")


def test_3_presets_and_another_rule(walker: Walker):
    from playwright.sync_api import expect

    walker.afresh()
    walker.part("preset").select_option("td1")
    expect(walker.page.locator("#setting-data-validation")).to_have_value("0")
    walker.part("preset").select_option("classic")
    expect(walker.page.locator("#setting-data-validation")).to_have_value("100")
    settings = walker.part("settings")
    settings.get_by_role("button", name=walker.texts["addDivisor"], exact=True).click()
    settings.get_by_label(walker.texts["newDivisor"]).fill("7")
    word = settings.get_by_label(walker.texts["newWord"])
    word.fill("bazz")
    word.press("Enter")
    expect(walker.page.get_by_role("img", name=re.compile("fizzbuzzbazz"))).to_have_count(1)
    settings.get_by_role("button", name=walker.pattern("removeDivisor")).last.click()
    expect(walker.page.get_by_role("img", name=re.compile("bazz"))).to_have_count(0)


def test_4_compare(walker: Walker):
    from playwright.sync_api import expect

    walker.trained()
    walker.click("ghost-keep")
    walker.click("reset-new")
    walker.status("idle")
    walker.click("start")
    walker.status("finished")
    expect(walker.part("curves").get_by_text(walker.pattern("ghostOf")).first).to_be_visible()
    rows = walker.part("runs").locator("tbody tr")
    expect(rows.first).to_contain_text(walker.texts["shortFinished"])
    assert rows.count() >= 2
    walker.photograph("ghost")
    walker.click("ghost-drop")
    expect(walker.part("ghost-drop")).to_have_count(0)
    rows.last.get_by_role("button").click()
    expect(walker.part("needs-reset")).to_be_visible()


def test_5_luck(walker: Walker):
    from playwright.sync_api import expect

    walker.trained()
    walker.part("luck-nets").fill("12")
    walker.click("luck-start")
    expect(walker.part("luck-progress")).to_contain_text(walker.texts["ended_done"])
    expect(walker.part("luck-progress")).to_have_attribute("data-done", "12")
    expect(walker.part("luck-place")).to_have_text(walker.pattern("beatsInterval"))
    walker.part("luck-vary").select_option("recipe.learning_rate")
    walker.part("luck-values").fill("0.05; 0.2")
    walker.click("luck-start")
    expect(walker.part("luck-place")).to_have_count(2)
    expect(walker.part("luck-progress")).to_have_attribute("data-done", "24")
    walker.part("luck-vary").select_option("")
    walker.part("luck").scroll_into_view_if_needed()
    walker.photograph("luck")


def test_6_prove(walker: Walker):
    from playwright.sync_api import expect

    walker.trained()
    walker.click("prove-start")
    expect(walker.part("proof")).to_contain_text(walker.texts["verdict_refuted"])
    expect(walker.part("proof").get_by_text(walker.pattern("proofChecked"))).to_be_visible()
    expect(walker.part("map").get_by_text(walker.texts["counterexample"])).to_be_visible()
    first = walker.part("proof").get_by_role("listitem").first.get_by_role("button")
    first.click()
    expect(walker.part("explain-integer")).to_have_value(first.inner_text())
    walker.photograph("proof")


def _downloaded(walker: Walker, name: str) -> bytes:
    with walker.page.expect_download() as download:
        walker.click(name)
    return download.value.path().read_bytes()


def test_7_take_away(walker: Walker):
    from playwright.sync_api import expect

    walker.trained()
    expected = Experiment.preset("classic").replaced({"recipe.epochs": 40})
    assert Experiment.from_toml(_downloaded(walker, "take-toml").decode()) == expected
    with zipfile.ZipFile(io.BytesIO(_downloaded(walker, "take-run"))) as run:
        assert any(name.endswith("experiment.toml") for name in run.namelist())
    for picture in ("page", "curves"):
        walker.part("take-picture").select_option(picture)
        root = ElementTree.fromstring(_downloaded(walker, "take-svg"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert _downloaded(walker, "take-png").startswith(b"\x89PNG")
    walker.part("take-picture").select_option("page")
    expect(walker.part("link")).to_have_value(re.compile(f"#{re.escape(QUICK)}$"))


def test_7_a_link_is_validated_like_any_input(walker: Walker):
    from playwright.sync_api import expect

    walker.afresh()
    for link in ("preset=nope", "data.train=%22%2Fetc%2Fpasswd.csv%22", "x=1", "net.hidden=[0]"):
        walker.page.evaluate("link => { location.hash = link }", link)
        expect(walker.part("settings").get_by_role("alert").first).to_be_visible()
        expect(walker.part("link")).to_have_value(re.compile(f"#{re.escape(QUICK)}$"))
        walker.page.evaluate("link => { location.hash = link }", QUICK)
        expect(walker.part("settings").get_by_role("alert")).to_have_count(0)
    walker.page.evaluate("location.hash = 'x'.repeat(5000)")
    walker.part("notice").get_by_role("button").click()
    expect(walker.part("link")).to_have_value(re.compile(f"#{re.escape(QUICK)}$"))


def test_8_language_and_look_are_remembered(walker: Walker):
    from playwright.sync_api import expect

    page, other = walker.page, {"en": "fr", "fr": "en"}[walker.language]
    expect(page.locator("html")).to_have_attribute("lang", walker.language)
    walker.click(f"language-{other}")
    walker.click("theme")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", other)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    walker.click(f"language-{walker.language}")
    walker.click("theme")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    walker.status("idle", "finished", "paused")


def test_8_keyboard_alone(walker: Walker):
    from playwright.sync_api import expect

    walker.afresh()
    page = walker.page
    page.reload()
    walker.status("idle")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=walker.texts["skip"])).to_be_focused()
    page.keyboard.press("Tab")
    expect(walker.part("start")).to_be_focused()
    page.keyboard.press("Enter")
    walker.status("finished")


def test_8_accessible_light_dark_wide_and_narrow(walker: Walker):
    from playwright.sync_api import expect

    walker.trained()
    walker.click("reveal")
    expect(walker.part("tiles").locator("[data-kind=wrong]").first).to_be_visible()
    sizes = {"laptop": (1440, 900), "projector": (1920, 1080), "tablet": (768, 1024)}
    for theme in ("light", "dark"):
        for name, (width, height) in {**sizes, "phone": (360, 740)}.items():
            walker.page.set_viewport_size({"width": width, "height": height})
            assert walker.page.evaluate("document.documentElement.scrollWidth") <= width
            walker.page.evaluate("scrollTo(0, 0)")
            if theme == "light" or name == "laptop":
                walker.photograph(f"{name}-{theme}")
        walker.page.set_viewport_size({"width": 1440, "height": 900})
        assert not walker.violations()
        walker.click("theme")
    walker.click("reveal")
