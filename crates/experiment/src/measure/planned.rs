//! The measures of a study, checked and ready to be taken.

use std::collections::{BTreeMap, BTreeSet};

use cenote_evidence::MeasureNote;
use cenote_layers::Model;

use super::{MEASURES, Measure, Subject};
use crate::{Data, Error, Stop, Study};

/// The measures of a study.
#[derive(Debug, Default)]
pub struct Measures(Vec<Box<dyn Measure>>);

impl Measures {
    /// Reads the measures of a study.
    ///
    /// # Errors
    /// When a table does not describe one, or two give a value of one name.
    pub fn of(study: &Study) -> Result<Self, Error> {
        let parse = |table: &toml::Table| cenote_spec::parse(&[MEASURES], table.clone());
        let measures = study.measures.iter().map(parse).collect::<Result<Vec<_>, _>>();
        let measures = Self(measures.map_err(Error::spec_of(&study.name))?);
        let mut known = BTreeSet::new();
        match measures.notes().into_iter().find(|note| !known.insert(note.name.clone())) {
            None => Ok(measures),
            Some(note) => Err(Error::Setting {
                study: study.name.clone(),
                setting: "measures".to_owned(),
                got: format!("a list that gives `{}` twice", note.name),
                expected: "every value once".to_owned(),
            }),
        }
    }

    /// Whether a study asks for none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they give, in the order of the study.
    pub fn notes(&self) -> Vec<MeasureNote> {
        self.0.iter().flat_map(|measure| measure.notes()).collect()
    }

    /// Checks that they can be taken of a network with these data.
    ///
    /// # Errors
    /// Naming the first value that cannot.
    pub(crate) fn fit(&self, model: &Model, data: &Data) -> Result<(), Error> {
        self.0.iter().try_for_each(|measure| {
            measure.fits(model, data).map_err(|problem| Error::Measure {
                measure: measure.notes().first().map_or_else(String::new, |note| note.name.clone()),
                problem,
            })
        })
    }

    /// Takes them all; a value that is not defined for the network, or no number, is left out.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when `stop` is requested, [`Error::Data`] when an image cannot be decoded.
    pub(crate) fn take(
        &self,
        subject: &Subject<'_>,
        stop: &Stop,
    ) -> Result<BTreeMap<String, f64>, Error> {
        let mut values = BTreeMap::new();
        for measure in &self.0 {
            if stop.requested() {
                return Err(Error::Interrupted);
            }
            let named = measure.notes().into_iter().zip(measure.take(subject)?);
            values.extend(named.filter_map(|(note, value)| {
                Some((note.name, value.filter(|value| value.is_finite())?))
            }));
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;
    use crate::named::smoke;

    fn plan(lines: &str) -> Result<Plan, Error> {
        let text = smoke().text.replacen("[training]", &format!("{lines}\n[training]"), 1);
        Plan::new(Study::parse("smoke", &text)?)
    }

    #[test]
    fn measures_change_the_cells_and_nothing_of_studies_without_them() {
        let (with, without) = (plan("measures = [{ kind = 'noise' }]"), plan(""));
        let (with, without) = (with.expect("fits"), without.expect("fits"));
        assert_ne!(with.cells[0].id, without.cells[0].id);
        assert!(without.measures.is_empty() && without.design().measures.is_empty());
        let names: Vec<String> = with.design().measures.into_iter().map(|note| note.name).collect();
        assert_eq!(names[..2], ["noise_loss", "noise_accuracy_0.05"]);
        let json = serde_json::to_string(&without.study).expect("plain data");
        assert!(!json.contains("measures"), "{json}");
    }

    #[test]
    fn the_images_of_a_similarity_change_the_cells_of_every_seed_and_nothing_of_studies_without() {
        let (with, without) = (plan("similarity = 12"), plan(""));
        let (with, without) = (with.expect("fits"), without.expect("fits"));
        assert!(with.cells.iter().zip(&without.cells).all(|(one, other)| one.id != other.id));
        let json = serde_json::to_string(&without.study).expect("plain data");
        assert!(!json.contains("similarity"), "{json}");
        let error = plan("similarity = 7").expect_err("too few").to_string();
        assert!(error.contains("similarity is 7; expected 8 to 256 images"), "{error}");
    }

    #[test]
    fn every_measure_of_the_claims_study_fits_its_networks() {
        let mut study = crate::find("claims").expect("it comes with the program");
        for part in ["train", "test"] {
            study.dataset.insert(part.to_owned(), 20.into());
        }
        let plan = Plan::new(study).expect("fits");
        assert_eq!((plan.arms.len(), plan.measures.0.len()), (5, 21));
        let claims: BTreeSet<String> = plan
            .measures
            .notes()
            .into_iter()
            .filter_map(|note| Some(note.expects?.claim))
            .collect();
        assert_eq!(claims, ["C6", "C7"].map(str::to_owned).into());
    }

    #[test]
    fn what_cannot_be_measured_is_refused_before_anything_runs() {
        let refusal =
            |lines: &str| plan(&format!("measures = [{lines}]")).expect_err(lines).to_string();
        for (lines, expected) in [
            ("{ kind = 'nose' }", "unknown kind `nose`; did you mean `noise`?"),
            (
                "{ kind = 'noise' }, { kind = 'noise' }",
                "`noise_loss` twice; expected every value once",
            ),
            ("{ kind = 'noise', sigmas = [] }", "sigmas is []; expected each once, at least one"),
            ("{ kind = 'noise', images = 0 }", "images is 0; expected a number from 1 to 100000"),
            (
                "{ kind = 'shift_consistency', max_pixels = 9 }",
                "max_pixels is 9; expected a number from 1 to 4",
            ),
            ("{ kind = 'focus' }", "measure focus: digits does not say what is object in an image"),
            ("{ kind = 'saliency', method = 'magic' }", "unknown variant `magic`"),
        ] {
            let got = refusal(lines);
            assert!(got.contains(expected), "{lines}: {got}");
        }
    }
}
