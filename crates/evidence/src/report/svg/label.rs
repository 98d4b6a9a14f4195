//! Where labels go so that none covers another.

/// Height of a line of labels.
const LINE: f64 = 15.0;

/// About how wide a text of the plots is.
pub(super) fn width(text: &str) -> f64 {
    6.9 * text.chars().count() as f64
}

/// The text, cut where it is wider than there is room.
pub(super) fn fit(text: &str, room: f64) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let kept = (room / width("…") - 1.0).max(0.0) as usize;
    text.chars().take(kept).chain(['…']).collect()
}

/// A rectangle: left, top, right, bottom.
pub(super) type Area = (f64, f64, f64, f64);

/// Where the label of each mark goes, as the left end of its base line: beside its mark, so that it
/// covers neither a mark nor another label and stays within `bounds`. Where no place is free, to
/// the right.
///
/// A mark is the area it covers and the width of its label.
pub(super) fn beside(marks: &[(Area, f64)], bounds: Area) -> Vec<(f64, f64)> {
    let apart = |a: Area, b: Area| a.2 <= b.0 || b.2 <= a.0 || a.3 <= b.1 || b.3 <= a.1;
    let inside = |a: Area| a.0 >= bounds.0 && a.1 >= bounds.1 && a.2 <= bounds.2 && a.3 <= bounds.3;
    let mut taken: Vec<Area> = Vec::new();
    let mut places = Vec::new();
    for &((left, top, right, bottom), width) in marks {
        let middle = f64::midpoint(top, bottom) + 4.0;
        let near = [0.0, -7.0, 7.0, -14.0, 14.0];
        let sides = near.map(|off| (right + 4.0, middle + off)).into_iter();
        let sides = sides.chain(near.map(|off| (left - 4.0 - width, middle + off)));
        let centre = f64::midpoint(left, right) - width / 2.0;
        let ends = [(centre, top - 5.0), (centre, bottom + 13.0)];
        let area = |(x, y): (f64, f64)| (x, y - 10.0, x + width, y + 3.0);
        let free = |&place: &(f64, f64)| {
            let area = area(place);
            let marks = marks.iter().map(|(mark, _)| *mark);
            inside(area) && marks.chain(taken.iter().copied()).all(|other| apart(area, other))
        };
        let place = sides.chain(ends).find(free).unwrap_or((right + 4.0, middle));
        taken.push(area(place));
        places.push(place);
    }
    places
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
    fn a_text_is_cut_where_there_is_no_room() {
        assert_eq!(
            (fit("none", 70.0).as_str(), fit("none-flatten", 41.5).as_str()),
            ("none", "none-…")
        );
    }

    #[test]
    fn labels_with_room_stay_where_they_want() {
        assert_eq!(spread(&[90.0, 10.0, 50.0], 0.0, 100.0), [90.0, 10.0, 50.0]);
    }

    #[test]
    fn a_label_that_has_no_room_to_the_right_goes_where_there_is() {
        let mark = |x: f64, y: f64| ((x - 5.0, y - 5.0, x + 5.0, y + 5.0), 40.0);
        let bounds = (0.0, 0.0, 200.0, 100.0);
        assert_eq!(beside(&[mark(50.0, 50.0)], bounds), [(59.0, 54.0)]);
        assert_eq!(beside(&[mark(190.0, 50.0)], bounds), [(141.0, 54.0)]);
        // The second would cover the first's label: it moves up.
        let both = beside(&[mark(50.0, 50.0), mark(54.0, 50.0)], bounds);
        assert_eq!(both, [(59.0, 54.0), (63.0, 40.0)]);
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
