//! Annotations and detections, in whichever layout.

use std::path::Path;

use cenote_metrics::{
    CocoReader, CocoSettings, Detections, Error, Far, FolderError, GroundTruth, Scored, VocProblem,
    read_class_names, read_image_sizes, read_voc_folder, read_voc_text_folder, read_yolo_folder,
    voc_detections, voc_ground_truth, yolo_detections, yolo_ground_truth,
};

use super::detection::{failed, in_file};
use crate::args::{Detection, Format, Protocol};
use crate::failure::Failure;

/// What an evaluation needs.
pub(super) struct Data {
    pub(super) truth: GroundTruth,
    pub(super) detections: Detections,
    /// What the other detector found, where there is one.
    pub(super) against: Option<Detections>,
}

/// Reads the files that the flags name.
pub(super) fn data(args: &Detection, settings: &CocoSettings) -> Result<Data, Failure> {
    let yolo_only = [("--image-sizes", &args.image_sizes), ("--class-names", &args.class_names)];
    if let Some((flag, _)) = yolo_only.iter().find(|(_, path)| path.is_some())
        && args.format != Format::Yolo
    {
        return Err(Failure::Usage(format!("{flag} goes with --format yolo")));
    }
    match args.format {
        Format::Coco => coco(args, settings),
        Format::Voc => voc(args),
        Format::Yolo => yolo(args),
    }
}

/// The problem of Pascal VOC's rule, and that of the other detector; boxes of VOC files stay pixels.
pub(super) fn voc_problems(
    args: &Detection,
    settings: &CocoSettings,
) -> Result<(VocProblem, Option<VocProblem>), Failure> {
    let against = args.against.as_deref();
    if args.format == Format::Voc {
        let annotations = read_voc_folder(&args.gt).map_err(unreadable)?;
        let problem = |path: &Path| {
            let problem = VocProblem::new(annotations.iter().cloned(), text(path)?);
            problem.map_err(|error| in_file(args, path, error))
        };
        return Ok((problem(&args.dt)?, against.map(problem).transpose()?));
    }
    let data = data(args, settings)?;
    let problem = |path: &Path, said: &Detections| {
        VocProblem::of_data(&data.truth, said).map_err(|error| in_file(args, path, error))
    };
    let other = against.zip(data.against.as_ref()).map(|(path, said)| problem(path, said));
    Ok((problem(&args.dt, &data.detections)?, other.transpose()?))
}

fn coco(args: &Detection, settings: &CocoSettings) -> Result<Data, Failure> {
    let federated = args.protocol == Protocol::Lvis;
    let reader = CocoReader { federated, ..CocoReader::new(settings) };
    let (truth, detections) = rayon::join(|| reader.truth(&args.gt), || reader.results(&args.dt));
    let (truth, detections) = (truth.map_err(failed)?, detections.map_err(failed)?);
    let against = args.against.as_ref().map(|path| reader.results(path)).transpose();
    Ok(Data { truth, detections, against: against.map_err(failed)? })
}

fn voc(args: &Detection) -> Result<Data, Failure> {
    let annotations = read_voc_folder(&args.gt).map_err(unreadable)?;
    let (truth, mut names) = voc_ground_truth(&annotations);
    let mut said = |path: &Path| {
        voc_detections(&text(path)?, &mut names).map_err(|error| inside(path, &error))
    };
    let detections = said(&args.dt)?;
    let against = args.against.as_deref().map(said).transpose()?;
    Ok(Data { truth, detections, against })
}

fn yolo(args: &Detection) -> Result<Data, Failure> {
    let Some(sizes) = &args.image_sizes else {
        let words = "--format yolo needs --image-sizes, a table or the folder of the images";
        return Err(Failure::Usage(words.to_owned()));
    };
    let sizes = read_image_sizes(sizes).map_err(unreadable)?;
    let classes = args.class_names.as_deref().map(read_class_names).transpose();
    let classes = classes.map_err(unreadable)?.unwrap_or_default();
    let labels = read_yolo_folder(&args.gt).map_err(unreadable)?;
    let (truth, names) =
        yolo_ground_truth(&labels, &sizes, &classes).map_err(|error| inside(&args.gt, &error))?;
    let said = |path: &Path| {
        let said = read_yolo_folder(path).map_err(unreadable)?;
        yolo_detections(&said, &sizes, &classes, &names).map_err(|error| inside(path, &error))
    };
    let detections = said(&args.dt)?;
    let against = args.against.as_deref().map(said).transpose()?;
    Ok(Data { truth, detections, against })
}

fn text(folder: &Path) -> Result<Vec<cenote_metrics::LabelledBox>, Failure> {
    read_voc_text_folder(folder, Scored::Yes, Far::Corner).map_err(unreadable)
}

/// What is wrong with the files of a folder.
fn inside(folder: &Path, error: &Error) -> Failure {
    Failure::Data(format!("{}: {error}", folder.display()))
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed over as an error")]
fn unreadable(error: FolderError) -> Failure {
    Failure::Data(error.to_string())
}
