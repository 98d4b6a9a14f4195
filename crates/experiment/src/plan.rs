//! A study turned into runs, everything checked before the first one starts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cenote_datasets::{Augmentation, Split};
use cenote_evidence::{
    ArmNote, CorruptionNote, DatasetNote, Design, LayerNote, Limits, Room, TuningNote,
};
use cenote_layers::{Model, ModelSpec, Optimizer, Row, Schedule, Summary};
use cenote_tensor::instruction_set;
use serde_json::json;

use crate::environment::CODE;
use crate::measure::{pictures, similarity};
use crate::slot::count_classes;
use crate::{Data, Error, Measures, Part, Setup, Study, Task, Trials, fill, memory, width};

/// Everything a study needs to run: loaded data, fitted models, and the list of cells.
#[derive(Debug)]
pub struct Plan {
    /// The study as planned.
    pub study: Study,
    /// Its data, as the first seed sees them; [`Plan::data_of`] gives those of another.
    pub data: Data,
    /// The corruptions that every trained network is judged by.
    pub trials: Trials,
    /// What is measured of every trained network besides its score.
    pub measures: Measures,
    /// Its arms, fitted to the data.
    pub arms: Vec<Arm>,
    /// Every run: the arms of one seed, then those of the next.
    pub cells: Vec<Cell>,
    /// How arms are trained that have nothing of their own; task and epochs are those of all.
    pub recipe: Recipe,
    /// The learning rates that were tried before, where they were.
    pub tuning: Option<TuningNote>,
    /// What fits into the limit on memory that the study names.
    pub room: Option<Room>,
}

/// How a network is trained, parsed and checked.
#[derive(Debug)]
pub struct Recipe {
    /// What the network is trained for.
    pub task: Task,
    /// The score that decides.
    pub metric: String,
    /// Passes over the training images, at most.
    pub epochs: u64,
    /// What ends training besides, and which epoch is judged.
    pub limits: Limits,
    /// Images per step.
    pub batch_size: usize,
    /// Learning rate before the schedule's factor.
    pub learning_rate: f64,
    /// The rule that moves parameters.
    pub optimizer: Box<dyn Optimizer>,
    /// The learning rate over time.
    pub schedule: Box<dyn Schedule>,
    /// Random changes of training images.
    pub augmentation: Augmentation,
    /// Decay of the moving average of the parameters, which is what is used; 0 for none.
    pub average: f64,
    /// Parts that a batch is cut into, whose gradients are added up.
    pub accumulate: usize,
    /// Whether what layers keep for the backward pass is dropped and computed again.
    pub checkpoint: bool,
}

/// One arm: a network whose slots are filled.
#[derive(Debug)]
pub struct Arm {
    /// Its name in the study.
    pub name: String,
    /// The network, fitted to the data.
    pub model: Model,
    /// How it is trained.
    pub recipe: Recipe,
    /// How many images it is trained on with the first seed.
    pub images: usize,
}

/// One run: an arm with a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Digest of everything that could change the result; equal cells need not run twice.
    pub id: String,
    /// Position in [`Plan::arms`].
    pub arm: usize,
    /// The seed.
    pub seed: u64,
}

impl Recipe {
    /// Parses the training settings of a study.
    ///
    /// # Errors
    /// When one of them does not describe anything known.
    pub fn of(study: &Study) -> Result<Self, Error> {
        let training = &study.training;
        Ok(Self {
            task: study.task.clone(),
            metric: study.measure.metric.clone(),
            epochs: training.epochs,
            limits: training.limits(),
            batch_size: training.batch_size,
            learning_rate: training.learning_rate,
            optimizer: training.optimizer(&study.name)?,
            schedule: training.schedule(&study.name)?,
            augmentation: training.augmentation(&study.name)?,
            average: training.average,
            accumulate: training.accumulate,
            checkpoint: training.checkpoint,
        })
    }

    /// The most images that are trained on at a time: those of a part of a batch.
    pub fn together(&self) -> usize {
        self.batch_size.div_ceil(self.accumulate)
    }
}

