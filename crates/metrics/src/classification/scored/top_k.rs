//! Right among the first few guesses.

use super::MulticlassScores;

impl MulticlassScores {
    /// Share of the examples whose class is among the `k` of the highest scores.
    ///
    /// Of equal scores the class with the higher number comes first, as in scikit-learn. From 0 to 1, larger is better;
    /// 1 from as many guesses as classes on. `None` without examples.
    ///
    /// ```
    /// use cenote_metrics::MulticlassScores;
    ///
    /// let mut scores = MulticlassScores::new(3);
    /// scores.push(0, &[0.3, 0.6, 0.1], 1.0)?;
    /// scores.push(2, &[0.2, 0.1, 0.7], 1.0)?;
    /// assert_eq!((scores.top_k(1), scores.top_k(2)), (Some(0.5), Some(1.0)));
    /// # Ok::<(), cenote_metrics::Error>(())
    /// ```
    pub fn top_k(&self, k: usize) -> Option<f64> {
        let (mut hits, mut total) = (0.0, 0.0);
        for (label, row, weight) in self.examples() {
            let own = row[label];
            let ahead = |&(class, &score): &(usize, &f64)| {
                #[expect(clippy::float_cmp, reason = "equal scores are ties")]
                let tied = score == own;
                score > own || (tied && class > label)
            };
            if row.iter().enumerate().filter(ahead).count() < k {
                hits += weight;
            }
            total += weight;
        }
        (total > 0.0).then(|| hits / total)
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small sums of whole numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn of_equal_scores_the_higher_class_is_guessed_first() {
        let mut scores = MulticlassScores::new(3);
        for label in 0..3 {
            scores.push(label, &[0.2, 0.2, 0.2], 1.0).unwrap();
        }
        let shares = [0, 1, 2, 3, 9].map(|k| scores.top_k(k).unwrap());
        assert_eq!(shares, [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0, 1.0]);
    }

    #[test]
    fn no_examples_are_undefined() {
        assert_eq!(MulticlassScores::new(3).top_k(1), None);
    }
}
