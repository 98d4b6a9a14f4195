//! Where labels go so that none covers another.

/// Height of a line of labels.
const LINE: f64 = 15.0;

/// About how wide a text of the plots is.
pub(super) fn width(text: &str) -> f64 {
    6.9 * text.chars().count() as f64
}

/// Moves positions on a vertical line apart until none is closer than a line, as little as
/// possible, and keeps them between `top` and `bottom` if there is room.
pub(super) fn spread(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    // Blocks of labels that touch: each is placed around the mean of what its labels want.
    let mut blocks: Vec<(f64, usize)> = Vec::new(); // (centre, labels)
    for &label in &order {
        blocks.push((wanted[label], 1));
        while let [.., (above, n), (below, m)] = blocks[..] {
            if below - above >= LINE * (n + m) as f64 / 2.0 {
                break;
            }
            let centre = (above * n as f64 + below * m as f64) / (n + m) as f64;
            blocks.truncate(blocks.len() - 2);
            blocks.push((centre, n + m));
        }
    }
    let mut placed = vec![0.0; wanted.len()];
    let mut labels = order.into_iter();
    let mut floor = top;
    let mut left = wanted.len();
    for (centre, n) in blocks {
        for (i, label) in labels.by_ref().take(n).enumerate() {
            let ceiling = bottom - LINE * (left - 1) as f64;
            let y = (centre + LINE * (i as f64 - (n - 1) as f64 / 2.0)).min(ceiling).max(floor);
            placed[label] = y;
            floor = y + LINE;
            left -= 1;
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_with_room_stay_where_they_want() {
        assert_eq!(spread(&[90.0, 10.0, 50.0], 0.0, 100.0), [90.0, 10.0, 50.0]);
    }

    #[test]
    fn two_labels_at_one_place_share_the_distance() {
        assert_eq!(spread(&[50.0, 50.0], 0.0, 100.0), [42.5, 57.5]);
    }

    proptest! {
        #[test]
        fn no_label_covers_another(wanted in prop::collection::vec(0.0f64..300.0, 0..12)) {
            let mut placed = spread(&wanted, 0.0, 300.0);
            placed.sort_by(f64::total_cmp);
            prop_assert!(placed.windows(2).all(|pair| pair[1] - pair[0] > LINE - 1e-9));
            prop_assert!(placed.iter().all(|y| (-1e-9..=300.0 + 1e-9).contains(y)));
        }
    }
}
