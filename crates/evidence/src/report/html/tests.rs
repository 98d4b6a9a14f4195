//! What the page must be: whole without its script, safe with any name, readable in both themes.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::*;
use crate::gram::tests::{drawn, gram};
use crate::sample::{design, records, report};
use crate::{LayerGram, Outcome, Report};

/// A name that tries every way out of the text it stands in.
const EVIL: &str = "</style></title><script>alert(1)</script><img src=x onerror='alert(2)'>\"`{{";

fn evil() -> Report {
    let mut design = design();
    let mut records = records();
    design.arms[0].about = EVIL.to_owned();
    design.question = EVIL.to_owned();
    design.dataset.name = EVIL.to_owned();
    design.dataset.classes[1] = EVIL.to_owned();
    design.arms[1].layers[0].path = EVIL.to_owned();
    design.arms[1].layers[0].kind = EVIL.to_owned();
    for name in
        [&mut design.arms[4].name, &mut design.questions.removed, &mut design.questions.unpooled[2]]
    {
        EVIL.clone_into(name);
    }
    for record in &mut records {
        record.environment.command = format!("cenote ablate {EVIL}");
        record.environment.cpu = EVIL.to_owned();
        let gram = gram(&drawn(record.seed, 8, 2));
        record.similarity = vec![LayerGram { layer: EVIL.to_owned(), gram }];
        if record.arm == "none" {
            record.arm = EVIL.to_owned();
        }
        if record.arm == "avg" {
            record.outcome = Outcome::Failed { message: EVIL.to_owned() };
        }
    }
    let analysis = crate::Analysis::of(&design, &records).unwrap();
    let runs = analysis.counted(&records).unwrap();
    Report { analysis, runs }
}

/// The tags of a page in order, without their attributes; script and style are one tag each.
fn tags(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').expect("a tag ends");
        let tag = &rest[..end];
        let name = tag.split_whitespace().next().unwrap_or_default();
        let alone = tag.ends_with('/') || ["meta", "link", "br", "!DOCTYPE"].contains(&name);
        if !alone {
            tags.push(name.to_owned());
        }
        rest = &rest[end + 1..];
        for raw in ["script", "style"] {
            if name == raw {
                rest = &rest[rest.find(&format!("</{raw}>")).expect("it ends")..];
            }
        }
    }
    tags
}

fn check_nesting(page: &str) {
    let mut open: Vec<String> = Vec::new();
    for tag in tags(page) {
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "inside {open:?}"),
            None => open.push(tag),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn no_name_in_a_study_becomes_markup() {
    let page = evil().html();
    assert_eq!(tags(&page).iter().filter(|tag| *tag == "script").count(), 1);
    assert!(!tags(&page).iter().any(|tag| tag == "img"));
    // What is left of it is text, wherever it stands.
    assert!(!page.contains("<script>alert") && !page.contains("onerror='"));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    check_nesting(&page);
    for (name, plot) in evil().plots() {
        assert!(!plot.contains("<script") && !plot.contains("<img"), "{name}");
        check_nesting(&plot);
    }
}

#[test]
fn every_element_that_opens_closes_and_every_id_is_one_elements() {
    let all = records();
    for seeds in [0, 1, 2, 10] {
        let some: Vec<Record> = all.iter().filter(|run| run.seed <= seeds).cloned().collect();
        let page = report(&some).html();
        check_nesting(&page);
        let ids: Vec<&str> =
            page.split(" id=\"").skip(1).filter_map(|p| p.split('"').next()).collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "{ids:?}");
        for link in page.split("href=\"#").skip(1).filter_map(|part| part.split('"').next()) {
            assert!(distinct.contains(link), "{link}");
        }
        let shown = page.split("<script>").next().unwrap();
        assert!(!shown.contains("NaN") && !shown.contains("inf<"), "{seeds} seeds");
    }
}

#[test]
fn a_page_asks_nothing_of_a_network() {
    let page = report(&records()).html();
    for word in ["http://", "https://", "src=", "url(", "@import", "fetch(", "XMLHttp"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn the_policy_names_the_script_that_is_in_the_page() {
    let mut base64 = String::new();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for part in Sha256::digest(SCRIPT).chunks(3) {
        let bits = part.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte))
            << (8 * (3 - part.len()));
        for i in 0..4 {
            let digit = alphabet[(bits >> (18 - 6 * i)) as usize & 63];
            base64.push(if i <= part.len() { char::from(digit) } else { '=' });
        }
    }
    assert!(POLICY.contains(&format!("'sha256-{base64}'")), "the digest is {base64}");
}

/// The colours of the style sheet by name, on a light page and on a dark one.
fn colours(theme: usize) -> impl Fn(&str) -> [f64; 3] {
    let block = STYLE.split(":root").nth(theme + 1).expect("both themes").split('}').next();
    let block = block.expect("a block ends").to_owned();
    move |name| {
        let value = block.split(&format!("--{name}: #")).nth(1).expect("the colour is there");
        [0, 2, 4].map(|at| {
            let byte = u8::from_str_radix(&value[at..at + 2], 16).expect("hexadecimal");
            let share = f64::from(byte) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        })
    }
}

/// Contrast of two colours as WCAG 2.2 defines it: `(L1 + 0.05) / (L2 + 0.05)`.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let light = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    let (one, other) = (light(one), light(other));
    one.max(other) / one.min(other)
}

#[test]
fn text_has_the_contrast_of_wcag_aa_in_both_themes() {
    for theme in [0, 1] {
        let colour = colours(theme);
        let check = |text: &str, page: &str| {
            let contrast = contrast(colour(text), colour(page));
            assert!(contrast >= 4.5, "{text} on {page}, theme {theme}: {contrast:.2}");
        };
        for page in ["page", "card", "good-card", "bad-card", "same-card", "open-card"] {
            for text in ["ink", "dim", "link"] {
                check(text, page);
            }
        }
        for mood in ["good", "bad", "same", "open"] {
            check(mood, "page");
            check(mood, &format!("{mood}-card"));
        }
    }
}
