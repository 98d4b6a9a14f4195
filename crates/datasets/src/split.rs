//! Images with labels, and parts of them.

use std::sync::Arc;

use cenote_tensor::Stream;

use crate::order::shuffle;
use crate::{BoxedObject, Error, Idx, Images};

/// Images with a label each, and with a group each where groups are known; cloning shares them.
///
/// Where images are answered with a text or with boxes instead, all have the label 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    images: Images,
    labels: Arc<Vec<usize>>,
    groups: Option<Arc<Vec<usize>>>,
    texts: Option<Arc<Vec<Vec<usize>>>>,
    objects: Option<Arc<Vec<Vec<BoxedObject>>>>,
}

impl Split {
    /// Pairs images with their labels.
    ///
    /// # Errors
    ///
    /// When there are not as many labels as images.
    pub fn new(images: Images, labels: Vec<usize>) -> Result<Self, Error> {
        if images.len() != labels.len() {
            return Err(Error::Count { images: images.len(), labels: labels.len() });
        }
        Ok(Self { images, labels: Arc::new(labels), groups: None, texts: None, objects: None })
    }

    /// Pairs images with the text in each, as positions of its characters in an alphabet.
    ///
    /// # Errors
    ///
    /// When there are not as many texts as images.
    pub fn of_texts(images: Images, texts: Vec<Vec<usize>>) -> Result<Self, Error> {
        let labels = vec![0; texts.len()];
        Ok(Self { texts: Some(Arc::new(texts)), ..Self::new(images, labels)? })
    }

    /// Pairs images with the objects in each, their corners in pixels of the images.
    ///
    /// # Errors
    ///
    /// When there are not as many lists of objects as images.
    pub fn of_objects(images: Images, objects: Vec<Vec<BoxedObject>>) -> Result<Self, Error> {
        let labels = vec![0; objects.len()];
        Ok(Self { objects: Some(Arc::new(objects)), ..Self::new(images, labels)? })
    }

    /// The same examples, of which those of one group belong together: the patient, the writer, the photograph.
    ///
    /// # Errors
    ///
    /// When there is not one group per example.
    pub fn with_groups(self, groups: Vec<usize>) -> Result<Self, Error> {
        if groups.len() == self.len() {
            return Ok(Self { groups: Some(Arc::new(groups)), ..self });
        }
        Err(Error::Setting {
            what: "groups",
            got: format!("{} of them", groups.len()),
            expected: format!("{}, one per example", self.len()),
        })
    }

    /// Pairs the images of one IDX file, `(N, H, W)` or `(N, C, H, W)`, with the labels of another, `(N)`.
    ///
    /// # Errors
    ///
    /// When a file has another number of axes, the counts differ, or an image has no pixel.
    pub fn from_idx(images: Idx, labels: &Idx) -> Result<Self, Error> {
        let axes = |what, idx: &Idx, expected: &str| Error::Setting {
            what,
            got: format!("{:?}", idx.dims()),
            expected: expected.to_owned(),
        };
        let (count, shape) = match *images.dims() {
            [n, h, w] => (n, [1, h, w]),
            [n, c, h, w] => (n, [c, h, w]),
            _ => return Err(axes("sizes of the image file", &images, "(N, H, W) or (N, C, H, W)")),
        };
        let &[labelled] = labels.dims() else {
            return Err(axes("sizes of the label file", labels, "(N)"));
        };
        if count != labelled {
            return Err(Error::Count { images: count, labels: labelled });
        }
        let labels = labels.values().iter().map(|&label| usize::from(label)).collect();
        Self::new(Images::new(shape, images.into_values())?, labels)
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Sizes `[c, h, w]` of every image.
    pub fn shape(&self) -> [usize; 3] {
        self.images.shape()
    }

    /// The images.
    pub fn images(&self) -> &Images {
        &self.images
    }

    /// The label of every image.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// The group of every image, where groups are known.
    pub fn groups(&self) -> Option<&[usize]> {
        self.groups.as_ref().map(|groups| groups.as_slice())
    }

    /// The text in every image, as positions in an alphabet, where images are answered with texts.
    pub fn texts(&self) -> Option<&[Vec<usize>]> {
        self.texts.as_ref().map(|texts| texts.as_slice())
    }

    /// The objects in every image, where images are answered with boxes.
    pub fn objects(&self) -> Option<&[Vec<BoxedObject>]> {
        self.objects.as_ref().map(|objects| objects.as_slice())
    }

    /// Other images with the answers of these, taken in turn; boxes are scaled to the other size.
    #[must_use]
    pub fn imitated(&self, images: Images) -> Self {
        let turns: Vec<usize> = (0..images.len()).map(|nth| nth % self.len()).collect();
        let [_, height, width] = self.shape();
        let [_, rows, columns] = images.shape();
        let factors = [rows as f32 / height as f32, columns as f32 / width as f32];
        let scaled = |objects: &Vec<BoxedObject>| {
            objects.iter().map(|object| object.scaled(factors)).collect::<Vec<_>>()
        };
        Self {
            images,
            labels: chosen(&self.labels, &turns),
            groups: None,
            texts: self.texts.as_ref().map(|texts| chosen(texts, &turns)),
            objects: self
                .objects
                .as_ref()
                .map(|objects| Arc::new(turns.iter().map(|&nth| scaled(&objects[nth])).collect())),
        }
    }

    /// Number of examples of each class, up to the largest label that occurs.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.labels.iter().max().map_or(0, |label| label + 1)];
        for &label in self.labels.iter() {
            counts[label] += 1;
        }
        counts
    }

