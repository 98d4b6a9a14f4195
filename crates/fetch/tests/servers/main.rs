//! Downloads from servers that behave and that do not.

mod server;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cenote_fetch::{Download, Error, Fetched, Patience, State, check, fetch};
use sha2::{Digest, Sha256};

use server::{Answer, Server};

/// Some bytes that differ from place to place.
fn contents() -> Vec<u8> {
    (0..50_000_u32).map(|at| ((at * at) >> 7) as u8).collect()
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A folder that `contents` are fetched to.
struct Place {
    folder: tempfile::TempDir,
    heard: Vec<u64>,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), heard: Vec::new() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("set/file.gz")
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join("set/file.gz.part")
    }

    fn leave_part(&self, bytes: &[u8]) {
        fs::create_dir_all(self.folder.path().join("set")).expect("writable");
        fs::write(self.part(), bytes).expect("writable");
    }

    fn fetch(&mut self, servers: &[&Server]) -> Result<Fetched, Error> {
        let addresses: Vec<String> = servers.iter().map(|server| server.address()).collect();
        let sha256 = sha256(&contents());
        let to = self.file();
        let wanted = Download { addresses: &addresses, bytes: 50_000, sha256: &sha256, to: &to };
        let silence = Duration::from_millis(300);
        let patience = Patience { connect: Duration::from_secs(5), silence, slowest: 1, tries: 3 };
        fetch(&wanted, &patience, &mut |done| self.heard.push(done))
    }

    fn is_whole(&self) -> bool {
        fs::read(self.file()).expect("readable") == contents() && !self.part().exists()
    }

    fn refused(&mut self, servers: &[&Server]) -> String {
        let error = self.fetch(servers).expect_err("refused").to_string();
        assert!(!self.file().exists(), "nothing wrong gets the name");
        error
    }
}

#[test]
fn a_file_arrives_whole_with_or_without_a_length() {
    for answer in [Answer::Whole(contents()), Answer::Chunked(contents())] {
        let (mut place, server) = (Place::new(), Server::start(vec![answer]));
        assert_eq!(place.fetch(&[&server]).unwrap(), Fetched::From(server.address()));
        assert!(place.is_whole());
        assert!(place.heard.is_sorted() && place.heard.last() == Some(&50_000));
        assert_eq!(place.fetch(&[]).unwrap(), Fetched::Before);
    }
}

#[test]
fn a_cut_or_silent_answer_is_gone_on_with_from_where_it_ended() {
    let cut = [
        Answer::Truncated(contents(), 20_000),
        Answer::Truncated(contents(), 10_000),
        Answer::Ranged(contents()),
    ];
    let (mut place, server) = (Place::new(), Server::start(cut.to_vec()));
    place.fetch(&[&server]).unwrap();
    assert!(place.is_whole());
    assert_eq!(server.ranges(), ["", "bytes=20000-", "bytes=30000-"]);

    let silent = [Answer::Stalled(contents(), 20_000), Answer::Ranged(contents())];
    let (mut place, server) = (Place::new(), Server::start(silent.to_vec()));
    let begun = Instant::now();
    place.fetch(&[&server]).unwrap();
    assert!(place.is_whole());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(server.ranges(), ["", "bytes=20000-"]);
}

#[test]
fn what_another_day_left_is_gone_on_with() {
    let (mut place, server) = (Place::new(), Server::start(vec![Answer::Ranged(contents())]));
    place.leave_part(&contents()[..30_000]);
    place.fetch(&[&server]).unwrap();
    assert!(place.is_whole());
    assert_eq!((server.ranges(), place.heard[0]), (vec!["bytes=30000-".to_owned()], 30_000));

    // The whole of it is there already: nothing is asked for.
    let mut place = Place::new();
    place.leave_part(&contents());
    place.fetch(&[&server]).unwrap();
    assert!(place.is_whole());
    assert_eq!(server.ranges().len(), 1);
}

#[test]
fn a_server_without_ranges_sends_it_all_again() {
    let (mut place, server) = (Place::new(), Server::start(vec![Answer::Whole(contents())]));
    place.leave_part(&contents()[..30_000]);
    place.fetch(&[&server]).unwrap();
    assert!(place.is_whole());
}

#[test]
fn what_was_left_and_is_wrong_is_forgotten() {
    for left in [vec![7; 30_000], vec![7; 50_000], vec![7; 60_000]] {
        let (mut place, server) = (Place::new(), Server::start(vec![Answer::Ranged(contents())]));
        place.leave_part(&left);
        place.fetch(&[&server]).unwrap();
        assert!(place.is_whole(), "{} bytes were left", left.len());
    }
}