impl Plan {
    /// Loads the data, fits every arm and lists the runs.
    ///
    /// # Errors
    /// When the study contradicts itself, its data cannot be had, or an arm does not fit them.
    pub fn new(study: Study) -> Result<Self, Error> {
        study.check()?;
        let data = Data::load(&study)?;
        let recipe = Recipe::of(&study)?;
        let trials = Trials::of(&study, &data)?;
        let measures = Measures::of(&study)?;
        let arms = study.arms.iter().map(|(name, setup)| {
            let mut tables = fill(name, &study.model, &setup.slots)?;
            if let Some(width) = setup.width {
                width::scale(&mut tables, width);
            }
            let of_arm = study.of_arm(name)?;
            let recipe = Recipe::of(&of_arm)?;
            // Whether a transform fits the images shows only where both meet.
            recipe.augmentation.fits(data.train.shape())?;
            count_classes(&mut tables, recipe.task.outputs(&data));
            let model = fit_arm(name, tables, &recipe.task, &data)?;
            study.check_parts(name, &model)?;
            let images = match setup.training.get("per_class") {
                None => data.train.len(),
                Some(_) => data.of_seed(&of_arm.training, study.seeds.first)?.train.len(),
            };
            memory::check(name, &model, &recipe, images)?;
            measures.fit(&model, &data)?;
            if study.pictures.is_some() {
                let problem = |problem| Error::Measure { measure: "pictures".to_owned(), problem };
                pictures::fits(&model).map_err(problem)?;
            }
            if study.similarity.is_some() {
                let problem =
                    |problem| Error::Measure { measure: "similarity".to_owned(), problem };
                similarity::fits(&data).map_err(problem)?;
            }
            Ok(Arm { name: name.to_owned(), model, recipe, images })
        });
        let arms = arms.collect::<Result<Vec<_>, Error>>()?;
        let cells = study.seeds.iter().flat_map(|seed| {
            let cell = |(i, arm): (usize, &Arm)| {
                Ok(Cell { id: id(&study, &data, arm, seed)?, arm: i, seed })
            };
            arms.iter().enumerate().map(cell).collect::<Vec<_>>()
        });
        let cells = cells.collect::<Result<Vec<_>, Error>>()?;
        let (tuning, room) = (None, None);
        let mut plan = Self { study, data, trials, measures, arms, cells, recipe, tuning, room };
        plan.room = plan.study.memory_limit()?.map(|limit| plan.room(limit)).transpose()?;
        plan.design().check()?;
        Ok(plan)
    }

    /// The data as the run of an arm, at its place in [`Plan::arms`], and a seed sees them.
    ///
    /// # Errors
    /// As [`Data::of_seed`].
    pub fn data_of(&self, arm: usize, seed: u64) -> Result<Cow<'_, Data>, Error> {
        self.data.of_seed(&self.study.training_of(&self.arms[arm].name)?, seed)
    }

    /// What reports need to know of the plan.
    pub fn design(&self) -> Design {
        let Study { name, question, measure, baseline, questions, training, .. } = &self.study;
        let count = |split: &Split| split.len() as u64;
        // What runs cost and where they would fit changes nothing that was planned.
        let planned = Study { prices: None, memory: None, ..self.study.clone() };
        Design {
            schema: Design::SCHEMA,
            name: name.clone(),
            question: question.clone(),
            dataset: DatasetNote {
                name: self.data.name.clone(),
                checksum: self.data.checksum.clone(),
                train: count(&self.data.train),
                validation: self.data.validation.as_ref().map_or(0, count),
                test: match training.judged_by {
                    Part::Test => count(&self.data.test),
                    Part::Validation => 0,
                },
                classes: self.data.classes.clone(),
                division: self.data.division(training.split_by),
            },
            corruptions: self.corruptions(),
            measures: self.measures.notes(),
            metric: self.study.judged_metric(),
            margin: measure.margin,
            also: self.study.also_judged(),
            baseline: baseline.clone(),
            arms: self.arms.iter().map(|arm| self.note(arm)).collect(),
            seeds: self.study.seeds.iter().collect(),
            looks: self.study.looks.clone(),
            prices: self.study.prices.clone(),
            budget: self.recipe.budget(self.data.train.len()),
            limits: self.recipe.limits,
            memory: self.room.clone(),
            tuning: self.tuning.clone(),
            questions: questions.clone(),
            plan: digest(&json!({ "study": planned, "data": self.data.checksum })),
            cells: self.cells.iter().map(|cell| cell.id.clone()).collect(),
        }
    }

    /// The corruptions of the plan, each with its severities.
    fn corruptions(&self) -> Vec<CorruptionNote> {
        let mut notes: Vec<CorruptionNote> = Vec::new();
        for damage in self.trials.damages() {
            match notes.last_mut().filter(|note| note.name == damage.name) {
                Some(note) => note.severities.extend(damage.severity),
                None => notes.push(CorruptionNote {
                    name: damage.name.clone(),
                    severities: damage.severity.into_iter().collect(),
                }),
            }
        }
        notes
    }

    fn note(&self, arm: &Arm) -> ArmNote {
        let about = self.study.about.get(&arm.name).cloned();
        let differs = self.study.arms.get(&arm.name).map(Setup::told);
        let about: Vec<String> = about.into_iter().chain(differs.into_iter().flatten()).collect();
        ArmNote {
            name: arm.name.clone(),
            about: about.join("; "),
            against: self.study.partner(&arm.name).to_owned(),
            layers: layers(&arm.model),
            levels: self.study.arms.get(&arm.name).map_or_else(BTreeMap::new, |s| s.levels.clone()),
        }
    }
}