    /// The examples at `indices`, in that order: copies of those in memory, names of those in files.
    ///
    /// # Panics
    ///
    /// When an index is not below [`Split::len`].
    #[must_use]
    pub fn subset(&self, indices: &[usize]) -> Self {
        Self {
            images: self.images.subset(indices),
            labels: chosen(&self.labels, indices),
            groups: self.groups.as_ref().map(|groups| chosen(groups, indices)),
            texts: self.texts.as_ref().map(|texts| chosen(texts, indices)),
            objects: self.objects.as_ref().map(|objects| chosen(objects, indices)),
        }
    }

    /// Draws `count` examples of every class, all orders of a class being equally likely, and keeps them in
    /// their original order.
    ///
    /// # Errors
    ///
    /// When a class has fewer examples than that.
    pub fn per_class(&self, count: usize, stream: &mut Stream) -> Result<Self, Error> {
        let counts = self.class_counts();
        if let Some(class) = counts.iter().position(|&available| available < count) {
            return Err(Error::Setting {
                what: "examples per class",
                got: count.to_string(),
                expected: format!("at most {}, all that class {class} has", counts[class]),
            });
        }
        let (drawn, _) = self.draw(&vec![count; counts.len()], stream);
        Ok(self.subset(&drawn))
    }

    /// Parts `count` examples for validation from the rest: `(rest, held out)`.
    ///
    /// Every class gives its share, rounded by the largest remainder, so that the parts have the balance of the
    /// whole. Both keep the original order.
    ///
    /// # Errors
    ///
    /// When fewer than `count` examples exist.
    pub fn hold_out(&self, count: usize, stream: &mut Stream) -> Result<(Self, Self), Error> {
        if count > self.len() {
            return Err(Error::Setting {
                what: "examples to hold out",
                got: count.to_string(),
                expected: format!("at most {}, all there are", self.len()),
            });
        }
        let (held_out, rest) = self.draw(&shares(count, &self.class_counts()), stream);
        Ok((self.subset(&rest), self.subset(&held_out)))
    }

    /// Draws `counts[class]` indices of each class; returns the drawn and the others, ascending.
    fn draw(&self, counts: &[usize], stream: &mut Stream) -> (Vec<usize>, Vec<usize>) {
        let mut classes = vec![Vec::new(); counts.len()];
        for (index, &label) in self.labels.iter().enumerate() {
            classes[label].push(index);
        }
        let (mut drawn, mut others) = (Vec::new(), Vec::new());
        for (class, &count) in classes.iter_mut().zip(counts) {
            shuffle(class, stream);
            drawn.extend_from_slice(&class[..count]);
            others.extend_from_slice(&class[count..]);
        }
        drawn.sort_unstable();
        others.sort_unstable();
        (drawn, others)
    }
}

fn chosen<T: Clone>(all: &[T], indices: &[usize]) -> Arc<Vec<T>> {
    Arc::new(indices.iter().map(|&index| all[index].clone()).collect())
}

