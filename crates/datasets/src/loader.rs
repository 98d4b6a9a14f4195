//! Batches made ahead of time by background threads.
//!
//! Workers take the numbers of batches in order, read, decode and change the images of each, and put the bytes where the
//! trainer takes them in the same order. What a batch holds depends on its number alone, so the number of workers and
//! their luck change nothing but the waiting.
//!
//! Memory is bounded: a worker waits before it starts a batch that lies [`Loader::ahead`] or more beyond the one that is
//! taken next. Bytes cross the threads, four times smaller than scaled values, and their memory goes back to be used
//! again; tensors are made by the thread that trains, so its recycling and its meter see what they saw without workers.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use crate::batch::{Pass, Raw};
use crate::{Batch, Batches, Error, Parts};

/// The batches that are left of a pass, made ahead of time; see [`Batches::prefetched`].
///
/// An error ends it: nothing follows. Dropping it stops the workers, at the latest when each has made the batch it is at.
///
/// ```
/// use cenote_datasets::{Batches, KINDS, Normalization};
///
/// let digits = cenote_spec::parse(&[KINDS], "kind = 'digits'".parse()?)?.load()?;
/// let normalization = Normalization::of(&digits.train)?;
/// let loader = Batches::sequential(&digits.train, &normalization, 32)?.prefetched(2)?;
/// assert_eq!(loader.len(), 43);
/// for batch in loader {
///     assert!(batch?.labels.len() <= 32);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Loader {
    source: Source,
    ended: bool,
}

#[derive(Debug)]
enum Source {
    Here(Batches),
    Ahead { pass: Pass, shared: Arc<Shared>, workers: Vec<JoinHandle<()>> },
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// Tells the trainer that a batch is made.
    made: Condvar,
    /// Tells workers that there is room, or that they are no longer needed.
    room: Condvar,
    batches: usize,
    ahead: usize,
}

#[derive(Debug, Default)]
struct Queue {
    /// The batch that is taken next.
    first: usize,
    /// The batch that is started next.
    next: usize,
    /// Batches from `first` on, as far as they are started; empty where one is not made yet.
    started: VecDeque<Option<Made>>,
    /// Memory of batches that were taken.
    spare: Vec<Vec<u8>>,
    closed: bool,
}

/// A batch, or why there is none; a panic is a defect that the trainer's thread must hear of.
type Made = Result<Result<Raw, Error>, Box<dyn Any + Send>>;

impl Loader {
    /// The most workers.
    pub const LIMIT: usize = 256;

    pub(crate) fn start(batches: Batches, workers: usize) -> Result<Self, Error> {
        if workers > Self::LIMIT {
            let expected = format!("at most {}", Self::LIMIT);
            return Err(Error::Setting { what: "workers", got: workers.to_string(), expected });
        }
        if workers == 0 {
            return Ok(Self { source: Source::Here(batches), ended: false });
        }
        let (pass, next) = batches.into_pass();
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue { first: next, next, ..Queue::default() }),
            made: Condvar::new(),
            room: Condvar::new(),
            batches: pass.len(),
            ahead: 2 * workers,
        });
        let mut loader = Self {
            source: Source::Ahead {
                pass: pass.clone(),
                shared: Arc::clone(&shared),
                workers: Vec::new(),
            },
            ended: false,
        };
        let Source::Ahead { workers: running, .. } = &mut loader.source else {
            unreachable!("it was made one line above");
        };
        for _ in 0..workers.min(shared.batches.saturating_sub(next)) {
            let (pass, shared) = (pass.clone(), Arc::clone(&shared));
            let thread = Builder::new().name("loader".to_owned()).spawn(move || shared.work(&pass));
            running.push(thread.map_err(|source| Error::Thread { workers, source })?);
        }
        Ok(loader)
    }

    /// The most batches that are made or being made and not yet taken: two for each worker.
    pub fn ahead(&self) -> usize {
        match &self.source {
            Source::Here(_) => 0,
            Source::Ahead { shared, .. } => shared.ahead,
        }
    }

    /// The next batch in `count` parts, or as many as it has images where these are fewer.
    ///
    /// Images and answers are those of the batch that [`Iterator::next`] would give.
    pub fn next_in_parts(&mut self, count: usize) -> Option<Result<Parts, Error>> {
        Some(self.next_raw()?.map(|raw| self.pass().cut(raw, count)))
    }

    /// Takes a batch that is done with, whose memory is then used again.
    pub fn give_back(&mut self, parts: Parts) {
        self.keep(parts.into_memory());
    }

    fn pass(&self) -> &Pass {
        match &self.source {
            Source::Here(batches) => batches.pass(),
            Source::Ahead { pass, .. } => pass,
        }
    }

    /// The next batch as bytes.
    fn next_raw(&mut self) -> Option<Result<Raw, Error>> {
        if self.ended {
            return None;
        }
        let raw = match &mut self.source {
            Source::Here(batches) => batches.next_raw()?,
            Source::Ahead { shared, .. } => match shared.take()? {
                Ok(raw) => raw,
                Err(panic) => resume_unwind(panic),
            },
        };
        self.ended = raw.is_err();
        Some(raw)
    }

    /// Keeps memory of bytes for a batch to come.
    fn keep(&mut self, memory: Vec<u8>) {
        match &mut self.source {
            Source::Here(batches) => batches.give_back(memory),
            Source::Ahead { shared, .. } => shared.lock().spare.push(memory),
        }
    }
}