/// What each layer of a network costs, for one image.
fn layers(model: &Model) -> Vec<LayerNote> {
    let note = |row: Row| LayerNote {
        path: row.path,
        kind: row.kind.to_owned(),
        output: row.output.to_string(),
        parameters: row.parameters as u64,
        macs: row.cost.macs,
        kept_bytes: row.saved_bytes as u64,
        sees: Some(row.sees.map(|side| side as u64)),
    };
    Summary::of(model).rows.into_iter().map(note).collect()
}

/// Fits the network of one arm and checks that its output is the task's.
fn fit_arm(name: &str, tables: Vec<toml::Table>, task: &Task, data: &Data) -> Result<Model, Error> {
    let fitted = ModelSpec::parse(tables).and_then(|spec| spec.fit(data.train.shape().into()));
    let model =
        fitted.map_err(|source| Error::Model { arm: name.to_owned(), source: Box::new(source) })?;
    let refuse = |problem| Error::Slots { arm: name.to_owned(), problem };
    task.check(model.output(), data).map_err(refuse)?;
    Ok(model)
}

/// Digest of everything that could change the result of a run.
fn id(study: &Study, data: &Data, arm: &Arm, seed: u64) -> Result<String, Error> {
    let mut all = json!({
        "arm": arm.name,
        "model": arm.model.tables(),
        "training": study.training_of(&arm.name)?,
        "data": data.checksum,
        "seed": seed,
        "code": CODE,
        "instructions": instruction_set(),
    });
    // A study that asks nothing of robustness has the cells it had before there was any.
    if let Some(robustness) = &study.robustness {
        all["robustness"] = json!(robustness);
    }
    if !study.measures.is_empty() {
        all["measures"] = json!(study.measures);
    }
    if let Some(count) = study.pictures_of(seed) {
        all["pictures"] = json!(count);
    }
    if let Some(count) = study.similarity {
        all["similarity"] = json!(count);
    }
    if !study.task.is_classify() {
        all["task"] = json!(study.task);
    }
    Ok(digest(&all))
}

