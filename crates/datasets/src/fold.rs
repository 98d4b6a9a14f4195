//! Cross-validation, and splits that keep groups whole.
//!
//! A fold is held out once and learnt from `k − 1` times, and every example is held out exactly once:
//!
//! - [`Split::folds`] is stratified: any two folds differ by at most one example in each class, and by at most one
//!   in all;
//! - [`Split::group_folds`] never puts examples of one group on both sides (the patient, the photograph, the writer);
//!   it spreads classes as evenly as whole groups allow. [`Split::hold_out_groups`] does so for one validation part.
//!
//! All of them divide the examples they are given, so give them the training part: the test part is never divided.
//!
//! Groups are dealt one after another, larger ones first and equally large ones in an order drawn from the stream, each to
//! the fold where it raises `Σ_f Σ_c n[f,c]² / N[c]` least (`n[f,c]` examples of class `c` in fold `f`, `N[c]` in all);
//! that sum is smallest where every class is spread evenly. Among equals the fold with fewest examples gets the group.

use std::collections::BTreeMap;

use cenote_tensor::Stream;

use crate::order::shuffle;
use crate::{Error, Split};

/// The parts of a split, each to be held out once.
///
/// ```
/// use cenote_datasets::KINDS;
/// use cenote_tensor::Seed;
///
/// let digits = cenote_spec::parse(&[KINDS], "kind = 'digits'".parse()?)?.load()?;
/// let folds = digits.train.folds(5, &mut Seed(1).stream("folds"))?;
/// for (train, validation) in folds.iter() {
///     assert_eq!(train.len() + validation.len(), digits.train.len());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Folds {
    split: Split,
    /// The fold of every example.
    fold: Vec<usize>,
    count: usize,
}

impl Folds {
    /// Number of folds.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no fold: never, since two are the fewest.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Number of examples that fold `nth` holds.
    pub fn size(&self, nth: usize) -> usize {
        self.fold.iter().filter(|&&fold| fold == nth).count()
    }

    /// The fold that holds each example, in the order of the split.
    pub fn of_examples(&self) -> &[usize] {
        &self.fold
    }

    /// What is left when fold `nth` is held out, and the fold: `(rest, held out)`, both in their original order.
    ///
    /// # Panics
    ///
    /// When there is no such fold.
    pub fn part(&self, nth: usize) -> (Split, Split) {
        assert!(nth < self.count, "there are {} folds", self.count);
        let (held_out, rest): (Vec<usize>, Vec<usize>) =
            (0..self.fold.len()).partition(|&index| self.fold[index] == nth);
        (self.split.subset(&rest), self.split.subset(&held_out))
    }

    /// Every `(rest, held out)`, made when it is asked for: only one copy of the examples lives at a time.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Split, Split)> + '_ {
        (0..self.count).map(|nth| self.part(nth))
    }
}

impl Split {
    /// Divides the examples into `count` folds of equal size and class balance.
    ///
    /// # Errors
    ///
    /// When `count` is below 2 or above the number of examples.
    pub fn folds(&self, count: usize, stream: &mut Stream) -> Result<Folds, Error> {
        fits("folds", count, self.len(), "examples")?;
        let mut classes = vec![Vec::new(); self.class_counts().len()];
        for (index, &label) in self.labels().iter().enumerate() {
            classes[label].push(index);
        }
        let mut fold = vec![0; self.len()];
        // One round over all classes: where a class stops, the next one starts.
        let mut next = 0;
        for class in &mut classes {
            shuffle(class, stream);
            for &index in class.iter() {
                fold[index] = next % count;
                next += 1;
            }
        }
        Ok(Folds { split: self.clone(), fold, count })
    }

    /// Divides the examples into `count` folds, no group in two of them; `groups` names the group of each example.
    ///
    /// # Errors
    ///
    /// When there is not one group per example, or `count` is below 2 or above the number of groups.
    pub fn group_folds(
        &self,
        count: usize,
        groups: &[usize],
        stream: &mut Stream,
    ) -> Result<Folds, Error> {
        let groups = self.in_groups(groups, stream)?;
        fits("folds", count, groups.len(), "groups")?;
        let totals = self.class_counts();
        let mut folds = vec![vec![0_usize; totals.len()]; count];
        let mut sizes = vec![0; count];
        let mut fold = vec![0; self.len()];
        for group in groups {
            let rise = |folds: &[usize]| -> f64 {
                let per_class = folds.iter().zip(&group.counts).zip(&totals);
                per_class
                    .filter(|(_, total)| **total > 0)
                    .map(|((&n, &g), &total)| ((2 * n + g) * g) as f64 / total as f64)
                    .sum()
            };
            let best = (0..count).min_by(|&a, &b| {
                rise(&folds[a]).total_cmp(&rise(&folds[b])).then(sizes[a].cmp(&sizes[b]))
            });
            let best = best.expect("there are at least two folds");
            sizes[best] += group.examples.len();
            folds[best].iter_mut().zip(&group.counts).for_each(|(n, g)| *n += g);
            group.examples.iter().for_each(|&index| fold[index] = best);
        }
        Ok(Folds { split: self.clone(), fold, count })
    }

