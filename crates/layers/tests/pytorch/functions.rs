//! Operators that take more than one map, as functions: places, boxes or draws that another pass gave.

use cenote_autograd::{Tape, Var};
use cenote_layers::{max_unpool, roi_align, roi_pool};
use cenote_tensor::{
    Regions, Roi, RoiAlign, RoiPool, Scalar, Tensor, Window, max_pool, region_max,
    region_max_backward,
};

use crate::packed::{Case, TOLERANCE, cases, difference, largest};

/// Output and input gradient of a function under the gradient of a case.
fn pass(case: &Case, function: impl for<'t> Fn(&Var<'t>) -> Var<'t>) -> (Tensor, Tensor) {
    let tape = Tape::new();
    let x = tape.leaf(case.x.clone());
    let y = function(&x);
    let mut gradients = (&y * &tape.constant(case.dy.clone())).sum().backward();
    let dx = gradients.take(&x).unwrap_or_else(|| Tensor::zeros(case.x.shape()));
    (y.value().clone(), dx)
}

fn check(file: &str, case: &Case, (y, dx): &(Tensor, Tensor)) {
    let share = if case.exact { 0.0 } else { TOLERANCE };
    for (what, expected, got) in [("y", &case.y, y), ("dx", &case.dx, dx)] {
        let what = format!("{file} {}: {what}", case.number);
        let difference = difference(share * largest(expected), &what, expected, got);
        assert_eq!(difference, None);
    }
}

/// A setting for rows and columns, which is one number where they agree.
fn pair(table: &toml::Table, key: &str) -> [usize; 2] {
    let size = |value: &toml::Value| value.as_integer().and_then(|size| usize::try_from(size).ok());
    let value = &table[key];
    match value.as_array() {
        Some(both) => [0, 1].map(|axis| size(&both[axis]).expect("a size")),
        None => [size(value).expect("a size"); 2],
    }
}

#[test]
fn max_unpooling_puts_values_where_pytorch_found_them() {
    for case in cases(include_bytes!("../reference/max_unpools.safetensors")) {
        let [batch, channels, rows, columns] = case.y.nchw();
        assert_eq!(case.more.size, [rows, columns], "the size that PyTorch was asked for");
        let window = Window::new(pair(&case.layer, "kernel_size"), pair(&case.layer, "stride"));
        let windows = window.padded(pair(&case.layer, "padding")).fit("test", [rows, columns]);
        let windows = windows.expect("PyTorch took it");
        // Maxima at exactly the places that are given.
        let mut image = Tensor::zeros([batch, channels, rows, columns]);
        let outputs = case.x.nchw()[2] * case.x.nchw()[3];
        for (i, place) in case.more.indices.iter().enumerate() {
            image.as_mut_slice()[i / outputs * rows * columns + place] = 1.0;
        }
        let (_, places) = max_pool(&image, &windows);
        check("max_unpool", &case, &pass(&case, |x| max_unpool(x, &places, windows)));
    }
}

/// The boxes of a case, five numbers each: image, left, top, right and bottom.
fn boxes(case: &Case) -> Vec<Roi> {
    let (boxes, rest) = case.more.boxes.as_chunks::<5>();
    assert!(rest.is_empty(), "five numbers a box");
    let roi = |&[image, left, top, right, bottom]: &[f64; 5]| Roi {
        image: image as usize,
        corners: [left, top, right, bottom].map(|corner| corner as Scalar),
    };
    boxes.iter().map(roi).collect()
}

fn grid(case: &Case) -> ([usize; 2], Scalar) {
    let output = case.more.output_size.as_slice().try_into().expect("rows and columns");
    (output, case.more.scale.expect("a scale") as Scalar)
}

#[test]
fn roi_pooling_finds_the_maxima_that_torchvision_finds() {
    for case in cases(include_bytes!("../reference/roi_pools.safetensors")) {
        let (output, scale) = grid(&case);
        let got = pass(&case, |x| roi_pool(x, boxes(&case), RoiPool { output, scale }));
        check("roi_pool", &case, &got);
    }
}

#[test]
fn roi_alignment_samples_as_torchvision_does() {
    for case in cases(include_bytes!("../reference/roi_aligns.safetensors")) {
        let (output, scale) = grid(&case);
        // torchvision's word for about one sample per cell is −1.
        let ratio = case.more.sampling_ratio.expect("a ratio");
        let sampling_ratio = usize::try_from(ratio).ok();
        let aligned = case.more.aligned.expect("whether it is aligned");
        let how = RoiAlign { output, scale, sampling_ratio, aligned };
        check("roi_align", &case, &pass(&case, |x| roi_align(x, boxes(&case), how)));
    }
}

#[test]
fn fractional_pooling_puts_its_windows_where_pytorch_puts_them_for_the_same_draws() {
    for case in cases(include_bytes!("../reference/fractional_max_pools.safetensors")) {
        let [.., rows, columns] = case.x.nchw();
        let [kernel, output] = ["kernel_size", "output_size"].map(|key| pair(&case.layer, key));
        // PyTorch draws for the columns first.
        let (samples, _) = case.more.samples.as_chunks::<2>();
        let of_map = |&[of_columns, of_rows]: &[f64; 2]| {
            let u = [of_rows, of_columns].map(|u| u as Scalar);
            Regions::fractional([rows, columns], output, Some(kernel), u)
        };
        let regions: Vec<Regions> = samples.iter().map(of_map).collect();
        if regions.is_empty() {
            continue;
        }
        let (y, places) = region_max(&case.x, &regions);
        let dx = region_max_backward(&case.dy, &places, [rows, columns]);
        check("fractional_max_pool", &case, &(y, dx));
    }
}
