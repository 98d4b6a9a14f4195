//! From a design and its records to everything a report says.
//!
//! An [`Analysis`] is a pure function of the two: the same records in any order give the same
//! analysis, bit for bit. It never hides a run: what was planned is done, diverged, failed or
//! missing, and a comparison says which of its pairs are lost.

mod agreement;
mod answer;
mod arm;
mod census;
mod chance;
mod claim;
mod class;
mod comparison;
mod effects;
mod ending;
mod held_out;
mod looks;
mod measured;
mod other_scores;
mod robustness;
mod severity;
mod side_by_side;
mod similarity;
mod spending;
mod tally;
mod without;
mod wording;

use std::path::Path;

use serde::Serialize;

pub use agreement::Agreement;
pub use answer::{Answer, Question};
pub use arm::{ArmSummary, CurvePoint, SeedScore};
pub use census::{Census, Trouble};
pub use claim::{Claim, Finding};
pub use class::ClassScore;
pub use comparison::{Comparison, Controls, CostRatios, CrossCheck, PairedDifference};
pub use effects::{Change, Effect};
pub use ending::ArmEnding;
pub use held_out::{ScalingRange, Validation};
pub use looks::LookSummary;
pub use measured::{ArmMeasured, MeasureComparison, Measured};
pub use other_scores::{ArmScore, OtherComparison, OtherScore};
pub use robustness::{ArmRobustness, Robustness};
pub use severity::ErrorAt;
pub use side_by_side::{ArmChange, Differs, EffectChange, SideBySide};
pub use similarity::{ArmSimilarity, Grid, LayerSimilarity, Similarity};
pub use spending::Spending;

use crate::record::{ArmNote, Design, Environment, Record};
use crate::{Error, Store};
use arm::profile_scores;
use census::Runs;
pub(crate) use census::what_happened;
use comparison::Pairs;
pub(crate) use spending::core_seconds;

/// Everything a report says about a study; its JSON form is what `--json` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// Layout of the JSON form.
    pub schema: &'static str,
    /// What was planned.
    pub design: Design,
    /// What became of it.
    pub census: Census,
    /// One answer to each of the four questions, in order.
    pub answers: Vec<Answer>,
    /// What the records say to each of the article's claims, in order.
    pub claims: Vec<Claim>,
    /// The planned looks; empty where the study is judged once, at its end.
    pub looks: Vec<LookSummary>,
    /// One summary per arm, in the order of the design.
    pub arms: Vec<ArmSummary>,
    /// Every arm that has a partner against it, in the order of the design: one family of tests.
    pub comparisons: Vec<Comparison>,
    /// What each factor does, where arms are combinations of levels: one family of tests of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// The scores that are judged beside the one that decides, in the order of the design.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_scores: Vec<OtherScore>,
    /// How the trainings of each arm ended, where more than its epochs can end one or choose an epoch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endings: Vec<ArmEnding>,
    /// What the arms do with corrupted images, where the study asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robustness: Option<Robustness>,
    /// What was measured of the networks besides their score, in the order of the design.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<Measured>,
    /// How far the networks of each arm agree with each other, where records say what they answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agreement: Vec<Agreement>,
    /// How alike the layers of their networks are, where the study asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similarity: Option<Similarity>,
    /// What the arms score on the images that were held out of the training part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub validation: Vec<Validation>,
    /// How pixels were scaled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingRange>,
    /// What all runs took; none where there is no run.
    pub spent: Option<Spending>,
    /// Every environment that runs were made in.
    pub environments: Vec<Environment>,
}

impl Analysis {
    /// The layout of the JSON form.
    pub const SCHEMA: &'static str = "cenote.report/1";

