//! The edit distance as its recurrence, cell by cell.

#![cfg(test)]

/// ```text
/// d(i, 0) = i          d(0, j) = j
/// d(i, j) = min(d(i−1, j) + 1, d(i, j−1) + 1, d(i−1, j−1) + [a_i ≠ b_j])
/// ```
pub(super) fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let kept = above[j] + usize::from(x != y);
            row.push(kept.min(above[j + 1] + 1).min(row[j] + 1));
        }
        above = row;
    }
    above[b.len()]
}

#[test]
fn distances_known_from_textbooks() {
    let distance = |a: &str, b: &str| {
        edit_distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
    };
    assert_eq!(distance("kitten", "sitting"), 3);
    assert_eq!(distance("intention", "execution"), 5);
    assert_eq!(distance("", "abc"), 3);
}