impl Shared {
    /// No lock is held while anything of ours can panic, so a poisoned one holds whole data.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes batches until there are none left.
    fn work(&self, pass: &Pass) {
        while let Some((nth, memory)) = self.start() {
            let made = catch_unwind(AssertUnwindSafe(|| pass.read(nth, memory)));
            let mut queue = self.lock();
            if queue.closed {
                return;
            }
            // An empty place moves towards the front but is never taken, so this one is still there.
            let place = nth - queue.first;
            queue.started[place] = Some(made);
            drop(queue);
            self.made.notify_one();
        }
    }

    /// The next batch to make, once there is room for it.
    fn start(&self) -> Option<(usize, Vec<u8>)> {
        let full = |queue: &mut Queue| {
            !queue.closed && queue.next < self.batches && queue.next >= queue.first + self.ahead
        };
        let queue = self.room.wait_while(self.lock(), full);
        let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
        if queue.closed || queue.next == self.batches {
            return None;
        }
        let nth = queue.next;
        queue.next += 1;
        queue.started.push_back(None);
        Some((nth, queue.spare.pop().unwrap_or_default()))
    }

    /// The batch whose turn it is.
    fn take(&self) -> Option<Made> {
        let queue = self.lock();
        if queue.first == self.batches {
            return None;
        }
        let missing = |queue: &mut Queue| !matches!(queue.started.front(), Some(Some(_)));
        let queue = self.made.wait_while(queue, missing);
        let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
        let made = queue.started.pop_front().flatten().expect("it was waited for");
        queue.first += 1;
        drop(queue);
        self.room.notify_one();
        Some(made)
    }
}

