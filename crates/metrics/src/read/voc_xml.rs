//! Annotations of Pascal VOC: one XML file per image.
//!
//! ```xml
//! <annotation>
//!   <filename>000001.jpg</filename>
//!   <size><width>353</width><height>500</height><depth>3</depth></size>
//!   <object>
//!     <name>dog</name><difficult>0</difficult>
//!     <bndbox><xmin>48</xmin><ymin>240</ymin><xmax>195</xmax><ymax>371</ymax></bndbox>
//!     <part><name>head</name><bndbox>…</bndbox></part>
//!   </object>
//! </annotation>
//! ```
//!
//! What is read, and how, where files in the wild differ:
//!
//! - elements go by their local name, so a default or a prefixed namespace changes nothing;
//! - only direct children of `object` describe it: the boxes and names of its `part`s are skipped;
//! - corners may be fractions; a missing or empty `difficult` is 0; `size` may be missing;
//! - corners in one place (`xmin == xmax`) are a box, one pixel wide under the inclusive convention;
//! - corners out of order, a missing or a second `bndbox`, or anything that is not a finite number: an error;
//! - document type declarations are refused, and with them entities that expand; `&amp;` and its kin are read.

use std::path::Path;

use roxmltree::{Document, Node, ParsingOptions};

use super::FolderError;
use super::folder::{self, Flaw};

/// The largest annotation that is read: an honest one has a few kilobytes.
const LARGEST: u64 = 16 << 20;

/// The most elements, attributes and texts of one annotation.
const NODES: u32 = 1_000_000;

/// The objects of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct VocAnnotation {
    /// Name of the image file, where the annotation has one.
    pub filename: Option<String>,
    /// Width and height in pixels, where the annotation has them.
    pub size: Option<(u32, u32)>,
    /// What is in the image, in the order of the file.
    pub objects: Vec<VocObject>,
}

/// One object of an annotation.
#[derive(Clone, Debug, PartialEq)]
pub struct VocObject {
    /// Its class.
    pub name: String,
    /// `[xmin, ymin, xmax, ymax]`, the first and last pixel that belong to it, counted from 1.
    pub corners: [f64; 4],
    /// Whether it is too hard to be asked for.
    pub difficult: bool,
}

/// Reads the text of one annotation.
///
/// ```
/// use cenote_metrics::parse_voc_xml;
///
/// let annotation = parse_voc_xml(
///     "<annotation><object><name>dog</name><bndbox><xmin>48</xmin><ymin>240.5</ymin>
///      <xmax>195</xmax><ymax>371</ymax></bndbox></object></annotation>",
/// )?;
/// assert_eq!(annotation.objects[0].corners, [48.0, 240.5, 195.0, 371.0]);
/// assert!(!annotation.objects[0].difficult);
/// # Ok::<(), cenote_metrics::Flaw>(())
/// ```
///
/// # Errors
///
/// When the text is no XML, or an object lacks a name or a box; the flaw has the line.
pub fn parse_voc_xml(text: &str) -> Result<VocAnnotation, Flaw> {
    let options = ParsingOptions { nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        Flaw::new(error.pos().row as usize, format!("no XML that is read: {error}"))
    })?;
    let root = document.root_element();
    if root.tag_name().name() != "annotation" {
        let got = folder::shorten(root.tag_name().name());
        return Err(Flaw::new(line(root), format!("root is <{got}>; expected <annotation>")));
    }
    let size =
        child(root, "size").map(|size| Ok((pixels(size, "width")?, pixels(size, "height")?)));
    let objects = children(root, "object").enumerate().map(|(index, node)| object(index, node));
    Ok(VocAnnotation {
        filename: child(root, "filename").map(content).filter(|name| !name.is_empty()),
        size: size.transpose()?,
        objects: objects.collect::<Result<_, Flaw>>()?,
    })
}

/// Reads every `.xml` file of a folder, sorted by name, each with its name without the ending.
///
/// # Errors
///
/// When a file cannot be read or is no annotation; the message names file, line and object.
pub fn read_voc_folder(folder: &Path) -> Result<Vec<(String, VocAnnotation)>, FolderError> {
    let read = |path: &std::path::PathBuf| {
        let text = folder::text(path, LARGEST)?;
        let annotation = parse_voc_xml(&text).map_err(|flaw| flaw.in_file(path))?;
        Ok((folder::stem(path)?, annotation))
    };
    folder::files(folder, "xml")?.iter().map(read).collect()
}

fn object(index: usize, node: Node) -> Result<VocObject, Flaw> {
    let wrong = |what: String| Flaw::new(line(node), format!("object {}: {what}", index + 1));
    let name = child(node, "name").map(content).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| wrong("has no <name>".to_owned()))?;
    let mut boxes = children(node, "bndbox");
    let bndbox = boxes
        .next()
        .ok_or_else(|| wrong(format!("`{}` has no <bndbox>", folder::shorten(&name))))?;
    if boxes.next().is_some() {
        return Err(wrong(format!("`{}` has a second <bndbox>", folder::shorten(&name))));
    }
    let corner = |field: &str| {
        let corner = child(bndbox, field);
        let corner = corner.ok_or_else(|| wrong(format!("<bndbox> has no <{field}>")))?;
        let named = format!("object {}: {field}", index + 1);
        folder::number(line(corner), &named, &content(corner))
    };
    let corners = [corner("xmin")?, corner("ymin")?, corner("xmax")?, corner("ymax")?];
    let [x1, y1, x2, y2] = corners;
    if x1 > x2 || y1 > y2 {
        return Err(wrong(format!(
            "corners are {corners:?}; expected xmin <= xmax and ymin <= ymax"
        )));
    }
    let difficult = match child(node, "difficult").map(content).as_deref() {
        None | Some("" | "0") => false,
        Some("1") => true,
        Some(got) => {
            return Err(wrong(format!("difficult is `{}`; expected 0 or 1", folder::shorten(got))));
        }
    };
    Ok(VocObject { name, corners, difficult })
}

