//! How many strokes lie between two texts.

use std::collections::HashMap;

/// Fewest insertions, deletions and replacements of characters that turn one text into the other.
///
/// From 0, in characters, smaller is better; 0 only for equal texts, and never more than the longer text has. After
/// Levenshtein (1966). Columns of 64 cells are advanced at once as bits of a word, after Myers (1999),
/// doi:10.1145/316542.316550, and Hyyrö (2003): `len(a) · len(b) / 64` steps.
///
/// ```
/// use cenote_metrics::edit_distance;
///
/// assert_eq!(edit_distance("kitten", "sitting"), 3);
/// assert_eq!(edit_distance("größe", "grosse"), 3);
/// ```
pub fn edit_distance(a: &str, b: &str) -> usize {
    let (mut a, mut b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // What both begin or end with costs nothing.
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    a.truncate(a.len() - end);
    b.truncate(b.len() - end);
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    distance(&short[start..], &long[start..])
}

/// The vertical differences of 64 cells of a column: where the distance grows by one and where it falls.
#[derive(Clone, Copy)]
struct Block {
    grows: u64,
    falls: u64,
}

fn distance(rows: &[char], columns: &[char]) -> usize {
    if rows.is_empty() {
        return columns.len();
    }
    let blocks = rows.len().div_ceil(64);
    // For every character, the rows that hold it, one word per block.
    let mut holds: HashMap<char, Vec<u64>> = HashMap::new();
    for (row, &character) in rows.iter().enumerate() {
        holds.entry(character).or_insert_with(|| vec![0; blocks])[row / 64] |= 1 << (row % 64);
    }
    let nowhere = vec![0; blocks];
    let mut column = vec![Block { grows: u64::MAX, falls: 0 }; blocks];
    let last_row = 1_u64 << ((rows.len() - 1) % 64);
    let mut distance = rows.len();
    for character in columns {
        let equal = holds.get(character).unwrap_or(&nowhere);
        // The first row of the table counts the columns, so every column begins one above its neighbour.
        let mut carry = 1_i8;
        for (i, (block, &equal)) in column.iter_mut().zip(equal).enumerate() {
            let last = if i + 1 == blocks { last_row } else { 1 << 63 };
            carry = block.advance(equal, carry, last);
        }
        distance = distance.wrapping_add_signed(isize::from(carry));
    }
    distance
}

impl Block {
    /// Moves on by one column; `carry` is how the row above differs from column to column, the result the same of the
    /// block's last row.
    fn advance(&mut self, equal: u64, carry: i8, last: u64) -> i8 {
        let falling = u64::from(carry < 0);
        let same = equal | self.falls;
        let equal = equal | falling;
        let diagonal = (((equal & self.grows).wrapping_add(self.grows)) ^ self.grows) | equal;
        let mut right = self.falls | !(diagonal | self.grows);
        let mut left = self.grows & diagonal;
        let out = i8::from(right & last != 0) - i8::from(left & last != 0);
        right = right << 1 | u64::from(carry > 0);
        left = left << 1 | falling;
        self.grows = left | !(same | right);
        self.falls = right & same;
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::reference;
    use super::*;

    proptest! {
        #[test]
        fn words_of_bits_equal_the_recurrence(a in "[ab\u{e9}]{0,150}", b in "[ab\u{e9}]{0,150}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(edit_distance(&a, &b), reference::edit_distance(&chars(&a), &chars(&b)));
        }

        #[test]
        fn lengths_around_a_word_are_no_special_case(
            a in prop::collection::vec(0_u8..3, 60..70), b in prop::collection::vec(0_u8..3, 120..135),
        ) {
            let text = |codes: &[u8]| codes.iter().map(|code| char::from(b'a' + code)).collect::<String>();
            let (a, b) = (text(&a), text(&b));
            let expected = reference::edit_distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
            prop_assert_eq!(edit_distance(&a, &b), expected);
            prop_assert_eq!(edit_distance(&b, &a), expected);
        }

        #[test]
        fn the_distance_is_a_metric(a in "[abc]{0,9}", b in "[abc]{0,9}", c in "[abc]{0,9}") {
            let (ab, bc, ac) = (edit_distance(&a, &b), edit_distance(&b, &c), edit_distance(&a, &c));
            prop_assert!(ac <= ab + bc);
            prop_assert_eq!(ab == 0, a == b);
        }
    }

    #[test]
    fn an_accent_of_its_own_is_a_character_of_its_own() {
        assert_eq!(edit_distance("e\u{301}", "\u{e9}"), 2);
        assert_eq!(edit_distance("👍🏽", "👍"), 1);
    }
}