    /// Parts about `count` examples for validation from the rest, as whole groups: `(rest, held out)`.
    ///
    /// A group is held out when that brings the classes of the held-out part nearer to their share, larger groups
    /// being asked first. Both parts keep the original order.
    ///
    /// # Errors
    ///
    /// When there is not one group per example, or no choice of whole groups comes near `count`: a part would be empty.
    pub fn hold_out_groups(
        &self,
        count: usize,
        groups: &[usize],
        stream: &mut Stream,
    ) -> Result<(Self, Self), Error> {
        let groups = self.in_groups(groups, stream)?;
        let totals = self.class_counts();
        let share = count as f64 / self.len().max(1) as f64;
        let mut held = vec![0_usize; totals.len()];
        let mut held_out = Vec::new();
        for group in &groups {
            // Σ_c (missing − g)² − missing² over N[c], which is below 0 where holding the group out helps.
            let change: f64 = (0..totals.len())
                .filter(|&class| totals[class] > 0)
                .map(|class| {
                    let missing = share * totals[class] as f64 - held[class] as f64;
                    let g = group.counts[class] as f64;
                    g * (g - 2.0 * missing) / totals[class] as f64
                })
                .sum();
            if change < 0.0 {
                held.iter_mut().zip(&group.counts).for_each(|(n, g)| *n += g);
                held_out.extend_from_slice(&group.examples);
            }
        }
        if held_out.is_empty() || held_out.len() == self.len() {
            let largest = groups.first().map_or(0, |group| group.examples.len());
            return Err(Error::Setting {
                what: "examples to hold out in whole groups",
                got: count.to_string(),
                expected: format!(
                    "a number that leaves groups on both sides; there are {} groups of up to {largest} examples",
                    groups.len()
                ),
            });
        }
        held_out.sort_unstable();
        let rest: Vec<usize> =
            (0..self.len()).filter(|index| held_out.binary_search(index).is_err()).collect();
        Ok((self.subset(&rest), self.subset(&held_out)))
    }

    /// The groups, the largest first; equally large ones in an order drawn from the stream.
    fn in_groups(&self, groups: &[usize], stream: &mut Stream) -> Result<Vec<Group>, Error> {
        if groups.len() != self.len() {
            return Err(Error::Setting {
                what: "groups",
                got: format!("{} of them", groups.len()),
                expected: format!("{}, one per example", self.len()),
            });
        }
        let classes = self.class_counts().len();
        let mut by_name: BTreeMap<usize, Group> = BTreeMap::new();
        for (index, (&name, &label)) in groups.iter().zip(self.labels()).enumerate() {
            let group = by_name
                .entry(name)
                .or_insert_with(|| Group { examples: Vec::new(), counts: vec![0; classes] });
            group.examples.push(index);
            group.counts[label] += 1;
        }
        let mut groups: Vec<Group> = by_name.into_values().collect();
        shuffle(&mut groups, stream);
        groups.sort_by_key(|group| std::cmp::Reverse(group.examples.len()));
        Ok(groups)
    }
}

/// Examples that stay together.
struct Group {
    examples: Vec<usize>,
    /// How many of each class.
    counts: Vec<usize>,
}

