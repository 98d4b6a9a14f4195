//! Objects cut out of images.

use crate::{Error, Images};

/// The pixels of an object without what is around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cutout {
    /// `[rows, columns]`.
    pub(crate) size: [usize; 2],
    /// Bytes `(C, rows, columns)`.
    pub(crate) colours: Vec<u8>,
    /// The share of each pixel that it covers, in 255 steps.
    pub(crate) coverage: Vec<u8>,
}

impl Cutout {
    /// One colour within a coverage.
    pub(crate) fn plain(size: [usize; 2], colour: &[u8], coverage: Vec<u8>) -> Self {
        let colours = colour.iter().flat_map(|&value| vec![value; coverage.len()]).collect();
        Self { size, colours, coverage }
    }

    /// The object of an image: its silhouette, which is all but the black that is joined to a side of the image by black.
    ///
    /// What is dark within the object belongs to it, and an image without such black is all object, as is one that is black
    /// altogether. Values are multiplied by `stretch`, so that sets that count from 0 to 16 are seen.
    ///
    /// # Errors
    ///
    /// When the image stays in its file and that cannot be read.
    pub(crate) fn of(images: &Images, index: usize, stretch: u8) -> Result<Self, Error> {
        let [channels, rows, columns] = images.shape();
        let mut colours = Vec::with_capacity(channels * rows * columns);
        images.read(index, &mut colours)?;
        for value in &mut colours {
            *value = value.saturating_mul(stretch);
        }
        let coverage = silhouette(&colours, [channels, rows, columns]);
        Ok(Self { size: [rows, columns], colours, coverage })
    }

    /// The part within rows `top..bottom` and columns `left..right`.
    pub(crate) fn part(&self, part @ [top, left, bottom, right]: [usize; 4]) -> Self {
        Self {
            size: [bottom - top, right - left],
            colours: cut(&self.colours, self.size, part),
            coverage: cut(&self.coverage, self.size, part),
        }
    }

    /// Without the rows and columns at its sides that it does not cover.
    pub(crate) fn trimmed(&self) -> Self {
        let [rows, columns] = self.size;
        let covers = |row: usize, column: usize| self.coverage[row * columns + column] > 0;
        let row = |row: &usize| (0..columns).any(|column| covers(*row, column));
        let column = |column: &usize| (0..rows).any(|row| covers(row, *column));
        let (top, bottom) = ((0..rows).find(row), (0..rows).rfind(row));
        let (left, right) = ((0..columns).find(column), (0..columns).rfind(column));
        match (top, left, bottom, right) {
            (Some(top), Some(left), Some(bottom), Some(right)) => {
                self.part([top, left, bottom + 1, right + 1])
            }
            _ => self.part([0; 4]),
        }
    }

    /// Scaled to `[rows, columns]`, each pixel from the four nearest by their nearness and coverage, so that nothing of
    /// what was around it is mixed in.
    pub(crate) fn scaled(&self, size: [usize; 2]) -> Self {
        let [height, width] = self.size;
        let places = |axis: usize| -> Vec<[(usize, f64); 2]> {
            let (from, to) = (self.size[axis], size[axis]);
            let place = |at: usize| {
                let place = (at as f64 + 0.5) * from as f64 / to as f64 - 0.5;
                let place = place.clamp(0.0, from as f64 - 1.0);
                let (low, share) = (place as usize, place.fract());
                [(low, 1.0 - share), ((low + 1).min(from - 1), share)]
            };
            (0..to).map(place).collect()
        };
        let (down, across) = (places(0), places(1));
        let channels = self.colours.len() / (height * width);
        let area = size[0] * size[1];
        let mut scaled = Self { size, colours: vec![0; channels * area], coverage: vec![0; area] };
        for (row, rows) in down.iter().enumerate() {
            for (column, columns) in across.iter().enumerate() {
                let (mut covered, mut sums) = (0.0, [0.0; 4]);
                for (y, v) in rows {
                    for (x, u) in columns {
                        let at = y * width + x;
                        let weight = u * v * f64::from(self.coverage[at]);
                        covered += weight;
                        for (channel, sum) in sums.iter_mut().enumerate().take(channels) {
                            let colour = self.colours[channel * height * width + at];
                            *sum += weight * f64::from(colour);
                        }
                    }
                }
                let at = row * size[1] + column;
                scaled.coverage[at] = covered.round() as u8;
                for (channel, sum) in sums.iter().enumerate().take(channels) {
                    let colour = if covered > 0.0 { sum / covered } else { 0.0 };
                    scaled.colours[channel * area + at] = colour.round() as u8;
                }
            }
        }
        scaled
    }
}