/// Divides `count` in proportion to `sizes`; what rounding down leaves goes to the largest remainders, the lower
/// class first.
fn shares(count: usize, sizes: &[usize]) -> Vec<usize> {
    let total = sizes.iter().sum::<usize>().max(1) as u128;
    let exact = |size: usize| count as u128 * size as u128;
    let mut shares: Vec<usize> = sizes.iter().map(|&size| (exact(size) / total) as usize).collect();
    let mut classes: Vec<usize> = (0..sizes.len()).collect();
    classes.sort_by_key(|&class| std::cmp::Reverse(exact(sizes[class]) % total));
    let left = count - shares.iter().sum::<usize>();
    for &class in &classes[..left] {
        shares[class] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;
    use proptest::prelude::*;

    use super::*;

    /// One pixel per image, which is the index of the example.
    fn split(labels: &[usize]) -> Split {
        let pixels = (0..labels.len()).map(|index| index as u8).collect();
        Split::new(Images::new([1, 1, 1], pixels).unwrap(), labels.to_vec()).unwrap()
    }

    #[test]
    fn images_without_a_label_each_are_refused() {
        assert!(Split::new(Images::new([1, 1, 1], vec![0; 3]).unwrap(), vec![0; 2]).is_err());
    }

    #[test]
    fn idx_files_of_three_and_four_axes_become_splits() {
        let labels = || Idx::new(vec![2], vec![3, 1]).unwrap();
        let grey = Idx::new(vec![2, 3, 1], vec![0; 6]).unwrap();
        assert_eq!(Split::from_idx(grey, &labels()).unwrap().shape(), [1, 3, 1]);
        let colour = Idx::new(vec![2, 3, 1, 5], vec![0; 30]).unwrap();
        assert_eq!(Split::from_idx(colour, &labels()).unwrap().shape(), [3, 1, 5]);
        let three = Idx::new(vec![3, 1, 1], vec![0; 3]).unwrap();
        let error = Split::from_idx(three, &labels()).unwrap_err().to_string();
        assert_eq!(error, "3 images cannot be paired with 2 labels");
        assert!(Split::from_idx(labels(), &labels()).is_err());
    }

    #[test]
    fn a_subset_keeps_the_asked_order() {
        let part = split(&[5, 6, 7, 8]).subset(&[3, 0, 3]);
        assert_eq!(part.images().pixels(), [3, 0, 3]);
        assert_eq!(part.labels(), [8, 5, 8]);
    }

    #[test]
    fn a_draw_per_class_is_balanced_and_keeps_the_original_order() {
        let labels: Vec<usize> = (0..90).map(|index| (index * index) % 7 % 3).collect();
        let drawn = split(&labels).per_class(10, &mut Seed(1).stream("draw")).unwrap();
        assert_eq!(drawn.class_counts(), [10, 10, 10]);
        assert!(drawn.images().pixels().is_sorted());
        for (index, &label) in drawn.labels().iter().enumerate() {
            assert_eq!(label, labels[drawn.images().image(index)[0] as usize]);
        }
    }

    #[test]
    fn a_class_that_is_too_small_is_named() {
        let error = split(&[0, 1, 0]).per_class(2, &mut Seed(1).stream("draw")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "examples per class is 2; expected at most 1, all that class 1 has"
        );
    }

    #[test]
    fn shares_are_rounded_by_the_largest_remainder() {
        // 10 · (6, 3, 1) / 10 is exact; 5 of them: (3, 1.5, 0.5), and the earlier class wins the tie.
        assert_eq!(shares(10, &[6, 3, 1]), [6, 3, 1]);
        assert_eq!(shares(5, &[6, 3, 1]), [3, 2, 0]);
        assert_eq!(shares(0, &[]), Vec::<usize>::new());
    }

    #[test]
    fn held_out_examples_depend_on_the_stream_only() {
        let whole = split(&(0..60).map(|index| index % 4).collect::<Vec<_>>());
        let held_out = |name| whole.hold_out(12, &mut Seed(1).stream(name)).unwrap().1;
        assert_eq!(held_out("a"), held_out("a"));
        assert_ne!(held_out("a"), held_out("b"));
    }

    proptest! {
        #[test]
        fn held_out_and_rest_are_the_whole_with_the_balance_of_the_whole(
            labels in prop::collection::vec(0_usize..5, 0..120), portion in 0.0..=1.0,
        ) {
            let whole = split(&labels);
            let count = (portion * labels.len() as f64) as usize;
            let (rest, held_out) = whole.hold_out(count, &mut Seed(1).stream("hold out")).unwrap();
            prop_assert_eq!(held_out.len(), count);
            let mut all = [rest.images().pixels(), held_out.images().pixels()].concat();
            all.sort_unstable();
            prop_assert_eq!(&all[..], whole.images().pixels());
            let part = held_out.class_counts();
            for (class, &size) in whole.class_counts().iter().enumerate() {
                let share = count as f64 * size as f64 / labels.len() as f64;
                let got = part.get(class).copied().unwrap_or(0) as f64;
                prop_assert!((got - share).abs() < 1.0, "class {}: {} of {}", class, got, share);
            }
        }
    }

    #[test]
    fn more_than_everything_cannot_be_held_out() {
        assert!(split(&[0, 1]).hold_out(3, &mut Seed(1).stream("hold out")).is_err());
    }
}
