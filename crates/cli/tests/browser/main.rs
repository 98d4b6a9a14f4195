//! The report as a real browser shows it: Chromium opens the page of a small study, on a phone, on
//! a wide screen and on paper, light and dark.
//!
//! Where there is no browser the test says so and passes. `CENOTE_SCREENSHOTS=FOLDER` keeps what
//! it saw, of the study in `CENOTE_STUDY=FOLDER` if that is said.

mod chromium;

use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use chromium::Browser;
use serde_json::{Value, json};

#[test]
fn the_report_works_in_a_browser() {
    let Some(program) = chromium::find() else {
        skipped("no Chromium on the path and no CENOTE_CHROMIUM; `apt-get install chromium`");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder for the test");
    let study = study(folder.path());
    let mut browser = Browser::start(&program);
    let address = format!("file://{}", study.join("report.html").display());
    for width in [360, 768, 1400] {
        for scheme in ["light", "dark"] {
            browser.screen(width, scheme, "screen");
            browser.open(&address);
            assert_eq!(browser.troubles(), [] as [String; 0], "{width} {scheme}");
            fits(&mut browser, width);
            wears(&mut browser, scheme);
            keep(&mut browser, &format!("{width}-{scheme}.png"));
        }
    }
    tables_sort(&mut browser);
    marks_tell_their_values(&mut browser);
    prints(&mut browser);
    assert_eq!(browser.troubles(), [] as [String; 0]);
    reads_without_its_script(&mut browser, &address);
}

#[expect(clippy::print_stderr, reason = "a skipped check must be seen")]
fn skipped(why: &str) {
    eprintln!("SKIPPED: the report was not looked at in a browser: {why}");
}

/// A study whose records have everything that a page shows.
fn study(folder: &Path) -> PathBuf {
    let (words, study) = match std::env::var_os("CENOTE_STUDY") {
        None => (["ablate", "smoke", "--seeds", "3"], folder.join("runs/smoke")),
        Some(study) => {
            let from = Path::new(&study).join("runs.jsonl");
            std::fs::copy(from, folder.join("runs.jsonl")).expect("a study");
            (["report", ".", "--json", "--from-records"], folder.to_owned())
        }
    };
    let output = Command::new(cargo_bin!("cenote")).args(words).current_dir(folder).output();
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    study
}

/// Nothing reaches beyond the screen but what scrolls in a box of its own.
fn fits(browser: &mut Browser, width: u32) {
    let wide = browser.value("document.documentElement.scrollWidth");
    assert!(wide.as_u64().is_some_and(|wide| wide <= width.into()), "{wide} on {width} pixels");
    let beyond = browser.value(
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))",
    );
    assert_eq!(beyond, json!([]), "{width} pixels");
    // One drawing of each plot is seen, and its letters are large enough to read.
    let letters = browser.value(
        "Math.min(...[...document.querySelectorAll('figure svg')].filter(e => e.getBoundingClientRect().width > 0).map(e => 12 * e.getBoundingClientRect().width / e.viewBox.baseVal.width))",
    );
    assert!(letters.as_f64().is_some_and(|size| size >= 10.5), "{letters} on {width} pixels");
    let seen = browser.value(
        "[...document.querySelectorAll('figure')].every(f => [...f.querySelectorAll('svg')].filter(e => e.getBoundingClientRect().width > 0).length === 1)",
    );
    assert_eq!(seen, json!(true));
}

/// The page is as dark as was asked for.
fn wears(browser: &mut Browser, scheme: &str) {
    let colour = browser.value("getComputedStyle(document.body).backgroundColor");
    let expected = if scheme == "dark" { "rgb(13, 17, 23)" } else { "rgb(255, 255, 255)" };
    assert_eq!(colour, expected);
}

fn tables_sort(browser: &mut Browser) {
    let column = |browser: &mut Browser| -> Vec<f64> {
        let value = browser.value("[...document.querySelector('table.sortable').tBodies[0].rows].map(r => Number(r.cells[1].dataset.sort))");
        value.as_array().expect("a list").iter().filter_map(Value::as_f64).collect()
    };
    let before = column(browser);
    assert!(before.len() >= 2, "{before:?}");
    let click = "document.querySelector('table.sortable').tHead.rows[0].cells[1].querySelector('button').click()";
    browser.value(click);
    assert!(column(browser).is_sorted(), "rising");
    let state = "document.querySelector('table.sortable').tHead.rows[0].cells[1].ariaSort";
    assert_eq!(browser.value(state), "ascending");
    browser.value(click);
    assert!(column(browser).iter().rev().is_sorted(), "falling");
    assert_eq!(browser.value(state), "descending");
}

fn marks_tell_their_values(browser: &mut Browser) {
    browser.value("document.querySelector('figure svg').scrollIntoView({ block: 'center' })");
    // The page tells of its scrolling with the next frame, and then takes the words away.
    browser.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
    let at = browser.value(
        "(() => { const b = [...document.querySelectorAll('figure circle')].find(e => e.getBoundingClientRect().width > 0).getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] })()",
    );
    let moved = json!({ "type": "mouseMoved", "x": at[0], "y": at[1] });
    browser.call("Input.dispatchMouseEvent", &moved);
    let said = browser.value(
        "document.querySelector('#tip').hidden ? '' : document.querySelector('#tip').textContent",
    );
    assert!(said.as_str().is_some_and(|said| said.contains("seed")), "{said}");
}

fn prints(browser: &mut Browser) {
    browser.screen(794, "dark", "print");
    wears(browser, "light"); // paper is white, whatever the screen is
    let hidden = browser.value("getComputedStyle(document.querySelector('nav')).display");
    assert_eq!(hidden, "none");
    keep(browser, "print.png");
    let paper = browser.call("Page.printToPDF", &json!({ "printBackground": true }));
    let size = paper["data"].as_str().map_or(0, str::len);
    assert!(size > 20_000, "{size} characters of PDF");
    let open = browser.value("[...document.querySelectorAll('details')].every(e => e.open)");
    assert_eq!(open, json!(true), "nothing stays folded on paper");
    browser.screen(1400, "light", "screen");
}

fn reads_without_its_script(browser: &mut Browser, address: &str) {
    browser.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    browser.open(address);
    assert_eq!(browser.troubles(), [] as [String; 0]);
    let page = browser.call("Page.captureScreenshot", &json!({ "format": "png" }));
    assert!(page["data"].as_str().is_some_and(|data| data.len() > 20_000));
}

/// Keeps a picture of the whole page if a folder for them is named.
fn keep(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("CENOTE_SCREENSHOTS") else { return };
    let metrics = browser.call("Page.getLayoutMetrics", &json!({}));
    let whole = &metrics["cssContentSize"];
    let clip =
        json!({ "x": 0, "y": 0, "width": whole["width"], "height": whole["height"], "scale": 1 });
    let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
    let page = browser.call("Page.captureScreenshot", &params);
    let text = page["data"].as_str().expect("a picture");
    std::fs::write(Path::new(&folder).join(name), base64(text)).expect("the folder is there");
}

/// The bytes that base64 stands for.
fn base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|c| *c != b'=').map(digit).collect();
    let bytes = digits.chunks(4).flat_map(|part| {
        let bits =
            part.iter().fold(0u32, |bits, d| (bits << 6) | u32::from(*d)) << (6 * (4 - part.len()));
        bits.to_be_bytes()[1..part.len()].to_vec()
    });
    bytes.collect()
}
