//! The `cenote` program as a user meets it: what it prints, what it leaves, and how it refuses.

mod ablation;
mod bench;
mod captcha;
mod checkpoints;
mod data_files;
mod data_sets;
mod detect;
mod detection;
mod detection_sections;
mod events;
mod flags;
mod inspection;
mod interruption;
mod lists;
mod made_sets;
mod memory;
mod metrics_classification;
mod metrics_sequence;
mod operators;
mod pictures;
mod program;
mod report_folders;
mod side_by_side;
mod similarity;
mod study_files;
mod tuning;
