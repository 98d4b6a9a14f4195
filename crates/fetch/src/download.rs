//! Tries address after address until one has given the published file.

use std::path::Path;
use std::time::Duration;

use ureq::Agent;
use ureq::http::{Response, StatusCode};

use crate::Error;
use crate::part::Part;
use crate::stored::{State, check};

/// A published file and where it should go.
#[derive(Clone, Copy, Debug)]
pub struct Download<'a> {
    /// Addresses of the file, the first one first.
    pub addresses: &'a [String],
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: &'a str,
    /// Where it should go; the folder is made if need be.
    pub to: &'a Path,
}

/// How long to wait for a server.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection, and for an answer to begin.
    pub connect: Duration,
    /// For the next bytes.
    pub silence: Duration,
    /// The speed, in bytes a second, below which a whole answer takes too long; a minute is always given.
    pub slowest: u64,
    /// How often one address is tried while it fails on the way.
    pub tries: usize,
}

impl Default for Patience {
    fn default() -> Self {
        let (connect, silence) = (Duration::from_secs(20), Duration::from_secs(30));
        Self { connect, silence, slowest: 10 << 10, tries: 4 }
    }
}

/// How a file came to its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// It was there.
    Before,
    /// It was received, at least its end, from this address.
    From(String),
}

/// Why an address did not give the file.
enum Failed {
    /// Asking again may help.
    OnTheWay(String),
    /// It has something else, or nothing.
    ForGood(String),
}

/// Fetches a file unless it is there; `progress` hears how many bytes there are.
///
/// # Errors
///
/// When something else is at the place, another program is at work on it, the disk fails, or no address gave the published
/// file; what was received by then is kept for the next time.
pub fn fetch(
    wanted: &Download,
    patience: &Patience,
    progress: &mut dyn FnMut(u64),
) -> Result<Fetched, Error> {
    match check(wanted.to, wanted.bytes, wanted.sha256)? {
        State::Sound => return Ok(Fetched::Before),
        State::Different(what) => {
            return Err(Error::Occupied { path: wanted.to.to_owned(), what });
        }
        State::Absent => {}
    }
    let agent = agent(patience, wanted.bytes);
    let mut part = Part::open(wanted)?;
    let mut tried = Vec::new();
    for address in wanted.addresses {
        let mut tries = 0;
        while tries < patience.tries.max(1) {
            tries += 1;
            let began = part.length;
            progress(began);
            match receive(&agent, address, &mut part, progress)? {
                Ok(()) => {}
                Err(Failed::OnTheWay(words)) => {
                    note(&mut tried, format!("{address}: {words}"));
                    continue;
                }
                Err(Failed::ForGood(words)) => {
                    note(&mut tried, format!("{address}: {words}"));
                    break;
                }
            }
            let got = part.sha256()?;
            if got == wanted.sha256 {
                part.finish()?;
                return Ok(Fetched::From(address.clone()));
            }
            note(&mut tried, format!("{address}: sha256 is {got}; expected {}", wanted.sha256));
            part.clear()?;
            // What was resumed may have been wrong from the start; what came whole would come again.
            if began == 0 {
                break;
            }
        }
    }
    Err(Error::Unreachable { path: wanted.to.to_owned(), tried })
}

/// Notes what came of a try, unless the try before came to the same.
fn note(tried: &mut Vec<String>, words: String) {
    if tried.last() != Some(&words) {
        tried.push(words);
    }
}

fn agent(patience: &Patience, bytes: u64) -> Agent {
    let longest = Duration::from_secs(60 + bytes / patience.slowest.max(1));
    let config = Agent::config_builder()
        .timeout_resolve(Some(patience.connect))
        .timeout_connect(Some(patience.connect))
        .timeout_recv_response(Some(patience.connect))
        .timeout_per_read(Some(patience.silence))
        .timeout_global(Some(longest))
        .max_redirects(5)
        .http_status_as_error(false)
        .user_agent(concat!("cenote/", env!("CARGO_PKG_VERSION")));
    config.build().into()
}

/// Asks for what is missing and appends it.
fn receive(
    agent: &Agent,
    address: &str,
    part: &mut Part,
    progress: &mut dyn FnMut(u64),
) -> Result<Result<(), Failed>, Error> {
    if part.is_whole() {
        return Ok(Ok(()));
    }
    // Packed once more on the way, its bytes could not be counted.
    let mut request = agent.get(address).header("Accept-Encoding", "identity");
    if part.length > 0 {
        request = request.header("Range", format!("bytes={}-", part.length));
    }
    let mut response = match request.call() {
        Ok(response) => response,
        Err(error @ (ureq::Error::BadUri(_) | ureq::Error::TooManyRedirects)) => {
            return Ok(Err(Failed::ForGood(error.to_string())));
        }
        Err(error) => return Ok(Err(Failed::OnTheWay(error.to_string()))),
    };
    match response.status() {
        StatusCode::OK => part.clear()?,
        StatusCode::PARTIAL_CONTENT if starts_at(&response) == Some(part.length) => {}
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
            part.clear()?;
            let words = format!("answered {} to a request for the rest", response.status());
            return Ok(Err(Failed::OnTheWay(words)));
        }
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            return Ok(Err(Failed::OnTheWay(format!("answered {status}"))));
        }
        status => return Ok(Err(Failed::ForGood(format!("answered {status}")))),
    }
    if let Some(length) = response.body().content_length()
        && length != part.missing()
    {
        let words = format!("has {length} bytes where {} are missing", part.missing());
        return Ok(Err(Failed::ForGood(words)));
    }
    let failed = part.append(&mut response.body_mut().as_reader(), progress)?;
    Ok(failed.map_or(Ok(()), |words| Err(Failed::OnTheWay(words))))
}

/// The first byte of a partial answer: `Content-Range: bytes 12-99/100`.
fn starts_at<B>(response: &Response<B>) -> Option<u64> {
    let range = response.headers().get("content-range")?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}