    /// Analyses the records of a design.
    ///
    /// Records of arms or seeds outside the design are counted, and otherwise left out.
    ///
    /// # Errors
    /// [`Error::Design`] or [`Error::Schema`] if the design contradicts itself;
    /// [`Error::MissingScore`] or [`Error::NotFinite`] if a finished run lacks the metric,
    /// [`Error::OutOfRange`] if no run can have its score;
    /// [`Error::Ambiguous`] if two finished runs with different cells claim one arm and seed.
    pub fn of(design: &Design, records: &[Record]) -> Result<Self, Error> {
        design.check()?;
        let runs = Runs::select(design, records)?;
        let compared: Vec<&ArmNote> =
            design.arms.iter().filter(|note| note.against != note.name).collect();
        let judgements = looks::judgements(&compared, &runs, design.margin);
        let wanted = looks::wanted(&compared, &judgements, design);
        let scores = profile_scores(&runs);
        let summaries = design.arms.iter().zip(&wanted);
        let arms: Vec<_> =
            summaries.map(|(note, &wanted)| ArmSummary::of(note, &runs, wanted, &scores)).collect();
        let looks = looks::summaries(&compared, &judgements, design);
        let comparisons: Vec<_> = compared
            .iter()
            .zip(judgements)
            .map(|(note, judgement)| {
                let pairs = Pairs::of(note, &runs, looks::seeds_of(&judgement, design));
                Comparison::of(&pairs, judgement, &arms)
            })
            .collect();
        let mut analysis = Self {
            schema: Self::SCHEMA,
            design: design.clone(),
            census: Census::of(&runs, &wanted),
            answers: Vec::new(),
            claims: Vec::new(),
            looks,
            arms,
            comparisons,
            effects: Effect::of(&runs),
            other_scores: OtherScore::of(&compared, &runs)?,
            endings: ArmEnding::of(&runs),
            robustness: Robustness::of(&runs),
            measures: Measured::of(&runs),
            agreement: Agreement::of(&runs),
            similarity: Similarity::of(&runs),
            validation: Validation::of(&runs),
            scaling: ScalingRange::of(&runs),
            spent: Spending::of(design, runs.all()),
            environments: runs.environments(),
        };
        analysis.answers = Question::ALL.iter().map(|q| q.answer(&analysis)).collect();
        analysis.claims = claim::claims(&analysis, &runs);
        Ok(analysis)
    }

    /// Reads the study in `dir` and analyses it, also while it is running.
    ///
    /// # Errors
    /// As [`Store::read`] and [`Analysis::of`]; [`Error::NoDesign`] if the store has only runs.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let contents = Store::read(dir)?;
        let path = || dir.join(Store::FILE);
        let design = contents.design.ok_or_else(|| Error::NoDesign { path: path() })?;
        Self::of(&design, &contents.records)
    }

    /// The records that count of those that were analysed: one for each arm and seed of the design
    /// that has any, by arm and then by seed.
    ///
    /// # Errors
    /// As [`Analysis::of`].
    pub fn counted(&self, records: &[Record]) -> Result<Vec<Record>, Error> {
        let runs = Runs::select(&self.design, records)?;
        let of_arm = |note: &ArmNote| {
            runs.seeds
                .iter()
                .filter_map(|&seed| runs.get(&note.name, seed).cloned())
                .collect::<Vec<_>>()
        };
        Ok(self.design.arms.iter().flat_map(of_arm).collect())
    }

    /// The summary of an arm.
    pub fn arm(&self, name: &str) -> Option<&ArmSummary> {
        self.arms.iter().find(|arm| arm.name == name)
    }

    /// The comparison of an arm with its partner; `None` for a baseline.
    pub fn comparison(&self, arm: &str) -> Option<&Comparison> {
        self.comparisons.iter().find(|comparison| comparison.arm == arm)
    }

    /// Most runs that shared a machine at a time.
    pub fn jobs(&self) -> u32 {
        self.environments.iter().map(|environment| environment.jobs).max().unwrap_or(1).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, records};

    #[test]
    fn a_stored_study_is_analysed_as_the_one_in_memory() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        store.append(&records()[0]).unwrap();
        let error = Analysis::read(dir.path()).unwrap_err();
        assert!(matches!(error, Error::NoDesign { .. }), "{error}");
        store.set_design(&design()).unwrap();
        for record in &records()[1..4] {
            store.append(record).unwrap();
        }
        let expected = Analysis::of(&design(), &records()[..4]).unwrap();
        assert_eq!(Analysis::read(dir.path()).unwrap(), expected);
    }
}