fn digest(value: &serde_json::Value) -> String {
    blake3::hash(value.to_string().as_bytes()).to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::named::{quick, smoke};

    fn plan(text: &str) -> Result<Plan, Error> {
        Plan::new(Study::parse("test", text).expect("valid"))
    }

    #[test]
    fn the_arms_of_one_seed_stand_together() {
        let plan = plan(smoke().text).expect("fits");
        let order: Vec<_> = plan.cells.iter().map(|cell| (cell.seed, cell.arm)).collect();
        assert_eq!(order, [(1, 0), (1, 1), (2, 0), (2, 1)]);
    }

    #[test]
    fn the_arms_of_the_quick_study_differ_in_parameters_only_where_they_say_so() {
        let plan = plan(quick().text).expect("fits");
        let count = |name: &str| {
            let arm = plan.arms.iter().find(|arm| arm.name == name).expect("an arm");
            arm.model.trained()
        };
        let same = count("max");
        assert_eq!([count("avg"), count("decimate"), count("none")], [same; 3]);
        assert!(count("strided") > same && count("none-flatten") > 10 * count("max-flatten"));
    }

    #[test]
    fn the_design_says_what_each_layer_costs_and_the_layers_add_up() {
        let plan = plan(smoke().text).expect("fits");
        let design = plan.design();
        assert_eq!(design.dataset.classes.len(), 10);
        for (arm, note) in plan.arms.iter().zip(&design.arms) {
            let sum = |of: fn(&LayerNote) -> u64| note.layers.iter().map(of).sum::<u64>();
            assert_eq!(sum(|layer| layer.macs), arm.model.cost().macs);
            assert_eq!(sum(|layer| layer.parameters), arm.model.trained() as u64);
            assert!(note.layers.iter().any(|layer| layer.kept_bytes > 0));
        }
    }

    #[test]
    fn fewer_images_of_each_class_leave_validation_and_cells_without_the_setting_alone() {
        let with = |lines: &str| {
            let text = smoke().text.replacen("[questions]", &format!("{lines}\n[questions]"), 1);
            plan(&text).expect("fits")
        };
        let (whole, few) = (with("validation = 100"), with("validation = 100\nper_class = 20"));
        assert_eq!(few.data.train.class_counts(), [20; 10]);
        assert_eq!(few.data.validation, whole.data.validation);
        assert_ne!(few.cells[0].id, whole.cells[0].id);
        let json = serde_json::to_value(&whole.study.training).expect("plain data");
        assert!(json.get("per_class").is_none(), "{json}");
    }

    #[test]
    fn what_could_change_a_result_changes_the_cell() {
        let cells = |text: &str| plan(text).expect("fits").cells;
        let before = cells(smoke().text);
        for (from, to) in [
            ("learning_rate = 0.05", "learning_rate = 0.06"),
            ("out_channels = 8", "out_channels = 9"),
            ("momentum = 0.9", "momentum = 0.8"),
        ] {
            let after = cells(&smoke().text.replacen(from, to, 1));
            assert!(before.iter().zip(&after).all(|(a, b)| a.id != b.id), "{from}");
        }
        let more = cells(&smoke().text.replacen("count = 2", "count = 3", 1));
        assert_eq!(before, more[..4]);
        assert_eq!(
            before,
            cells(&format!("memory = '1MB'\n{}", smoke().text)),
            "nor where it fits"
        );
    }

    #[test]
    fn a_limit_on_memory_is_said_for_every_arm_and_one_that_is_no_amount_refused() {
        let with = |memory: &str| {
            Study::parse("test", &format!("memory = '{memory}'\n{}", smoke().text))
                .and_then(Plan::new)
        };
        let plan = with("5 MB").expect("an amount");
        let design = plan.design();
        let room = design.memory.as_ref().expect("asked for");
        assert_eq!(room.limit_bytes, 5_000_000);
        for (arm, footprint) in plan.arms.iter().zip(plan.footprints().expect("trains")) {
            let fits = room.of(&arm.name).expect("every arm");
            assert_eq!(fits.batch, footprint.largest_batch(5_000_000).map(|batch| batch as u64));
            assert!(fits.batch > Some(32) && fits.side > Some(8) && !fits.or_more, "{fits:?}");
        }
        let unlimited =
            Plan::new(Study::parse("test", smoke().text).expect("valid")).expect("fits");
        assert_eq!((unlimited.design().memory, &unlimited.design().plan), (None, &design.plan));
        let error = with("plenty").expect_err("no amount").to_string();
        assert!(error.contains("memory is plenty; expected bytes, or a number with kB"), "{error}");
    }

    /// The smoke study with a slot for its head as well, and with an arm of this text beside the baseline.
    fn with_arm(fillings: &str) -> Result<Plan, Error> {
        let head = "kind = \"slot\"\nname = \"head\"\ndefault = [{ kind = \"global_avg_pool\" }]";
        let text = smoke().text.replacen("kind = \"global_avg_pool\"", head, 1);
        let arms = text.find("none = {").expect("an arm without pools");
        plan(&format!("{}none = {{ {fillings} }}\n", &text[..arms]))
    }

    #[test]
    fn every_operator_fills_a_slot() {
        for kind in cenote_layers::OPERATOR_KINDS {
            let example = kind.example_table();
            let settings: Vec<String> =
                example.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            let operator = format!("{{ {} }}", settings.join(", "));
            // Between two convolutions, or as the head where what comes out is no map.
            let between = with_arm(&format!("down1 = {operator}"));
            let plan = between.or_else(|_| {
                with_arm(&format!(
                    "down1 = {{ kind = 'identity' }}, head = [{operator}, {{ kind = 'flatten' }}]"
                ))
            });
            let plan = plan.unwrap_or_else(|error| panic!("{}: {error}", kind.name));
            let filled = plan.arms[1].model.tables();
            let name = toml::Value::from(kind.name);
            assert!(filled.iter().any(|table| table.get("kind") == Some(&name)), "{}", kind.name);
        }
    }

    #[test]
    fn a_layer_may_have_as_many_outputs_as_there_are_classes() {
        let counted = smoke().text.replacen("out_features = 10", "out_features = \"classes\"", 1);
        let (counted, named) = (plan(&counted).expect("fits"), plan(smoke().text).expect("fits"));
        assert_eq!(counted.cells, named.cells, "the filled model is the same");
        let text = smoke().text.replacen("out_features = 10", "out_features = \"labels\"", 1);
        let error = plan(&text).expect_err("misspelt").to_string();
        assert!(error.contains("dense") && error.contains("\"labels\""), "{error}");
    }

    #[test]
    fn a_head_with_the_wrong_number_of_classes_is_refused() {
        let text = smoke().text.replacen("out_features = 10", "out_features = 7", 1);
        let error = plan(&text).expect_err("digits have 10 classes").to_string();
        assert!(error.starts_with("arm `max`: ends in 7;"), "{error}");
    }

    #[test]
    fn a_kernel_larger_than_its_input_is_refused_before_anything_runs() {
        let text = smoke().text.replacen("kernel_size = 2", "kernel_size = 9", 1);
        let error = plan(&text).expect_err("maps are 8x8").to_string();
        assert_eq!(
            error,
            "arm `max`: layer `down1`: max_pool: kernel 9x9 (stride 9) does not fit input 8x8; \
             the smallest input that fits is 9x9"
        );
    }

    #[test]
    fn an_arm_may_be_trained_differently_and_only_its_runs_are_others() {
        let plain = plan(smoke().text).expect("fits");
        let with = |training: &str| {
            let mut study = Study::parse("test", smoke().text)?;
            let text = toml::to_string(&study.arms).expect("plain data");
            let text = format!("{text}\n[none.training]\n{training}");
            study.arms = toml::from_str(&text).expect("arms");
            Plan::new(study)
        };
        let changed = with("learning_rate = 0.5\noptimizer = { kind = 'adam' }").expect("fits");
        let rates: Vec<f64> = changed.arms.iter().map(|arm| arm.recipe.learning_rate).collect();
        assert_eq!(rates, [plain.recipe.learning_rate, 0.5]);
        assert_eq!(changed.arms[1].recipe.optimizer.memories(), 2, "moments of Adam");
        assert_eq!(plain.cells[0], changed.cells[0]);
        assert_ne!(plain.cells[1], changed.cells[1]);
        let [plain, moments] = [plain, changed].map(|plan| plan.peaks().expect("trains"));
        assert_eq!(plain[0], moments[0]);
        assert!(plain[1] < moments[1], "moments take memory: {plain:?} {moments:?}");
        let about = with("average = 0.9").expect("fits").design().arms[1].about.clone();
        assert!(about.ends_with("trained with average = 0.9"), "{about}");
        let refusal = |training: &str| with(training).expect_err(training).to_string();
        assert_eq!(
            refusal("epochs = 3"),
            "study test: arms.none.training.epochs is given; expected one of learning_rate, optimizer, schedule, \
             augment, average, batch_size, per_class, accumulate, checkpoint; all arms share the others"
        );
        assert_eq!(
            refusal("learning_rate = -1"),
            "study test: arms.none.training.learning_rate is -1; expected a finite number above 0"
        );
        assert!(refusal("optimizer = { kind = 'adm' }").contains("did you mean `adam`?"));
        assert!(refusal("schedule = 3").contains("arms.none.training: "));
    }
}
