//! The "did you mean" of error messages.

/// Returns the candidate that `name` is probably a misspelling of, the first one when several are equally near.
///
/// Near means at most two edits (an insertion, a deletion, a substitution or a swap of neighbours; one edit for
/// names under four letters), upper and lower case, `-` and `_` counting as equal.
///
/// ```
/// use cenote_spec::nearest;
///
/// assert_eq!(nearest("stirded", ["max", "strided"]), Some("strided"));
/// assert_eq!(nearest("attention", ["max", "strided"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = plain(name);
    let limit = if name.len() < 4 { 1 } else { 2 };
    candidates
        .into_iter()
        .map(|candidate| (distance(&name, &plain(candidate)), candidate))
        .filter(|&(edits, _)| edits <= limit && edits < name.len())
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, candidate)| candidate)
}

fn plain(name: &str) -> Vec<char> {
    name.chars().flat_map(char::to_lowercase).map(|c| if c == '-' { '_' } else { c }).collect()
}

/// Damerau's distance without overlapping edits: dynamic programming over prefixes, keeping three rows.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, &from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &to) in b.iter().enumerate() {
            let substituted = above[j] + usize::from(from != to);
            let mut edits = substituted.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from == b[j - 1] && to == a[i - 1] {
                edits = edits.min(before[j - 1] + 1);
            }
            row.push(edits);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(a: &str, b: &str) -> usize {
        distance(&plain(a), &plain(b))
    }

    #[test]
    fn distances_of_textbook_pairs() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", ""), 3);
        assert_eq!(edits("same", "same"), 0);
        assert_eq!(edits("ab", "ba"), 1);
        // The restricted distance: a swap whose letters are edited again is not one edit.
        assert_eq!(edits("ca", "abc"), 3);
    }

    #[test]
    fn distance_is_symmetric() {
        let words = ["max_pool", "mx_pool", "avg_pool", "amx_pool", "x", ""];
        for a in words {
            for b in words {
                assert_eq!(edits(a, b), edits(b, a), "{a} {b}");
            }
        }
    }

    #[test]
    fn the_nearest_candidate_wins_over_an_earlier_one() {
        assert_eq!(nearest("avg_pol", ["lp_pool", "avg_pool"]), Some("avg_pool"));
    }

    #[test]
    fn of_equally_near_candidates_the_first_is_taken() {
        assert_eq!(nearest("cat_x", ["cat_a", "cat_b"]), Some("cat_a"));
    }

    #[test]
    fn case_and_dashes_do_not_count_as_edits() {
        assert_eq!(nearest("Fashion-MNIST", ["fashion_mnist"]), Some("fashion_mnist"));
        assert_eq!(nearest("MAX", ["max"]), Some("max"));
    }

    #[test]
    fn a_short_name_is_not_near_to_everything() {
        assert_eq!(nearest("a", ["b", "c"]), None);
        assert_eq!(nearest("", ["a", "ab"]), None);
        assert_eq!(nearest("avg", ["max", "aug"]), Some("aug"));
        assert_eq!(nearest("max", ["min"]), None);
    }
}
