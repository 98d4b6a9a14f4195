//! Counts of other programs, held to what those print (`counts/generate.py`).

use cenote_layers::{Counter, ModelSpec, Summary};
use cenote_tensor::Shape;

fn summary(layers: &str, input: [usize; 3]) -> Summary {
    let spec = ModelSpec::from_toml(&format!("layer = [{layers}]")).expect("valid");
    Summary::of(&spec.fit(Shape::from(input)).expect("fits"))
}

fn networks() -> [(&'static str, Summary); 3] {
    let lenet = summary(
        "{kind='conv2d', out_channels=6, kernel_size=3}, {kind='relu'}, {kind='max_pool', kernel_size=2},
         {kind='conv2d', out_channels=16, kernel_size=3}, {kind='relu'}, {kind='max_pool', kernel_size=2},
         {kind='flatten'}, {kind='dense', out_features=120}, {kind='relu'},
         {kind='dense', out_features=84}, {kind='relu'}, {kind='dense', out_features=10}",
        [1, 32, 32],
    );
    let batch_norm = summary(
        "{kind='conv2d', out_channels=16, kernel_size=3, padding=1, bias=false}, {kind='batch_norm'}, {kind='relu'},
         {kind='avg_pool', kernel_size=2},
         {kind='conv2d', out_channels=32, kernel_size=3, padding=1}, {kind='batch_norm'}, {kind='relu'},
         {kind='max_pool', kernel_size=3, stride=2, padding=1},
         {kind='conv2d', out_channels=32, kernel_size=3, padding=1, groups=4}, {kind='relu'},
         {kind='global_avg_pool'}, {kind='dense', out_features=10}",
        [3, 32, 32],
    );
    let strided = summary(
        "{kind='conv2d', out_channels=8, kernel_size=5, stride=2, padding=2}, {kind='relu'},
         {kind='conv2d', out_channels=16, kernel_size=3, stride=2, padding=1}, {kind='relu'},
         {kind='global_max_pool'}, {kind='dense', out_features=10, bias=false}",
        [1, 28, 28],
    );
    [("lenet", lenet), ("batch_norm", batch_norm), ("strided", strided)]
}

#[test]
fn networks_are_counted_as_the_programs_count_them() {
    let printed: serde_json::Value =
        serde_json::from_str(include_str!("counts/counts.json")).expect("it is JSON");
    for (name, summary) in networks() {
        let of = |program: &str| printed["counts"][name][program].as_u64().expect("a count");
        let ours = |counter: Counter| counter.count(&summary).expect("every layer has a rule");
        assert_eq!(summary.cost().macs, of("calflops_macs"), "{name}");
        assert_eq!(ours(Counter::Fvcore), of("fvcore"), "{name}");
        assert_eq!(ours(Counter::Calflops), of("calflops"), "{name}");
        // ReLU and pools are met twice.
        let mut before = summary.input.len() as u64;
        let mut again = 0;
        for row in &summary.rows {
            again += match row.kind {
                "relu" => row.output.len() as u64,
                kind if kind.ends_with("pool") => before,
                _ => 0,
            };
            before = row.output.len() as u64;
        }
        assert_eq!(ours(Counter::Ptflops) + again, of("ptflops"), "{name}");
    }
}

#[test]
fn the_network_of_fvcores_documentation_has_its_printed_count() {
    let [(_, lenet), ..] = networks();
    assert_eq!(Counter::Fvcore.count(&lenet), Some(274_656));
    let blurred = summary("{kind='blur_pool', stride=2}", [1, 8, 8]);
    assert_eq!(Counter::ALL.map(|counter| counter.count(&blurred)), [None; 3]);
}