fn fits(what: &'static str, count: usize, most: usize, of: &str) -> Result<(), Error> {
    if (2..=most).contains(&count) {
        return Ok(());
    }
    let expected = format!("2 to {most}, the number of {of}");
    Err(Error::Setting { what, got: count.to_string(), expected })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cenote_tensor::Seed;
    use proptest::prelude::*;

    use super::*;
    use crate::Images;

    /// Two bytes per image that tell the index of the example.
    fn split(labels: &[usize]) -> Split {
        let pixels = (0..labels.len()).flat_map(|index| (index as u16).to_le_bytes()).collect();
        Split::new(Images::new([1, 1, 2], pixels).unwrap(), labels.to_vec()).unwrap()
    }

    fn indices(split: &Split) -> Vec<usize> {
        let index = |pair: &[u8]| usize::from(u16::from_le_bytes([pair[0], pair[1]]));
        split.images().pixels().chunks_exact(2).map(index).collect()
    }

    fn stream(seed: u64) -> Stream {
        Seed(seed).stream("folds")
    }

    proptest! {
        #[test]
        fn every_example_is_held_out_once_and_folds_differ_by_one_in_every_class(
            labels in prop::collection::vec(0_usize..4, 2..90), k in 2_usize..9, seed: u64,
        ) {
            prop_assume!(k <= labels.len());
            let folds = split(&labels).folds(k, &mut stream(seed)).unwrap();
            let mut all = Vec::new();
            let mut counts = Vec::new();
            for (rest, held_out) in folds.iter() {
                prop_assert!(indices(&held_out).is_sorted() && indices(&rest).is_sorted());
                let both: BTreeSet<usize> = indices(&rest).into_iter().chain(indices(&held_out)).collect();
                prop_assert_eq!(both.len(), labels.len());
                let mut per_class = held_out.class_counts();
                per_class.resize(4, 0);
                counts.push([vec![held_out.len()], per_class].concat());
                all.extend(indices(&held_out));
            }
            all.sort_unstable();
            prop_assert!(all.into_iter().eq(0..labels.len()));
            for of in 0..5 {
                let column = || counts.iter().map(|fold| fold[of]);
                prop_assert!(column().max().unwrap() - column().min().unwrap() <= 1);
            }
        }

        #[test]
        fn no_group_is_on_both_sides(
            examples in prop::collection::vec((0_usize..3, 0_usize..12), 12..80), k in 2_usize..5, seed: u64,
        ) {
            let (labels, groups): (Vec<usize>, Vec<usize>) = examples.into_iter().unzip();
            let distinct: BTreeSet<usize> = groups.iter().copied().collect();
            prop_assume!(distinct.len() >= k);
            let folds = split(&labels).group_folds(k, &groups, &mut stream(seed)).unwrap();
            let of = |part: &Split| -> BTreeSet<usize> { indices(part).iter().map(|&i| groups[i]).collect() };
            let mut held = 0;
            for (rest, held_out) in folds.iter() {
                prop_assert!(!held_out.is_empty() && of(&rest).is_disjoint(&of(&held_out)));
                held += held_out.len();
            }
            prop_assert_eq!(held, labels.len());
            if let Ok((rest, held_out)) = split(&labels).hold_out_groups(labels.len() / 4, &groups, &mut stream(seed)) {
                prop_assert!(of(&rest).is_disjoint(&of(&held_out)));
                prop_assert_eq!(rest.len() + held_out.len(), labels.len());
            }
        }
    }

    /// 60 groups of 4 to 7 examples, each mostly of one class.
    fn grouped() -> (Vec<usize>, Vec<usize>) {
        let mut labels = Vec::new();
        let mut groups = Vec::new();
        for group in 0..60 {
            for i in 0..4 + group % 4 {
                labels.push(if i == 0 { (group + 1) % 3 } else { group % 3 });
                groups.push(100 + group);
            }
        }
        (labels, groups)
    }

    #[test]
    fn groups_are_spread_so_that_folds_have_the_balance_of_the_whole() {
        let (labels, groups) = grouped();
        let whole = split(&labels);
        let folds = whole.group_folds(5, &groups, &mut stream(1)).unwrap();
        for (_, held_out) in folds.iter() {
            for (got, all) in held_out.class_counts().iter().zip(whole.class_counts()) {
                // A fifth is 22; half a group to either side is the best that whole groups promise.
                assert!((*got as f64 - all as f64 / 5.0).abs() <= 4.0, "{got} of {all}");
            }
        }
        let (_, held_out) = whole.hold_out_groups(66, &groups, &mut stream(1)).unwrap();
        assert!(held_out.len().abs_diff(66) <= 6, "{}", held_out.len());
    }

    #[test]
    fn the_stream_alone_decides() {
        let (labels, groups) = grouped();
        let whole = split(&labels);
        let folds = |seed| whole.folds(4, &mut stream(seed)).unwrap().of_examples().to_vec();
        let by_group =
            |seed| whole.group_folds(4, &groups, &mut stream(seed)).unwrap().of_examples().to_vec();
        assert_eq!((folds(1), by_group(1)), (folds(1), by_group(1)));
        assert_ne!(folds(1), folds(2));
        assert_ne!(by_group(1), by_group(2));
    }

    #[test]
    fn what_cannot_be_divided_is_refused() {
        let whole = split(&[0, 1, 0, 1]);
        let refusal = |count| whole.folds(count, &mut stream(1)).unwrap_err().to_string();
        assert_eq!(refusal(1), "folds is 1; expected 2 to 4, the number of examples");
        assert_eq!(refusal(5), "folds is 5; expected 2 to 4, the number of examples");
        let refusal = |count, groups: &[usize]| {
            whole.group_folds(count, groups, &mut stream(1)).unwrap_err().to_string()
        };
        assert_eq!(refusal(3, &[7, 7, 8, 8]), "folds is 3; expected 2 to 2, the number of groups");
        assert_eq!(refusal(2, &[7]), "groups is 1 of them; expected 4, one per example");
        let one = whole.hold_out_groups(1, &[5; 4], &mut stream(1)).unwrap_err().to_string();
        assert_eq!(
            one,
            "examples to hold out in whole groups is 1; expected a number that leaves groups on both sides; \
             there are 1 groups of up to 4 examples"
        );
    }
}