/// What lies within rows `top..bottom` and columns `left..right` of planes of `[rows, columns]`.
pub(super) fn cut(
    planes: &[u8],
    [rows, columns]: [usize; 2],
    [top, left, bottom, right]: [usize; 4],
) -> Vec<u8> {
    let planes = planes.chunks_exact(rows * columns);
    let rows =
        planes.flat_map(|plane| plane[top * columns..bottom * columns].chunks_exact(columns));
    rows.flat_map(|row| &row[left..right]).copied().collect()
}

/// What the object of an image covers: 255 within its silhouette, 0 around it.
pub(super) fn silhouette(planes: &[u8], shape: [usize; 3]) -> Vec<u8> {
    let outside = outside(planes, shape);
    if outside.iter().all(|&outside| outside) {
        return vec![255; outside.len()];
    }
    outside.into_iter().map(|outside| if outside { 0 } else { 255 }).collect()
}

/// The pixels that are black in all channels and joined to a side of the image by such pixels, side by side.
fn outside(planes: &[u8], [channels, rows, columns]: [usize; 3]) -> Vec<bool> {
    let area = rows * columns;
    let black = |at: usize| (0..channels).all(|channel| planes[channel * area + at] == 0);
    let mut outside = vec![false; area];
    let mut reached = Vec::new();
    let is_side = |at: usize| {
        let (row, column) = (at / columns, at % columns);
        row == 0 || column == 0 || row + 1 == rows || column + 1 == columns
    };
    for at in (0..area).filter(|&at| is_side(at) && black(at)) {
        outside[at] = true;
        reached.push(at);
    }
    while let Some(at) = reached.pop() {
        let (row, column) = (at / columns, at % columns);
        let neighbours = [
            (row > 0).then(|| at - columns),
            (row + 1 < rows).then(|| at + columns),
            (column > 0).then(|| at - 1),
            (column + 1 < columns).then(|| at + 1),
        ];
        for next in neighbours.into_iter().flatten() {
            if !outside[next] && black(next) {
                outside[next] = true;
                reached.push(next);
            }
        }
    }
    outside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cutout(rows: &[&[u8]], stretch: u8) -> Cutout {
        let images = Images::new([1, rows.len(), rows[0].len()], rows.concat()).unwrap();
        Cutout::of(&images, 0, stretch).unwrap()
    }

    #[test]
    fn a_silhouette_keeps_what_is_dark_within() {
        let ring: [&[u8]; 4] =
            [&[0, 0, 0, 0, 0], &[0, 9, 9, 9, 0], &[0, 9, 0, 9, 0], &[0, 9, 9, 9, 0]];
        let ring = cutout(&ring, 10);
        let inside: Vec<bool> = ring.coverage.iter().map(|&share| share == 255).collect();
        let expected = [[0; 5], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0]].concat();
        assert_eq!(inside, expected.iter().map(|&cell| cell == 1).collect::<Vec<_>>());
        assert_eq!((ring.colours[6], ring.colours[12]), (90, 0));
        let trimmed = ring.trimmed();
        assert_eq!((trimmed.size, trimmed.coverage.as_slice()), ([3, 3], &[255; 9][..]));
        assert_eq!(cutout(&[&[0, 0]], 1).coverage, [255, 255]);
        assert_eq!(cutout(&[&[7, 8]], 100).colours, [255, 255]);
    }

    #[test]
    fn scaling_mixes_nothing_of_the_surroundings_in() {
        let cut = Cutout { size: [1, 2], colours: vec![200, 0], coverage: vec![255, 0] };
        let wide = cut.scaled([2, 4]);
        // Centres at −1/4, 1/4, 3/4 and 5/4, cut at the outermost.
        assert_eq!(wide.coverage, [255, 191, 64, 0, 255, 191, 64, 0]);
        assert_eq!(wide.colours[..4], [200, 200, 200, 0]);
        assert_eq!(cut.scaled([1, 2]), Cutout { colours: vec![200, 0], ..cut.clone() });
    }
}
