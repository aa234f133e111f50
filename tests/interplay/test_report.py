"""What a browser makes of a report: Debian's chromium, driven by selenium."""

import csv
import json
import os
import shutil

import pytest

webdriver = pytest.importorskip("selenium.webdriver")
wait = pytest.importorskip("selenium.webdriver.support.wait").WebDriverWait
chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
if not chromium or not driver:
    pytest.skip("skipped: no chromium with its driver (Debian: chromium chromium-driver)", allow_module_level=True)

BAD = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--disable-gpu", "--hide-scrollbars", "--window-size=1366,900"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as chrome:
        yield chrome


@pytest.fixture(scope="module")
def runs(relume, tmp_path_factory):
    """A classification and a regression, whose names and labels try to break out of the page."""
    folder = tmp_path_factory.mktemp("runs")
    rows = [(i % 7, (i * 13) % 11, BAD if (i % 7) + (i * 13) % 11 > 8 else "</script>\"'&") for i in range(300)]
    for name, last in (("classes", lambda a, b, label: label), ("numbers", lambda a, b, label: 3.5 * a - b * b + 0.25)):
        with open(folder / f"{name}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([BAD, "b", "target"])
            writer.writerows((a, b, last(a, b, label)) for a, b, label in rows)
        relume("train", folder / f"{name}.csv", "--epochs", 12, "--seed", 1, "--quiet", "--out", folder / name)
    relume("report", folder / "classes", folder / "numbers", "-o", folder / "both.html")
    relume("plot", "relu", "elu", "-o", folder / "functions.html")
    return folder


@pytest.fixture
def opened(browser, runs):
    """Opens a page as a reader does and says afterwards what it has asked for and complained of."""

    def open_page(name, width=1366, dark=False, scripts=True):
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
        for log in ("browser", "performance"):
            browser.get_log(log)
        browser.get((runs / name).as_uri())
        return browser

    yield open_page
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


PAGES = ("classes/report.html", "numbers/report.html", "both.html", "functions.html")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_for_nothing_outside_and_complains_of_nothing(opened, page):
    browser = opened(page)
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith(("file://", "data:"))] == []
    assert browser.get_log("browser") == []
    assert browser.execute_script("return Chart.version").startswith("3.")


def points(browser, title):
    """The points of the chart of that title, line by line."""
    return browser.execute_script(
        """
        for (const canvas of document.querySelectorAll('canvas')) {
          const chart = Chart.getChart(canvas);
          if (chart.options.plugins.title.text === arguments[0])
            return Object.fromEntries(chart.data.datasets.map(set => [set.label, set.data.map(p => [p.x, p.y])]));
        }""", title)