impl Iterator for Loader {
    type Item = Result<Batch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.next_raw()?.map(|raw| {
            let (batch, memory) = self.pass().scale(raw);
            self.keep(memory);
            batch
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match &self.source {
            _ if self.ended => 0,
            Source::Here(batches) => batches.len(),
            Source::Ahead { shared, .. } => shared.batches - shared.lock().first,
        };
        (left, Some(left))
    }
}

impl ExactSizeIterator for Loader {}

impl Drop for Loader {
    fn drop(&mut self) {
        if let Source::Ahead { shared, workers, .. } = &mut self.source {
            shared.lock().closed = true;
            shared.room.notify_all();
            for worker in workers.drain(..) {
                // What a worker panicked with was caught and handed over as its batch.
                drop(worker.join());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use cenote_tensor::{Scalar, Seed};

    use super::*;
    use crate::{Augmentation, Encoded, Images, Last, Normalization, Split};

    /// Images of 2x3 pixels that tell their index; some cannot be decoded.
    #[derive(Debug, Default)]
    struct Counted {
        count: usize,
        damaged: Option<usize>,
        panics: Option<usize>,
        decoded: AtomicUsize,
    }

    impl Encoded for Counted {
        fn len(&self) -> usize {
            self.count
        }

        fn decode(&self, index: usize, pixels: &mut Vec<u8>) -> Result<(), Error> {
            self.decoded.fetch_add(1, Ordering::SeqCst);
            assert_ne!(self.panics, Some(index), "a defect");
            if self.damaged == Some(index) {
                let (got, expected) = ("3".to_owned(), "6".to_owned());
                return Err(Error::Size { file: format!("{index}.png"), got, expected });
            }
            pixels.extend((0..6).map(|at| (index * 7 + at) as u8));
            Ok(())
        }

        fn digest(&self, index: usize) -> Result<[u8; 32], Error> {
            Ok([index as u8; 32])
        }
    }

    fn split(files: &Arc<Counted>) -> Split {
        let count = files.count;
        let files: Arc<dyn Encoded> = Arc::clone(files) as _;
        let images = Images::on_demand([1, 2, 3], files).unwrap();
        Split::new(images, (0..count).map(|index| index % 5).collect()).unwrap()
    }

    fn counted(count: usize) -> Arc<Counted> {
        Arc::new(Counted { count, ..Counted::default() })
    }

    fn batches(split: &Split, kinds: &[&str]) -> Batches {
        let scaling = Normalization { mean: vec![0.3], deviation: vec![0.2] };
        let table = |text: &&str| text.parse().expect("the test's text is TOML");
        let augmentation = Augmentation::parse(kinds.iter().map(table).collect()).unwrap();
        let batches = Batches::shuffled(split, &scaling, 8, &mut Seed(1).stream("order")).unwrap();
        batches.augmented(&augmentation, Seed(2), 3).unwrap()
    }

    /// Everything that a batch tells.
    type Told = (
        Vec<Scalar>,
        Vec<usize>,
        Option<crate::Mixed>,
        Vec<Vec<usize>>,
        Vec<Vec<crate::BoxedObject>>,
        Vec<usize>,
    );

    fn all(loader: Loader) -> Vec<Told> {
        let told = |batch: Result<Batch, Error>| {
            let Batch { images, labels, mixed, texts, objects, indices } = batch.unwrap();
            (images.as_slice().to_vec(), labels, mixed, texts, objects, indices)
        };
        loader.map(told).collect()
    }

    #[test]
    fn any_number_of_workers_makes_the_same_batches() {
        let memory = Images::new([1, 2, 3], (0..6 * 77).map(|at| at as u8).collect()).unwrap();
        let memory = Split::new(memory, (0..77).map(|index| index % 5).collect()).unwrap();
        let kinds = [
            "kind = 'horizontal_flip'",
            "kind = 'random_shift'\nmax_pixels = 1",
            "kind = 'mixup'\nalpha = 0.4",
        ];
        for split in [memory, split(&counted(77))] {
            let alone = all(batches(&split, &kinds).prefetched(0).unwrap());
            assert_eq!(alone.len(), 10);
            for workers in [1, 2, 8, 40] {
                let loader = batches(&split, &kinds).prefetched(workers).unwrap();
                assert_eq!(loader.len(), 10);
                assert_eq!(alone, all(loader), "{workers} workers");
            }
        }
    }

    #[test]
    fn a_pass_that_was_begun_goes_on_and_the_last_batch_is_dropped_as_asked() {
        let split = split(&counted(77));
        let mut begun = batches(&split, &[]).last(Last::Drop);
        let first = begun.next().unwrap().unwrap();
        let rest = all(begun.prefetched(3).unwrap());
        let whole = all(batches(&split, &[]).last(Last::Drop).prefetched(2).unwrap());
        assert_eq!((whole.len(), rest.len()), (9, 8));
        assert_eq!(whole[0].5, first.indices);
        assert_eq!(whole[1..], rest);
    }

    #[test]
    fn an_image_that_cannot_be_decoded_ends_the_pass_with_an_error_that_names_it() {
        for workers in [0, 1, 4] {
            let files = Arc::new(Counted {
                damaged: Some(30),
                ..Counted { count: 77, ..Counted::default() }
            });
            let mut loader = batches(&split(&files), &[]).prefetched(workers).unwrap();
            let error = loader.find_map(Result::err).expect("image 30 is damaged").to_string();
            assert_eq!(error, "30.png: holds 3 bytes; expected 6");
            assert_eq!((loader.len(), loader.next().is_none()), (0, true));
        }
    }

    #[test]
    fn a_panic_of_a_worker_is_heard_by_the_thread_that_trains() {
        let files =
            Arc::new(Counted { panics: Some(30), ..Counted { count: 77, ..Counted::default() } });
        let loader = batches(&split(&files), &[]).prefetched(2).unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(|| loader.count()));
        assert!(outcome.is_err());
    }

    #[test]
    fn workers_stop_at_the_bound_and_when_nobody_waits_for_them() {
        let files = counted(8 * 50);
        let mut loader = batches(&split(&files), &[]).prefetched(3).unwrap();
        assert_eq!(loader.ahead(), 6);
        loader.next().unwrap().unwrap();
        let decoded = || files.decoded.load(Ordering::SeqCst);
        // The batch that was taken and the six that lie ahead, however often workers get their turn.
        while decoded() < 8 * 7 {
            std::thread::yield_now();
        }
        for _ in 0..1000 {
            std::thread::yield_now();
            assert_eq!(decoded(), 8 * 7);
        }
        drop(loader);
        assert_eq!(decoded(), 8 * 7);
        // More workers than batches, and none at all.
        assert_eq!(all(batches(&split(&counted(9)), &[]).prefetched(200).unwrap()).len(), 2);
        assert_eq!(all(batches(&split(&counted(0)), &[]).prefetched(2).unwrap()).len(), 0);
    }

    #[test]
    fn too_many_workers_are_refused() {
        let error = batches(&split(&counted(9)), &[]).prefetched(1000).unwrap_err().to_string();
        assert_eq!(error, "workers is 1000; expected at most 256");
    }
}
