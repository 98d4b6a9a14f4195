//! How high the right labels of an example stand among all labels.

use super::MultilabelScores;

impl MultilabelScores {
    /// Mean precision at the ranks of the right labels.
    ///
    /// ```text
    /// 1/Σw Σ_i w_i 1/|Y_i| Σ_(j in Y_i) |{k in Y_i : s_k ≥ s_j}| / |{k : s_k ≥ s_j}|          Y_i the right labels
    /// ```
    ///
    /// From 0 to 1, larger is better; an example with no right label or only right ones scores 1. `None` without
    /// examples. After Tsoumakas, Katakis and Vlahavas (2010), doi:10.1007/978-0-387-09823-4_34.
    pub fn label_ranking_average_precision(&self) -> Option<f64> {
        self.mean_of_rows(|row| {
            let right = row.iter().filter(|(truth, _)| *truth).count();
            if right == 0 || right == row.len() {
                return 1.0;
            }
            let mut sorted: Vec<(bool, f64)> = row.to_vec();
            sorted.sort_by(|(_, a), (_, b)| b.total_cmp(a));
            let (mut sum, mut all, mut hits) = (0.0, 0, 0);
            for tied in sorted.chunk_by(|(_, a), (_, b)| a <= b && b <= a) {
                let here = tied.iter().filter(|(truth, _)| *truth).count();
                (all, hits) = (all + tied.len(), hits + here);
                sum += here as f64 * hits as f64 / all as f64;
            }
            sum / right as f64
        })
    }

    /// Share of the pairs of a right and a wrong label that are ranked wrongly; a tie is wrong.
    ///
    /// From 0 to 1, smaller is better; an example with no right label or only right ones scores 0. `None` without
    /// examples. After Tsoumakas, Katakis and Vlahavas (2010).
    pub fn label_ranking_loss(&self) -> Option<f64> {
        self.mean_of_rows(|row| {
            let mut sorted: Vec<(bool, f64)> = row.to_vec();
            sorted.sort_by(|(_, a), (_, b)| a.total_cmp(b));
            let (mut wrong, mut right) = (0, 0);
            for tied in sorted.chunk_by(|(_, a), (_, b)| a <= b && b <= a) {
                let here = tied.iter().filter(|(truth, _)| *truth).count();
                right += here;
                wrong += right * (tied.len() - here);
            }
            let pairs = right * (row.len() - right);
            if pairs == 0 { 0.0 } else { wrong as f64 / pairs as f64 }
        })
    }

    /// How far down the ranking one must go to find every right label, in labels.
    ///
    /// Smaller is better; at best the mean number of right labels. `None` without examples. After Tsoumakas, Katakis
    /// and Vlahavas (2010), whose own measure is smaller by one.
    pub fn coverage_error(&self) -> Option<f64> {
        self.mean_of_rows(|row| {
            let right = row.iter().filter(|(truth, _)| *truth).map(|&(_, score)| score);
            let lowest = right.fold(f64::INFINITY, f64::min);
            row.iter().filter(|(_, score)| *score >= lowest).count() as f64
        })
    }

    fn mean_of_rows(&self, of: impl Fn(&[(bool, f64)]) -> f64) -> Option<f64> {
        let (sum, weights) = self.examples().fold((0.0, 0.0), |(sum, weights), (row, weight)| {
            (sum + weight * of(row), weights + weight)
        });
        (weights > 0.0).then(|| sum / weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(truth: &[bool], scores: &[f64]) -> MultilabelScores {
        let mut all = MultilabelScores::new(truth.len());
        all.push(truth, scores, 1.0).unwrap();
        all
    }

    #[test]
    fn scores_of_a_worked_example() {
        // The right labels stand at ranks 1 and 3 of 4.
        let all = one(&[true, false, true, false], &[0.9, 0.8, 0.7, 0.1]);
        assert_eq!(all.label_ranking_average_precision(), Some(f64::midpoint(1.0, 2.0 / 3.0)));
        assert_eq!(all.label_ranking_loss(), Some(0.25));
        assert_eq!(all.coverage_error(), Some(3.0));
    }

    #[test]
    fn a_tie_is_as_bad_as_the_wrong_order() {
        let all = one(&[true, false], &[0.0, -0.0]);
        assert_eq!(all.label_ranking_average_precision(), Some(0.5));
        assert_eq!((all.label_ranking_loss(), all.coverage_error()), (Some(1.0), Some(2.0)));
    }

    #[test]
    fn without_wrong_or_right_labels_there_is_nothing_to_get_wrong() {
        for truth in [[true, true], [false, false]] {
            let all = one(&truth, &[0.1, 0.9]);
            assert_eq!(all.label_ranking_average_precision(), Some(1.0));
            assert_eq!(all.label_ranking_loss(), Some(0.0));
        }
        assert_eq!(one(&[false, false], &[0.1, 0.9]).coverage_error(), Some(0.0));
        assert_eq!(MultilabelScores::new(2).coverage_error(), None);
    }
}