@pytest.mark.parametrize(
    "run, title, line, column",
    [
        ("classes", "loss", "train", "train_loss"),
        ("classes", "loss", "valid", "valid_loss"),
        ("classes", "accuracy (valid)", "valid", "valid_accuracy"),
        ("numbers", "rmse (valid)", "valid", "valid_rmse"),
        ("numbers", "learning rate", "learning rate", "lr"),
        ("numbers", "gradient norm", "gradient norm", "grad_norm"),
        ("numbers", "largest step ‖Δw‖/‖w‖", "largest step ‖Δw‖/‖w‖", "update_ratio"),
        ("numbers", "share of dead units", "share of dead units", "dead_share"),
    ],
)
def test_each_chart_holds_the_points_of_metrics_csv(opened, runs, run, title, line, column):
    browser = opened(f"{run}/report.html")
    with open(runs / run / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = [[float(row["epoch"]), float(row[column])] for row in rows]
    shown = points(browser, title)[line]
    assert len(shown) == len(expected)
    for ours, theirs in zip(shown, expected):
        assert ours == pytest.approx(theirs, rel=1e-7)


def test_the_comparison_holds_each_run(opened, runs):
    browser = opened("both.html")
    lines = points(browser, "validation loss")
    for run in ("classes", "numbers"):
        with open(runs / run / "metrics.csv", newline="") as file:
            expected = [float(row["valid_loss"]) for row in csv.DictReader(file)]
        assert [y for _, y in lines[str(runs / run)]] == pytest.approx(expected, rel=1e-7)


def point_at(browser, element):
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    # Twice: where the pointer has been there all along, the first is no movement.
    webdriver.ActionChains(browser).move_to_element(element).move_by_offset(2, 2).move_by_offset(-2, -2).perform()


def test_the_pointer_names_a_point(opened):
    browser = opened("classes/report.html")
    canvas = browser.find_element("css selector", "canvas")
    point_at(browser, canvas)
    tip = "const t = Chart.getChart(arguments[0]).tooltip; return t.opacity && [t.title[0], t.body.length]"
    title, lines = wait(browser, 5).until(lambda b: b.execute_script(tip, canvas))  # drawn with the next frame
    assert title.startswith("epoch ") and lines == 2


def test_the_keys_go_from_point_to_point(opened):
    browser = opened("classes/report.html")
    canvas = browser.find_element("css selector", "canvas")
    browser.execute_script("arguments[0].focus()", canvas)
    canvas.send_keys(webdriver.Keys.ARROW_RIGHT, webdriver.Keys.ARROW_RIGHT, webdriver.Keys.ARROW_RIGHT)
    assert browser.execute_script("return Chart.getChart(arguments[0]).tooltip.title", canvas) == ["epoch 3"]
    assert browser.execute_script("return getComputedStyle(arguments[0]).outlineStyle", canvas) == "solid"


def test_pointer_and_keys_name_a_unit(opened):
    browser = opened("classes/report.html")
    squares = browser.find_elements("css selector", ".map:not(.bars) rect")
    point_at(browser, squares[5])
    tip = browser.find_element("css selector", ".tip")
    wait(browser, 5).until(lambda _: tip.text.startswith("unit 5: ") and tip.is_displayed())
    picture = browser.find_element("css selector", ".map")
    browser.execute_script("arguments[0].focus()", picture)
    picture.send_keys(webdriver.Keys.ARROW_DOWN)
    assert tip.text.startswith("unit 37: ")
    picture.send_keys(webdriver.Keys.ESCAPE)
    assert not tip.is_displayed()


def colours(browser):
    return browser.execute_script(
        """
        const chart = Chart.getChart(document.querySelector('canvas'));
        return [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,
                chart.data.datasets[0].borderColor, chart.options.scales.x.ticks.color];""")


def test_dark_mode_changes_the_page_and_its_charts_at_once(opened):
    browser = opened("classes/report.html")
    light = colours(browser)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    wait(browser, 5).until(lambda b: all(old != new for old, new in zip(light, colours(b))))
    dark = colours(browser)
    opened("classes/report.html", dark=True)
    assert colours(browser) == dark


@pytest.mark.parametrize("scripts", (True, False))
@pytest.mark.parametrize("page", PAGES)
def test_nothing_sticks_out_of_a_phone(opened, page, scripts):
    browser = opened(page, width=390, scripts=scripts)
    if scripts:
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    else:  # the driver's own scripts run in spite of it only through the protocol
        size = browser.execute_cdp_cmd("Page.getLayoutMetrics", {})
        assert size["cssContentSize"]["width"] <= 390


def test_without_scripts_the_still_pictures_and_tables_show(opened):
    browser = opened("numbers/report.html", scripts=False)
    assert browser.find_elements("css selector", "canvas") == []
    pictures = browser.find_elements("css selector", "figure.chart > svg")
    assert len(pictures) >= 8 and all(picture.is_displayed() for picture in pictures)
    assert browser.find_element("css selector", "table").is_displayed()


@pytest.mark.parametrize("page", PAGES[:3])
def test_names_and_labels_are_text_whatever_they_say(opened, page):
    browser = opened(page)  # an alert would make the next command fail
    own = browser.execute_script("return [...document.scripts].filter(s => s.type !== 'application/json').length")
    assert own == 2  # Chart.js and the page's own
    assert browser.execute_script("return document.body.textContent.includes(arguments[0])", BAD) or page == "both.html"