#[test]
fn a_wrong_range_and_a_refused_range_begin_anew() {
    let refused = Answer::Status("416 Range Not Satisfiable", "X: y".to_owned());
    for odd in [Answer::WrongRange(contents()), refused] {
        let answers = vec![odd, Answer::Ranged(contents())];
        let (mut place, server) = (Place::new(), Server::start(answers));
        place.leave_part(&contents()[..30_000]);
        place.fetch(&[&server]).unwrap();
        assert!(place.is_whole());
        assert_eq!(server.ranges(), ["bytes=30000-", ""]);
    }
}

#[test]
fn redirects_are_followed_but_not_for_ever() {
    let (mut place, target) = (Place::new(), Server::start(vec![Answer::Whole(contents())]));
    let to = |address: String| Answer::Status("302 Found", format!("Location: {address}"));
    let server = Server::start(vec![to(target.address())]);
    place.fetch(&[&server]).unwrap();
    assert!(place.is_whole());
    let around = Server::start(vec![to("/file".to_owned())]);
    let words = Place::new().refused(&[&around]);
    assert!(words.contains("redirect"), "{words}");
}

#[test]
fn wrong_bytes_never_get_the_name_and_the_next_address_is_asked() {
    let mut wrong = contents();
    wrong[49_999] ^= 1;
    let bad = Server::start(vec![Answer::Whole(wrong)]);
    let words = Place::new().refused(&[&bad]);
    assert!(words.contains("sha256 is ") && words.contains(&bad.address()), "{words}");
    assert_eq!(bad.ranges().len(), 1, "what came whole and wrong is not asked for again");

    let absent = Server::start(vec![Answer::Status("404 Not Found", "X: y".to_owned())]);
    let good = Server::start(vec![Answer::Whole(contents())]);
    let mut place = Place::new();
    assert_eq!(place.fetch(&[&bad, &absent, &good]).unwrap(), Fetched::From(good.address()));
    assert!(place.is_whole());
}

#[test]
fn other_lengths_are_refused_before_or_when_they_show() {
    let longer = [contents(), vec![1]].concat();
    let server = Server::start(vec![Answer::Whole(longer.clone())]);
    let words = Place::new().refused(&[&server]);
    assert!(words.contains("has 50001 bytes where 50000 are missing"), "{words}");
    let server = Server::start(vec![Answer::Chunked(longer)]);
    let words = Place::new().refused(&[&server]);
    assert!(words.contains("sent more than 50000 bytes"), "{words}");
    let server = Server::start(vec![Answer::Chunked(contents()[..100].to_vec())]);
    let words = Place::new().refused(&[&server]);
    assert!(words.contains("ended after 100 of 50000 bytes"), "{words}");
}

#[test]
fn a_server_that_only_hangs_up_is_tried_so_often_and_what_came_is_kept() {
    let answers = vec![Answer::Truncated(contents(), 20_000), Answer::Nothing];
    let (mut place, server) = (Place::new(), Server::start(answers));
    let words = place.refused(&[&server]);
    assert!(words.starts_with(&format!("{}: could not be fetched; ", place.file().display())));
    assert_eq!(server.ranges().len(), 3);
    assert_eq!(fs::read(place.part()).unwrap(), contents()[..20_000]);
}

#[test]
fn what_is_there_is_not_written_over() {
    let (mut place, server) = (Place::new(), Server::start(vec![Answer::Whole(contents())]));
    place.leave_part(&[]);
    fs::write(place.file(), b"mine").unwrap();
    let words = place.fetch(&[&server]).unwrap_err().to_string();
    assert!(words.contains("holds 4 bytes; expected 50000; it is not written over"), "{words}");
    assert_eq!(fs::read(place.file()).unwrap(), b"mine");
    assert!(server.ranges().is_empty());
}

#[test]
fn two_programs_do_not_write_one_file() {
    let place = Place::new();
    place.leave_part(&contents()[..10]);
    let held = fs::File::options().write(true).open(place.part()).unwrap();
    held.try_lock().unwrap();
    let server = Server::start(vec![Answer::Whole(contents())]);
    let mut place = place;
    let words = place.refused(&[&server]);
    assert!(words.ends_with("another program is fetching it"), "{words}");
}

#[test]
fn files_are_compared_by_length_and_digest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let state = |bytes, sha256: &str| check(&file, bytes, sha256).unwrap();
    assert_eq!(state(3, &sha256(b"abc")), State::Absent);
    fs::write(&file, b"abc").unwrap();
    assert_eq!(state(3, &sha256(b"abc")), State::Sound);
    assert_eq!(state(4, ""), State::Different("holds 3 bytes; expected 4".to_owned()));
    assert!(matches!(state(3, "x"), State::Different(words) if words.ends_with("expected x")));
    assert!(matches!(check(folder.path(), 0, ""), Ok(State::Different(_))));
}
