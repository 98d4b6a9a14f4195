//! A cloudy plane by the diamond-square method (Fournier, Fussell and Carpenter 1982, doi:10.1145/358523.358553).

use cenote_tensor::Stream;

use crate::draw::uniform;

/// A square plane of `side`, a power of two, with values `0..=1`, whose borders continue at the opposite side.
///
/// The roughness starts at 100² and is divided by `decay²` with every halving of the step: the smaller the decay, the finer
/// the cloud.
pub(super) fn plasma(side: usize, decay: f64, stream: &mut Stream) -> Vec<f64> {
    assert!(side.is_power_of_two(), "steps are halved down to 1");
    let mut map = vec![0.0; side * side];
    let (mut step, mut wibble) = (side, 100.0_f64);
    while step >= 2 {
        let half = step / 2;
        let at = |row: usize, column: usize| (row % side) * side + column % side;
        let mut mean = |values: [f64; 4]| {
            values.iter().sum::<f64>() / 4.0 + wibble * uniform([-wibble, wibble], stream)
        };
        let places = || {
            (0..side)
                .step_by(step)
                .flat_map(|row| (0..side).step_by(step).map(move |column| (row, column)))
        };
        for (row, column) in places() {
            let corners = [(0, 0), (step, 0), (0, step), (step, step)];
            let corners = corners.map(|(down, right)| map[at(row + down, column + right)]);
            map[at(row + half, column + half)] = mean(corners);
        }
        // The middles of the sides: between two corners along one axis, two middles along the other.
        for (down, right) in [(0, half), (half, 0)] {
            for (row, column) in places() {
                let (row, column) = (row + down, column + right);
                let around = [(half, 0), (side - half, 0), (0, half), (0, side - half)];
                let around = around.map(|(down, right)| map[at(row + down, column + right)]);
                map[at(row, column)] = mean(around);
            }
        }
        step = half;
        wibble /= decay;
    }
    let low = map.iter().copied().fold(f64::INFINITY, f64::min);
    let high = map.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // All draws could only be equal for a plane of one cell.
    let range = if high > low { high - low } else { 1.0 };
    map.iter().map(|value| (value - low) / range).collect()
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    #[test]
    fn a_cloud_spans_everything_and_is_finer_for_a_smaller_decay() {
        let roughness = |decay: f64| {
            let cloud = plasma(32, decay, &mut Seed(1).stream("cloud"));
            let extremes = |x: f64| cloud.iter().any(|value| (value - x).abs() < 1e-12);
            assert!(extremes(0.0) && extremes(1.0));
            let steps = cloud.chunks_exact(32).flat_map(|row| row.windows(2));
            steps.map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>()
        };
        let (coarse, fine) = (roughness(3.0), roughness(1.75));
        assert!(fine > 1.1 * coarse, "{fine} {coarse}");
    }
}
