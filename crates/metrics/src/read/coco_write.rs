//! Results as COCO reads them.

use std::io::{BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::{Detections, Error, Segmentation, Shape};

/// Writes detections as a list of COCO results, numbers so that they read back the same; whole or not at all.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write_coco_results(path: &Path, detections: &Detections) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::File {
        path: path.display().to_string(),
        what: format!("cannot be written: {error}"),
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let file = NamedTempFile::new_in(folder).map_err(failed)?;
    let mut writer = BufWriter::new(&file);
    write_to(&mut writer, detections).and_then(|()| writer.flush()).map_err(failed)?;
    drop(writer);
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn write_to(writer: &mut impl Write, detections: &Detections) -> std::io::Result<()> {
    writer.write_all(b"[")?;
    for row in 0..detections.len() {
        writer.write_all(if row == 0 { b"\n" } else { b",\n" })?;
        let (image, category) = (detections.image(row), detections.category(row));
        let [x, y, width, height] = detections.bbox(row);
        write!(
            writer,
            r#"{{"image_id":{image},"category_id":{category},"bbox":[{x:?},{y:?},{width:?},{height:?}],"score":{:?}"#,
            detections.score(row)
        )?;
        match detections.shape(row) {
            Shape::Box => {}
            Shape::Mask(Segmentation::Rle(mask)) => {
                let text = mask.to_text().replace('\\', "\\\\");
                let (height, width) = (mask.height(), mask.width());
                write!(
                    writer,
                    r#","segmentation":{{"size":[{height},{width}],"counts":"{text}"}}"#
                )?;
            }
            Shape::Mask(Segmentation::Polygons(parts)) => {
                write!(writer, r#","segmentation":{parts:?}"#)?;
            }
            Shape::Pose(points) => {
                writer.write_all(br#","keypoints":["#)?;
                for (at, [x, y]) in points.iter().enumerate() {
                    write!(writer, "{}{x:?},{y:?},1", if at == 0 { "" } else { "," })?;
                }
                writer.write_all(b"]")?;
            }
        }
        writer.write_all(b"}")?;
    }
    writer.write_all(b"\n]\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CocoReader, CocoSettings, Id, Mode, Rle, Similarity};

    #[test]
    fn what_is_written_reads_back_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        let mask = Rle::from_text(25, 37, "Qi0781J?Z2").unwrap();
        for (similarity, shape) in [
            (Similarity::Boxes, Shape::Box),
            (Similarity::Masks, Shape::Mask(Segmentation::Rle(mask))),
            (Similarity::coco_keypoints(), Shape::Pose(vec![[0.1, 2.0]; 17])),
        ] {
            let mut detections = Detections::default();
            for (id, score) in [(7, 0.1), (-3, 1e-300), (7, 0.3)] {
                let bbox = [1.0 / 3.0, 1e22, 4.0, 5.5];
                detections
                    .push_shape(Id::new(id), Id::new(2), score, bbox, 22.0, shape.clone())
                    .unwrap();
            }
            write_coco_results(&path, &detections).unwrap();
            let reader = CocoReader::new(&CocoSettings::new(similarity, Mode::Strict));
            assert_eq!(reader.results(&path).unwrap(), detections);
        }
        write_coco_results(&path, &Detections::default()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[\n]\n");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_with_the_name() {
        let error = write_coco_results(Path::new("/nowhere/x.json"), &Detections::default());
        assert!(error.unwrap_err().to_string().starts_with("/nowhere/x.json: cannot be written"));
    }
}