fn pixels(size: Node, field: &str) -> Result<u32, Flaw> {
    let node = child(size, field);
    let node = node.ok_or_else(|| Flaw::new(line(size), format!("<size> has no <{field}>")))?;
    let text = content(node);
    text.parse().map_err(|_| {
        let got = folder::shorten(&text);
        Flaw::new(line(node), format!("{field} is `{got}`; expected a whole number of pixels"))
    })
}

fn children<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'a str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn child<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'a str) -> Option<Node<'a, 'i>> {
    children(node, name).next()
}

/// The text directly in an element, across comments and sections of character data.
fn content(node: Node) -> String {
    let texts = node.children().filter(Node::is_text).filter_map(|text| text.text());
    texts.collect::<String>().trim().to_owned()
}

fn line(node: Node) -> usize {
    node.document().text_pos_at(node.range().start).row as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(objects: &str) -> Result<VocAnnotation, Flaw> {
        parse_voc_xml(&format!("<annotation>\n{objects}\n</annotation>"))
    }

    const BOX: &str = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>";

    #[test]
    fn parts_comments_entities_and_namespaces_do_not_disturb() {
        let text = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <v:annotation xmlns:v="urn:voc" xmlns="urn:other"><!-- one -->
              <filename>a.jpg</filename>
              <size><depth>3</depth><height>20</height><width>30</width></size>
              <v:object>
                <part><name>head</name><bndbox><xmin>9</xmin></bndbox></part>
                <v:name>salt &amp; <![CDATA[<pepper>]]> &#65;</v:name>
                {BOX}<difficult>1</difficult>
              </v:object>
            </v:annotation>"#
        );
        let annotation = parse_voc_xml(&text).unwrap();
        assert_eq!(annotation.filename.as_deref(), Some("a.jpg"));
        assert_eq!(annotation.size, Some((30, 20)));
        let expected = VocObject {
            name: "salt & <pepper> A".to_owned(),
            corners: [1.0, 2.0, 3.0, 4.0],
            difficult: true,
        };
        assert_eq!(annotation.objects, [expected]);
    }

    #[test]
    fn a_missing_difficult_is_no_and_a_box_in_one_place_is_a_box() {
        let one = "<bndbox><xmin>5</xmin><ymin>7</ymin><xmax>5</xmax><ymax>7</ymax></bndbox>";
        let object = &of(&format!("<object><name>a</name>{one}</object>")).unwrap().objects[0];
        assert_eq!((object.corners, object.difficult), ([5.0, 7.0, 5.0, 7.0], false));
        assert_eq!(of("").unwrap().objects, []);
    }

    #[test]
    fn every_flaw_names_line_object_and_what_would_fit() {
        let bad = |object: &str| of(object).unwrap_err().to_string();
        let swapped = BOX.replace(">1<", ">9<");
        for (object, message) in [
            (format!("<object>{BOX}</object>"), "line 2: object 1: has no <name>"),
            ("<object><name>a</name></object>".to_owned(), "line 2: object 1: `a` has no <bndbox>"),
            (
                format!("\n<object><name>a</name>{BOX}{BOX}</object>"),
                "line 3: object 1: `a` has a second <bndbox>",
            ),
            (
                format!("<object><name>a</name>{swapped}</object>"),
                "line 2: object 1: corners are [9.0, 2.0, 3.0, 4.0]; expected xmin <= xmax and ymin <= ymax",
            ),
            (
                format!("<object><name>a</name>{}</object>", BOX.replace(">1<", ">NaN<")),
                "line 2: object 1: xmin is `NaN`; expected a finite number",
            ),
            (
                format!("<object><name>a</name>{BOX}<difficult>maybe</difficult></object>"),
                "line 2: object 1: difficult is `maybe`; expected 0 or 1",
            ),
            (
                "<size><width>x</width></size>".to_owned(),
                "line 2: width is `x`; expected a whole number of pixels",
            ),
            ("<size><width>1</width></size>".to_owned(), "line 2: <size> has no <height>"),
        ] {
            assert_eq!(bad(&object), message);
        }
        assert_eq!(
            parse_voc_xml("<html/>").unwrap_err().to_string(),
            "line 1: root is <html>; expected <annotation>"
        );
        assert!(parse_voc_xml("<annotation>").is_err());
        assert!(parse_voc_xml("").is_err());
    }

    #[test]
    fn entities_that_expand_are_refused() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY x "aaaaaaaaaa"><!ENTITY y "&x;&x;&x;&x;&x;&x;">]>
            <annotation><filename>&y;</filename></annotation>"#;
        assert!(parse_voc_xml(bomb).unwrap_err().what.contains("DTD"), "{:?}", parse_voc_xml(bomb));
    }

    #[test]
    fn deep_nesting_is_refused_or_read_but_never_a_crash() {
        let deep =
            format!("<annotation>{}{}</annotation>", "<a>".repeat(200_000), "</a>".repeat(200_000));
        let _refused_or_read = parse_voc_xml(&deep);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[<>/a-z&;! \\[\\]\"=0-9\n]{0,200}") {
            let _any = parse_voc_xml(&text);
            let _any = of(&text);
        }
    }
}
